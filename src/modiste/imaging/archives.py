"""Zip and tar archives and IDX files, plain or compressed, whose members are read where they lie; nothing is unpacked.

The two exceptions go through a nameless temporary file: a compressed tar or IDX file, in which nothing can be found
otherwise, and an archive that is stored compressed within another.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakValueDictionary

from modiste.errors import PictureError, SourceError
from modiste.imaging.idx_file import (
    IDX_SUFFIXES,
    IdxShape,
    encode_grey_png,
    has_idx_suffix,
    read_idx_directory,
    read_idx_shape,
)
from modiste.imaging.limits import ArchiveLimits
from modiste.imaging.members import DEFLATED, RAW_PIXELS, Member, name_members
from modiste.imaging.storage import Stretch, StretchFile, open_stretch, unpack
from modiste.imaging.tar_directory import read_tar_directory
from modiste.imaging.zip_directory import find_content, read_zip_directory

__all__ = ["Archive", "has_archive_suffix", "is_archive", "open_archive"]

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", *IDX_SUFFIXES)
_CHUNK = 1 << 20
_COMPRESSIONS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
_OPEN: WeakValueDictionary[tuple[object, ...], Archive] = WeakValueDictionary()
_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def has_archive_suffix(name: str) -> bool:
    """Tell whether a name is that of an archive: zip, tar, tar.gz, tgz, tar.bz2, tbz2, tar.xz, txz, or IDX pictures."""
    return name.lower().endswith(_SUFFIXES)


def is_archive(path: str | Path) -> bool:
    """Tell whether a path is a file whose name is that of an archive; its content is not looked at."""
    return has_archive_suffix(str(path)) and Path(path).is_file()


class Archive:
    """An open archive; any number of threads may read it at once.

    Args:
        stretch: Its bytes.
        name: Its name, whose suffix says what it is.
        limits: How many members it may have, and how much a compressed tar or IDX file may unpack to.

    Attributes:
        members: Name, as written in a reference -> what the directory says; in the archive's order.
        unpacked: Bytes that were unpacked into a temporary file to read it.
        idx: What the header says, if it is an IDX file.

    Raises:
        SourceError: It is damaged, or beyond the limits.
    """

    def __init__(self, stretch: Stretch, name: str, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._is_zip = name.lower().endswith(".zip")
        self.unpacked = 0
        if not self._is_zip:
            stretch = self._unpack(stretch)
        self.idx = read_idx_shape(stretch) if has_idx_suffix(name) else None
        self._stretch = stretch
        self.members = name_members(self._list_members())

    def read(self, member: Member, max_bytes: int) -> bytes:
        """Read a member whole.

        Args:
            member: From ``members``.
            max_bytes: The longest content that is read, whatever is declared.

        Returns:
            Its content; for a zip its checksum was compared.

        Raises:
            PictureError: It is too long, encrypted, damaged, or of a kind that is not read.
        """
        _check_member(member, max_bytes)
        try:
            data = self._read_packed(member)
            if member.method == DEFLATED:
                data = _inflate(data, member.size)
            elif member.method == RAW_PIXELS:
                data = _picture(data, self.idx)
        except (SourceError, zlib.error, OSError) as error:
            raise PictureError(f"the archive is damaged at this member: {error}") from error
        if len(data) != member.size or (member.checksum is not None and zlib.crc32(data) != member.checksum):
            raise PictureError("the archive is damaged at this member: length or checksum differ from its directory")
        return data

    def open_inner(self, member: Member) -> Archive:
        """Open a member that is an archive itself.

        Raises:
            SourceError: It is damaged, encrypted, or beyond the limits.
        """
        if member.refusal:
            raise SourceError(member.refusal)
        stretch, unpacked = self._locate(member), 0
        if member.method == DEFLATED:
            stretch = unpack(_inflate_chunks(stretch), self._limits.max_unpacked_bytes)
            unpacked = stretch.length
        if stretch.length != member.size:
            raise SourceError("it is cut short, or its length differs from what the directory says")
        inner = Archive(stretch, member.name, self._limits)
        inner.unpacked += unpacked
        return inner

    def _list_members(self) -> Iterator[Member]:
        if self.idx is not None:
            return read_idx_directory(self._stretch, self.idx, self._limits.max_members)
        read = read_zip_directory if self._is_zip else read_tar_directory
        return read(self._stretch, self._limits.max_members)

    def _unpack(self, stretch: Stretch) -> Stretch:
        head = stretch.read_at(0, 6)
        for signature, opener in _COMPRESSIONS:
            if head.startswith(signature):
                with opener(io.BufferedReader(StretchFile(stretch), _CHUNK)) as file:
                    plain = unpack(_read_chunks(file), self._limits.max_unpacked_bytes)
                self.unpacked = plain.length
                return plain
        return stretch

    def _locate(self, member: Member) -> Stretch:
        start = find_content(self._stretch, member)[0] if self._is_zip else member.position
        return self._stretch.part(start, member.packed)

    def _read_packed(self, member: Member) -> bytes:
        if not self._is_zip:
            return self._stretch.read_at(member.position, member.packed)
        # Header and content come in one call nearly always.
        start, data = find_content(self._stretch, member, slack=member.packed)
        if len(data) < member.packed:
            return self._stretch.read_at(start, member.packed)
        return data[: member.packed]


def open_archive(path: Path, limits: ArchiveLimits) -> Archive:
    """Open an archive file; one that somebody has open already is shared, since a large directory takes long to read.

    Raises:
        SourceError: It can't be opened, is damaged, or beyond the limits; the text names the file.
    """
    try:
        state = path.stat()
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, path.name, limits)
        archive = _OPEN.get(key)
        if archive is None:
            archive = _OPEN[key] = Archive(open_stretch(path), path.name, limits)
        return archive
    except (OSError, ValueError) as error:
        raise SourceError(f"can't open {path}: {getattr(error, 'strerror', None) or error}") from error
    except SourceError as error:
        raise SourceError(f"can't read the archive {path}: {error}") from error


def _check_member(member: Member, max_bytes: int) -> None:
    if member.refusal:
        raise PictureError(member.refusal)
    if member.size > max_bytes:
        raise PictureError(f"the member is {member.size:,} bytes long; at most {max_bytes:,} are read")
    # Deflate never makes a content noticeably longer.
    if member.packed > member.size + (member.size >> 8) + 64:
        raise PictureError("the archive is damaged at this member: it is longer packed than unpacked")


def _inflate(data: bytes, size: int) -> bytes:
    # One byte more than declared is enough to see that the declaration is wrong.
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size + 1)


def _picture(pixels: bytes, shape: IdxShape | None) -> bytes:
    if shape is None or len(pixels) != shape.height * shape.width:
        raise SourceError("its pixels are cut short")
    return encode_grey_png(pixels, shape.height, shape.width)


def _inflate_chunks(stretch: Stretch) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for position in range(0, stretch.length, _CHUNK):
            waiting = stretch.read_at(position, _CHUNK)
            while waiting and not engine.eof:
                yield engine.decompress(waiting, _CHUNK)
                waiting = engine.unconsumed_tail
        yield engine.flush()
    except zlib.error as error:
        raise SourceError(f"it is damaged: {error}") from error


def _read_chunks(file: io.BufferedIOBase) -> Iterator[bytes]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    except _DAMAGE as error:
        raise SourceError(f"it is damaged or cut short: {error}") from error

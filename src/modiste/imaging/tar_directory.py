"""The members of a tar archive, found in one pass."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from modiste.errors import SourceError
from modiste.imaging.members import Member
from modiste.imaging.storage import Stretch, StretchFile

__all__ = ["read_tar_directory"]

_BLOCK = 512
_LONGEST_HEADER = 1 << 20


def read_tar_directory(stretch: Stretch, max_members: int) -> Iterator[Member]:
    """Find the members of an uncompressed tar archive.

    Args:
        stretch: The archive.
        max_members: More members than this are refused.

    Yields:
        The files in it, in their order. Hard links give the content they point at; folders are left out; what is
        neither is there with a refusal.

    Raises:
        SourceError: The archive is damaged, cut short, no tar at all, or has too many members.
    """
    known: dict[str, Member] = {}
    with _HeaderReader(StretchFile(stretch), 1 << 16) as file:
        try:
            archive = tarfile.open(fileobj=file, mode="r:", errorlevel=1)  # noqa: SIM115  (closes nothing of ours)
        except (tarfile.TarError, OSError, ValueError) as error:
            raise SourceError(f"it is no tar archive, or it is damaged: {error}") from error
        for info in _iterate(archive, max_members):
            if not info.isdir():
                member = known[info.name] = _to_member(info, known)
                yield member
        _check_end(stretch, archive.offset)


class _HeaderReader(io.BufferedReader):
    """A file of which only headers are read; one that claims to be huge would be read into memory otherwise."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes; at most {_LONGEST_HEADER:,} are read")
        return super().read(size)


def _iterate(archive: tarfile.TarFile, max_members: int) -> Iterator[tarfile.TarInfo]:
    position, count = -1, 0
    while (info := _read_next(archive)) is not None:
        count += 1
        if count > max_members:
            raise SourceError(f"it has more than {max_members:,} members")
        # A member of negative size would lead tarfile round in circles.
        if info.size < 0 or info.offset <= position:
            raise SourceError("it is damaged: a member begins before the one ahead of it")
        position = info.offset
        yield info


def _read_next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        raise SourceError(f"it is damaged or cut short: {error}") from error


def _to_member(info: tarfile.TarInfo, known: dict[str, Member]) -> Member:
    if info.islnk() and info.linkname in known:
        return known[info.linkname]._replace(name=info.name)
    refusal = None if info.isreg() and not info.issparse() else "it is a link, a device or a sparse file"
    return Member(info.name, info.offset_data, info.size, info.size, refusal=refusal)


def _check_end(stretch: Stretch, position: int) -> None:
    # tarfile takes a damaged header for the end of the archive.
    if stretch.read_at(position, _BLOCK).strip(b"\0") or position > stretch.length:
        raise SourceError(f"it is damaged or cut short at byte {position:,}")
    if position == stretch.length and position > 0:
        raise SourceError("it is cut short: the blocks of zeros that end a tar archive are missing")

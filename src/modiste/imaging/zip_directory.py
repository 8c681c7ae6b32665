"""The central directory of a zip archive, read without touching its members.

Python's `zipfile` makes an object with a lock for every member and opens each through it; a catalogue of 80,000
pictures is listed several times quicker here, in bounded memory: only where an entry begins depends on the entry before
it, so the numbers of thousands of entries are read at once. Format: PKWARE's APPNOTE 6.3.10, sections 4.3.12
to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from modiste.errors import SourceError
from modiste.imaging.members import DEFLATED, STORED, Member
from modiste.imaging.storage import Stretch

__all__ = ["find_content", "read_zip_directory"]

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = np.dtype(
    {
        "names": ["flags", "method", "checksum", "packed", "size", "name_length", "extra_length", "offset"],
        "formats": ["<u2", "<u2", "<u4", "<u4", "<u4", "<u2", "<u2", "<u4"],
        "offsets": [8, 10, 16, 20, 24, 28, 30, 42],
        "itemsize": 46,
    }
)
_LENGTHS, _LENGTHS_AT = struct.Struct("<3H"), 28  # of name, extra field and comment
_LARGE = ("size", "packed", "offset")  # in the order in which the extra field has those that need 64 bits
_CHUNK = 1 << 14  # entries
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
_ROOM = 512  # bytes of the directory for each member that is allowed
_UNKNOWN, _ENCRYPTED, _UTF8 = 0xFFFFFFFF, 0x1, 0x800
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd"}


def read_zip_directory(stretch: Stretch, max_members: int) -> Iterator[Member]:
    """Read the directory of a zip archive.

    Args:
        stretch: The archive.
        max_members: More members than this are refused.

    Yields:
        The files in it, in the directory's order; entries that only name a folder are left out.

    Raises:
        SourceError: The archive is damaged, cut short, no zip at all, or has too many members.
    """
    start, length, shift = _find_directory(stretch)
    if length > max_members * _ROOM:
        raise SourceError(f"its directory is {length:,} bytes long; at most {max_members:,} members are read")
    data = stretch.read_at(start, length)
    starts = _find_entries(data, max_members)
    for first in range(0, len(starts), _CHUNK):
        for member in _read_entries(data, starts[first : first + _CHUNK], shift):
            if not member.name.endswith("/"):
                yield member


def find_content(stretch: Stretch, member: Member, slack: int = 0) -> tuple[int, bytes]:
    """Find where a member's content begins, behind its local header.

    Args:
        stretch: The archive.
        member: From its directory.
        slack: Read this many bytes beyond the header in the same call.

    Returns:
        The position of the content, and what was read from there on already.

    Raises:
        SourceError: There is no local header where the directory says.
    """
    guess = _LOCAL.size + 4 * len(member.name) + 64
    head = stretch.read_at(member.position, guess + slack)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise SourceError("the archive is damaged: no member begins where its directory says")
    fields = _LOCAL.unpack_from(head)
    length: int = _LOCAL.size + fields[9] + fields[10]
    return member.position + length, head[length:]


def _find_directory(stretch: Stretch) -> tuple[int, int, int]:
    """Return where the directory begins, its length, and what must be added to the positions it states."""
    tail_start = max(0, stretch.length - _END.size - _LONGEST_COMMENT)
    tail = stretch.read_at(tail_start, stretch.length - tail_start)
    found = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - _END.size + 4))
    if found < 0:
        raise SourceError("it is no zip archive, or it is cut short: its directory is missing")
    fields = _END.unpack_from(tail, found)
    length, start, end = fields[5], fields[6], tail_start + found
    locator = stretch.read_at(end - _LOCATOR_64.size, _LOCATOR_64.size) if end >= _LOCATOR_64.size else b""
    if locator.startswith(b"PK\x06\x07"):
        length, start, end = _read_end_64(stretch, end, length, start)
    # Something may stand before the archive, such as a program that unpacks it.
    shift = end - length - start
    if shift < 0 or start + shift < 0:
        raise SourceError("its directory lies outside of it: it is damaged or cut short")
    return start + shift, length, shift


def _read_end_64(stretch: Stretch, end: int, length: int, start: int) -> tuple[int, int, int]:
    position = end - _LOCATOR_64.size - _END_64.size
    data = stretch.read_at(position, _END_64.size) if position >= 0 else b""
    if not data.startswith(b"PK\x06\x06"):
        raise SourceError("the end of its directory is damaged")
    fields = _END_64.unpack(data)
    return fields[8], fields[9], position


def _find_entries(data: bytes, max_members: int) -> NDArray[np.int64]:
    """Return where each entry begins."""
    starts, position = array("q"), 0
    while position < len(data):
        if len(starts) == max_members:
            raise SourceError(f"it has more than {max_members:,} members")
        if not data.startswith(b"PK\x01\x02", position) or len(data) - position < _ENTRY.itemsize:
            raise SourceError("its directory is damaged")
        starts.append(position)
        name, extra, comment = _LENGTHS.unpack_from(data, position + _LENGTHS_AT)
        position += _ENTRY.itemsize + name + extra + comment
    if position != len(data):
        raise SourceError("its directory is damaged")
    return np.array(starts, np.int64)


def _read_entries(data: bytes, starts: NDArray[np.int64], shift: int) -> Iterator[Member]:
    """Read the entries that begin at some positions, each kind of number for all of them at once."""
    heads = sliding_window_view(np.frombuffer(data, np.uint8), _ENTRY.itemsize)[starts].view(_ENTRY)[:, 0]
    ends = starts + _ENTRY.itemsize + heads["name_length"]
    sizes, packed, offsets = (heads[name].tolist() for name in _LARGE)
    for at in np.flatnonzero(np.any([heads[name] == _UNKNOWN for name in _LARGE], axis=0)):
        extra = data[ends[at] : ends[at] + heads["extra_length"][at]]
        sizes[at], packed[at], offsets[at] = _read_extra_64(extra, sizes[at], packed[at], offsets[at])
    names = [data[start:end] for start, end in zip((starts + _ENTRY.itemsize).tolist(), ends.tolist(), strict=True)]
    flags, methods = heads["flags"].tolist(), heads["method"].tolist()
    positions = [offset + shift for offset in offsets]
    refusals = map(_find_refusal, flags, methods)
    decoded = _decode_names(names, flags)
    columns = (decoded, positions, packed, sizes, heads["checksum"].tolist(), methods, refusals)
    return map(Member._make, zip(*columns, strict=True))


def _read_extra_64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Return the numbers of an entry, each from its extra field if the entry itself has no room for it."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            block = extra[position + 4 : position + 4 + length]
            large = iter(struct.unpack(f"<{len(block) // 8}Q", block[: len(block) // 8 * 8]))
            stated = (size, packed, offset)
            size, packed, offset = (next(large, value) if value == _UNKNOWN else value for value in stated)
            break
        position += 4 + length
    return size, packed, offset


def _decode_names(names: list[bytes], flags: list[int]) -> list[str]:
    try:
        # Many programs write UTF-8 without saying so; code page 437 is hardly ever valid UTF-8.
        return [name.decode() for name in names]
    except UnicodeDecodeError:
        return list(map(_decode_name, names, flags))


def _decode_name(name: bytes, flags: int) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("utf-8", "surrogateescape") if flags & _UTF8 else name.decode("cp437")


@lru_cache(maxsize=64)  # an archive has few kinds of members
def _find_refusal(flags: int, method: int) -> str | None:
    if flags & _ENCRYPTED:
        return "it is encrypted; unpack the archive with its password and give the folder"
    if method not in (STORED, DEFLATED):
        name = _METHODS.get(method, f"method {method}")
        return f"it is compressed by {name}; only stored and deflated members are read: pack the archive again"
    return None

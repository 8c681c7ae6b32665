"""IDX files of grey pictures, as MNIST and Fashion-MNIST come: a container whose members are made on the fly.

Format: four bytes ``00 00 08 03`` (unsigned bytes, three dimensions), then count, height and width as big-endian 32-bit
numbers, then the pixels (Y. LeCun, "The MNIST database"). Member 42 of 60,000 is called ``00042.png``; its content is
an uncompressed PNG of 8-bit grey, which decodes to exactly the stored values.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from modiste.errors import SourceError
from modiste.imaging.members import RAW_PIXELS, Member
from modiste.imaging.storage import Stretch

__all__ = [
    "IDX_LABELS_MAGIC",
    "IDX_PICTURES_MAGIC",
    "IDX_SUFFIXES",
    "IdxShape",
    "encode_grey_png",
    "has_idx_suffix",
    "name_idx_member",
    "read_idx_directory",
    "read_idx_shape",
]

IDX_SUFFIXES = ("-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte", ".idx3-ubyte.gz")
IDX_PICTURES_MAGIC, IDX_LABELS_MAGIC = b"\0\0\x08\x03", b"\0\0\x08\x01"
_HEADER = struct.Struct(">4s3L")
_MAX_PIXELS = 1 << 26
_STORED = 0xFFFF  # the longest stored block of deflate


class IdxShape(NamedTuple):
    """What the header of an IDX file says: how many pictures it has, and their height and width in pixels."""

    pictures: int
    height: int
    width: int


def has_idx_suffix(name: str) -> bool:
    """Tell whether a name is that of an IDX file of pictures, plain or compressed by gzip.

    Example:
        >>> has_idx_suffix("train-images-idx3-ubyte.gz"), has_idx_suffix("train-labels-idx1-ubyte.gz")
        (True, False)
    """
    return name.lower().endswith(IDX_SUFFIXES)


def read_idx_shape(stretch: Stretch) -> IdxShape:
    """Read the header of an IDX file of pictures.

    Args:
        stretch: The file, not compressed.

    Raises:
        SourceError: It is no such file, is cut short or too long, or its pictures are empty or huge.
    """
    head = stretch.read_at(0, _HEADER.size)
    if len(head) < _HEADER.size or not head.startswith(IDX_PICTURES_MAGIC):
        raise SourceError(
            f"it is no IDX file of pictures: it begins with {head[:4].hex(' ') or 'nothing'}; expected 00 00 08 03"
        )
    _, count, height, width = _HEADER.unpack(head)
    if not 0 < height * width <= _MAX_PIXELS:
        raise SourceError(f"its pictures are {width} x {height} pixels large; expected 1 to {_MAX_PIXELS:,} pixels")
    expected = _HEADER.size + count * height * width
    if stretch.length != expected:
        state = "cut short" if stretch.length < expected else "too long"
        raise SourceError(f"it is {state}: {count:,} pictures need {expected:,} bytes, and it has {stretch.length:,}")
    return IdxShape(count, height, width)


def read_idx_directory(stretch: Stretch, shape: IdxShape, max_members: int) -> Iterator[Member]:
    """List the pictures of an IDX file as members.

    Args:
        stretch: The file, not compressed.
        shape: What `read_idx_shape` found.
        max_members: More pictures than this are refused.

    Yields:
        One member a picture; ``packed`` is the number of pixels, ``size`` the length of the PNG.

    Raises:
        SourceError: There are too many.
    """
    if shape.pictures > max_members:
        raise SourceError(f"it has more than {max_members:,} members")
    pixels = shape.height * shape.width
    size = len(encode_grey_png(bytes(pixels), shape.height, shape.width)) if shape.pictures else 0
    for number in range(shape.pictures):
        position = _HEADER.size + number * pixels
        yield Member(name_idx_member(number, shape.pictures), position, pixels, size, method=RAW_PIXELS)


def name_idx_member(number: int, count: int) -> str:
    """Return what picture ``number`` (from 0) of ``count`` is called.

    Example:
        >>> name_idx_member(42, 60_000)
        '00042.png'
    """
    return f"{number:0{len(str(max(count - 1, 0)))}}.png"


def encode_grey_png(pixels: bytes, height: int, width: int) -> bytes:
    r"""Write grey pixels as a PNG that is not compressed, so its length depends on its size in pixels alone.

    Args:
        pixels: Row by row, ``height * width`` bytes.
        height: In pixels.
        width: In pixels.

    Example:
        >>> encode_grey_png(b"\x00\xff", 1, 2)[:4]
        b'\x89PNG'
    """
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, height * width, width))
    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", _store(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _store(data: bytes) -> bytes:
    """Write a zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    blocks = [data[start : start + _STORED] for start in range(0, len(data), _STORED)]
    body = b"".join(
        struct.pack("<B2H", block is blocks[-1], len(block), len(block) ^ _STORED) + block for block in blocks
    )
    return b"\x78\x01" + body + struct.pack(">L", zlib.adler32(data))

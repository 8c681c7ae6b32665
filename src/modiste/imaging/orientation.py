"""EXIF orientation: how a stored picture must be turned to be shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from modiste.imaging.quiet import silence_pillow

__all__ = ["find_jpeg_orientation", "get_orientation", "mirrors", "swaps_sides", "turn"]

_EXIF = b"Exif\0\0"
_APP1, _START_OF_SCAN = 0xE1, 0xDA


def find_jpeg_orientation(data: bytes) -> int:
    """Return the EXIF orientation (1 to 8) that a JPEG file states; 1, upright, if it states none.

    Only the segments before the first scan are looked at; Pillow reads the block that is found there.
    """
    # Most shop pictures have no EXIF block, and one search is quicker than a walk.
    if _EXIF not in data:
        return 1
    position = 2
    while data[position : position + 1] == b"\xff" and position + 4 <= len(data):
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == _START_OF_SCAN:
            break
        if marker == _APP1 and data.startswith(_EXIF, position + 4):
            return _read_block(data[position + 4 : position + 2 + length])
        position += 2 + length
    return 1


def get_orientation(exif: Image.Exif) -> int:
    """Return the orientation (1 to 8) that an EXIF block states; 1, upright, for none or an impossible one."""
    value = exif.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def swaps_sides(orientation: int) -> bool:
    """Tell whether height and width change places when a picture of this orientation is shown."""
    return orientation >= 5


def mirrors(orientation: int) -> tuple[bool, bool]:
    """Tell whether rows and columns change their direction, after height and width may have changed places."""
    return orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)


def turn(picture: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn a stored picture so that it is shown upright.

    Args:
        picture: The picture as stored, [height, width, channels].
        orientation: EXIF orientation, 1 to 8.

    Returns:
        The picture as shown, contiguous; orientations 5 to 8 swap height and width.

    Example:
        >>> turn(np.zeros((2, 5, 3), np.uint8), 6).shape
        (5, 2, 3)
    """
    if orientation == 1:
        return picture
    if swaps_sides(orientation):
        picture = picture.transpose(1, 0, 2)
    rows, columns = mirrors(orientation)
    picture = picture[:: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(picture)


def _read_block(block: bytes) -> int:
    silence_pillow()
    exif = Image.Exif()
    try:
        exif.load(block)
        return get_orientation(exif)
    except Exception:  # Pillow raises anything on a damaged block, and the pixels are none the worse for it
        return 1

"""JPEG files, decoded by libjpeg-turbo; reduced while decoding where only a small picture is wanted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from modiste.errors import PictureError
from modiste.imaging.limits import DecodeLimits

__all__ = ["decode_jpeg"]

# A progressive file may repeat a scan of a few bytes for ever, and each takes time for every pixel; real ones have ten.
_MAX_SCANS = 200
_MAX_SCANS_OF_LARGEST = 20
_REDUCTIONS = (8, 4, 2)


def decode_jpeg(
    data: bytes, *, limits: DecodeLimits, choose: Callable[[int, int], int] | None = None
) -> tuple[NDArray[np.uint8], int, tuple[int, int]] | None:
    """Decode a JPEG file as stored.

    Args:
        data: The file's content.
        limits: Checked against the header before decoding.
        choose: Called with height and width as stored; returns by how much the sides may be divided. By default 1.

    Returns:
        The picture [height, width, 3], what its sides were divided by (1, 2, 4 or 8), and height and width before
        that; or None for a file that is better left to Pillow: of four inks, or not perfectly sound.

    Raises:
        PictureError: The picture is too large or has an absurd number of scans.
    """
    try:
        height, width, colour_space, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    limits.check_size(height, width)
    _check_scans(data, height * width, limits)
    if colour_space in ("CMYK", "YCCK"):
        return None
    allowed = choose(height, width) if choose else 1
    factor = next((step for step in _REDUCTIONS if step <= allowed), 1)
    try:
        # libjpeg-turbo picks the smallest picture that is at least this large.
        picture = simplejpeg.decode_jpeg(
            data, "RGB", min_height=-(-height // factor), min_width=-(-width // factor), min_factor=1
        )
    except ValueError:
        return None
    return picture, factor, (height, width)


def _check_scans(data: bytes, pixels: int, limits: DecodeLimits) -> None:
    # In compressed data every 0xff is followed by a zero, so that this finds markers only.
    scans = data.count(b"\xff\xda")
    allowed = min(_MAX_SCANS, _MAX_SCANS_OF_LARGEST * limits.max_pixels // pixels)
    if scans > allowed:
        raise PictureError(f"the JPEG file has {scans:,} scans; at most {allowed} are decoded at its size")

"""One look at one picture file: everything that the checks want to know of it, from a single reading."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.errors import PictureError
from modiste.imaging import Box, PictureSource, Preprocessing, decode_picture
from modiste.imaging.formats import detect_format
from modiste.imaging.perceptual import make_thumbnail

__all__ = ["Look", "look_at"]


class Look(NamedTuple):
    """What one look at a picture tells.

    Args:
        format: What the file is by its first bytes, such as ``"JPEG"``; None if it is no picture, or was not read.
        width: Of the picture as shown, or of the box that is cut out of it, in pixels; 0 if it can't be decoded.
        height: The same.
        file_bytes: Length of the file; 0 if it was not read.
        file_digest: SHA-256 of the file's bytes, as hexadecimal digits; None if it was not read.
        pixel_digest: SHA-256 of size and pixels; None if it can't be decoded.
        reason: Why it can't be read or decoded; None if it can.
        thumbnail: RGB uint8 [32, 32, 3], or None.
        prepared: What the network is shown: RGB uint8 [height, width, 3], or None.
    """

    format: str | None
    width: int
    height: int
    file_bytes: int
    file_digest: str | None
    pixel_digest: str | None
    reason: str | None
    thumbnail: NDArray[np.uint8] | None
    prepared: NDArray[np.uint8] | None


def look_at(reference: str, box: Box | None, source: PictureSource, preprocessing: Preprocessing) -> Look:
    """Read a picture once and note everything about it; what is wrong with it becomes its ``reason``.

    Args:
        reference: What ``source`` reads.
        box: Left, top, width, height in pixels of what is looked at, or None for all of it.
        source: Reads the file.
        preprocessing: Of the network that embeds it.
    """
    try:
        data = source.read(reference)
    except PictureError as error:
        return Look(None, 0, 0, 0, None, None, str(error), None, None)
    digest = hashlib.sha256(data).hexdigest()
    found = None
    try:
        found = detect_format(data)
        picture = decode_picture(data, box=box)
    except PictureError as error:
        return Look(found, 0, 0, len(data), digest, None, str(error), None, None)
    height, width = picture.shape[:2]
    pixels = hashlib.sha256(f"{height}x{width}:".encode() + picture.tobytes()).hexdigest()
    thumbnail, prepared = make_thumbnail(picture), preprocessing.prepare(picture)
    return Look(found, width, height, len(data), digest, pixels, None, thumbnail, prepared)

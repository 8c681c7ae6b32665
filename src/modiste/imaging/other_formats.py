"""PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC and unusual JPEG files, decoded by Pillow."""

from __future__ import annotations

import importlib.util
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from modiste.errors import PictureError
from modiste.imaging.colours import to_rgb
from modiste.imaging.limits import DecodeLimits
from modiste.imaging.orientation import get_orientation
from modiste.imaging.quiet import silence_libtiff, silence_pillow

__all__ = ["decode_with_pillow"]

_PLUGIN_LINES = {"AVIF": "pip install 'pillow>=11.3'", "HEIF": "pip install pillow-heif"}


def decode_with_pillow(data: bytes, name: str, *, limits: DecodeLimits) -> tuple[NDArray[np.uint8], int]:
    """Decode the first picture of a file as stored.

    Args:
        data: The file's content.
        name: Pillow's name of its format; no other plug-in is asked.
        limits: Checked against the header before decoding.

    Returns:
        RGB [height, width, 3], and the EXIF orientation, 1 to 8.

    Raises:
        PictureError: The picture is too large, or its format's plug-in is not installed; the text says what to type.
        Exception: Anything, if the file is damaged: Pillow's plug-ins do not say what they raise.
    """
    _load_plugin(name)
    if name == "WEBP":
        _check_webp_canvas(data, limits)
    silence_pillow()
    with Image.open(BytesIO(data), formats=[name]) as image:
        limits.check_size(image.height, image.width)
        image.load()
        # Asked for only now: loading a TIFF turns it already.
        return to_rgb(image), get_orientation(image.getexif())


def _load_plugin(name: str) -> None:
    if name == "TIFF":
        silence_libtiff()
    if name == "AVIF" and not features.check("avif"):
        raise PictureError(f"this Pillow can't read AVIF. Type: {_PLUGIN_LINES[name]}")
    if name == "HEIF" and name not in Image.OPEN:
        if importlib.util.find_spec("pillow_heif") is None:
            raise PictureError(f"HEIC needs a plug-in of Pillow. Type: {_PLUGIN_LINES[name]}")
        importlib.import_module("pillow_heif").register_heif_opener()


def _check_webp_canvas(data: bytes, limits: DecodeLimits) -> None:
    # Older Pillows allocate the canvas on opening, before its size can be asked.
    if data[12:16] == b"VP8X" and len(data) >= 30:
        width, height = (1 + int.from_bytes(data[start : start + 3], "little") for start in (24, 27))
        limits.check_size(height, width)

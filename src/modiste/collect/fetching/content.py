"""What arrived: is it the picture that was expected, whole and decodable; and made smaller where that is asked for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from modiste.errors import PictureError
from modiste.imaging import DecodeLimits, Preprocessing, decode_picture
from modiste.imaging.decode import decode_reduced
from modiste.imaging.formats import detect_format

__all__ = ["DamagedPictureError", "Picture", "check_hash", "examine_picture"]

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif", "WEBP": ".webp"}
_SUFFIXES |= {"AVIF": ".avif", "HEIF": ".heic"}
_SHA256 = 64  # hexadecimal digits
_DIGESTS = {32: "md5", 40: "sha1", _SHA256: "sha256"}
_QUALITY = 92
# Reducing while decoding reads every compressed byte all the same, so damage is found at half the cost.
_SMALLEST = (1, 1)


class DamagedPictureError(PictureError):
    """It is a picture, but it can't be decoded; perhaps it was cut short on its way."""


@dataclass(frozen=True)
class Picture:
    """A picture that may be kept.

    Args:
        data: The file's content, as it is kept.
        suffix: What its name ends in, by its content.
        sha256: Of ``data``, in hexadecimal digits.
        width: In pixels, as shown.
        height: In pixels, as shown.
        scale: What its sides were multiplied by; 1 where it was kept as it was.
    """

    data: bytes
    suffix: str
    sha256: str
    width: int
    height: int
    scale: float = 1.0


def check_hash(data: bytes, expected: str) -> str:
    """Compare bytes with the hash that they should have.

    Args:
        data: The bytes as they arrived.
        expected: 64 (SHA-256), 40 (SHA-1) or 32 (MD5) hexadecimal digits.

    Returns:
        The hash, in small letters.

    Raises:
        PictureError: They differ, or ``expected`` is no such hash.

    Example:
        >>> check_hash(b"", " D41D8CD98F00B204E9800998ECF8427E")
        'd41d8cd98f00b204e9800998ecf8427e'
    """
    expected = expected.strip().lower()
    kind = _DIGESTS.get(len(expected))
    if kind is None or not re.fullmatch("[0-9a-f]+", expected):
        raise PictureError("the expected hash is none; expected 64 (SHA-256), 40 (SHA-1) or 32 (MD5) hex digits")
    if hashlib.new(kind, data, usedforsecurity=False).hexdigest() != expected:
        raise PictureError(f"its {kind} is not the expected one")
    return expected


def examine_picture(data: bytes, *, expected: str | None, max_side: int | None, limits: DecodeLimits) -> Picture:
    """Check a picture, and make it smaller where that is asked for.

    Every compressed byte is decoded: a header alone would let half a picture pass. JPEG pictures are decoded to an
    eighth of their sides, which costs half as much.

    Args:
        data: What arrived.
        expected: The hash that it should have, see `check_hash`, or None.
        max_side: The longest side in pixels; a picture with a longer one is resized to it (bicubic, antialiased,
            upright) and kept as JPEG of quality 92. None keeps every picture as it is.
        limits: The largest file and picture.

    Raises:
        DamagedPictureError: It can't be decoded.
        PictureError: It is no picture, too large, or not the expected one.
    """
    name = detect_format(data)
    known = "" if expected is None else check_hash(data, expected)
    try:
        size = decode_reduced(data, limits=limits, box=None, at_least=_SMALLEST).size
    except PictureError as error:
        raise DamagedPictureError(str(error)) from error
    if max_side is not None and max(size) > max_side:
        return _shrink(data, size, max_side, limits)
    # What was compared need not be computed again: a hash costs as much as a tenth of the decoding.
    digest = known if len(known) == _SHA256 else hashlib.sha256(data).hexdigest()
    return Picture(data, _SUFFIXES[name], digest, width=size[1], height=size[0])


def _shrink(data: bytes, size: tuple[int, int], max_side: int, limits: DecodeLimits) -> Picture:
    height, width = Preprocessing(height=max_side, width=max_side).fit(*size)
    pixels = decode_picture(data, limits=limits, at_least=(max_side, max_side))
    file = BytesIO()
    Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC).save(file, "JPEG", quality=_QUALITY)
    small = file.getvalue()
    return Picture(small, ".jpg", hashlib.sha256(small).hexdigest(), width, height, max_side / max(size))

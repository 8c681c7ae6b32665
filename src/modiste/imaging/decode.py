"""One safe way from the bytes of a picture file to its pixels, used by everything in modiste."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from modiste.errors import PictureError
from modiste.imaging.boxes import Box, locate_box
from modiste.imaging.formats import detect_format
from modiste.imaging.jpeg import decode_jpeg
from modiste.imaging.limits import DecodeLimits
from modiste.imaging.orientation import find_jpeg_orientation, mirrors, swaps_sides, turn
from modiste.imaging.other_formats import decode_with_pillow

__all__ = ["Reduced", "decode_picture", "decode_reduced"]

# A reduced JPEG must stay this many times larger than what is asked for, so that the resize that follows decides
# the quality.
_HEADROOM = 2


class Reduced(NamedTuple):
    """A picture, or the box that was cut out of it, whose sides may have been divided while decoding.

    Args:
        picture: RGB [height, width, 3].
        region: Left, top, right, bottom in pixels of ``picture``: where exactly the box lies in it, since the sides
            of a reduced picture, and of a box within it, are seldom whole.
        size: Height and width of the box in pixels of the picture as it would be without reduction.
    """

    picture: NDArray[np.uint8]
    region: tuple[float, float, float, float]
    size: tuple[int, int]


def decode_picture(
    data: bytes,
    *,
    limits: DecodeLimits = DecodeLimits(),  # noqa: B008  (frozen)
    box: Box | None = None,
    at_least: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    """Decode a picture file of any supported format.

    JPEG, PNG, WebP, GIF (first frame), BMP and TIFF (first page) always; AVIF and HEIC where Pillow's plug-ins are
    there. The content decides, not the name. EXIF orientation is applied, transparency is laid on white, grey,
    palettes, four inks and 16 bits become RGB of 8 bits. Colour profiles are ignored.

    Args:
        data: The file's content.
        limits: The largest file and picture; checked before decoding.
        box: Cut this out of the picture as shown; it is clipped to the picture.
        at_least: Height and width, in pixels, that the result will be fitted into. A JPEG that is far larger may
            then be reduced while decoding, to no less than twice the fitted size; the box stays in full pixels. The
            edges then lie within a pixel of the result; `decode_reduced` says where exactly.

    Returns:
        RGB [height, width, 3].

    Raises:
        PictureError: The file is too large, damaged, truncated, not a picture, or the box lies outside it.

    Example:
        >>> from io import BytesIO
        >>> from PIL import Image
        >>> file = BytesIO()
        >>> Image.new("RGB", (60, 80), "red").save(file, "PNG")
        >>> decode_picture(file.getvalue(), box=(50, 0, 100, 80)).shape
        (80, 10, 3)
    """
    return decode_reduced(data, limits=limits, box=box, at_least=at_least).picture


def decode_reduced(data: bytes, *, limits: DecodeLimits, box: Box | None, at_least: tuple[int, int] | None) -> Reduced:
    """Decode as `decode_picture` does, and say where exactly the picture lies in the result.

    Args:
        data: The file's content.
        limits: As there.
        box: As there.
        at_least: As there.

    Returns:
        The picture with its exact region and its size before any reduction.

    Raises:
        PictureError: As there.
    """
    limits.check_bytes(len(data))
    name = detect_format(data)
    try:
        return _decode_jpeg(data, limits, box, at_least) if name == "JPEG" else _decode_other(data, name, limits, box)
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError(f"the {name} picture needs more memory than there is") from error
    except Image.DecompressionBombError as error:
        reason = f"at most {limits.max_pixels:,} pixels are decoded"
        raise PictureError(f"the {name} picture is too large; {reason}: {_summarise(error)}") from error
    except Exception as error:  # Pillow's plug-ins raise anything on damaged files
        raise PictureError(f"the {name} file is damaged or cut short: {_summarise(error)}") from error


def _decode_other(data: bytes, name: str, limits: DecodeLimits, box: Box | None) -> Reduced:
    picture, orientation = decode_with_pillow(data, name, limits=limits)
    picture = turn(picture, orientation)
    return _cut(picture, picture.shape[:2], box)


def _decode_jpeg(data: bytes, limits: DecodeLimits, box: Box | None, at_least: tuple[int, int] | None) -> Reduced:
    orientation = find_jpeg_orientation(data)

    def choose(*stored: int) -> int:
        return 1 if at_least is None else _find_reduction(_to_shown(stored, orientation), at_least, box)

    found = decode_jpeg(data, limits=limits, choose=choose)
    if found is None:
        picture = turn(decode_with_pillow(data, "JPEG", limits=limits)[0], orientation)
        return _cut(picture, picture.shape[:2], box)
    picture, factor, stored = found
    return _cut(turn(picture, orientation), _to_shown(stored, orientation), box, factor, mirrors(orientation))


def _to_shown(stored: tuple[int, ...], orientation: int) -> tuple[int, ...]:
    return stored[::-1] if swaps_sides(orientation) else stored


def _find_reduction(shown: tuple[int, ...], at_least: tuple[int, int], box: Box | None) -> int:
    rows, columns = locate_box(box, *shown)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    # The side that fills its length when fitted decides; the other one is padded.
    return max(1, int(max(height / at_least[0], width / at_least[1]) / _HEADROOM))


def _cut(
    picture: NDArray[np.uint8],
    shown: tuple[int, ...],
    box: Box | None,
    factor: int = 1,
    mirrored: tuple[bool, bool] = (False, False),
) -> Reduced:
    rows, columns = locate_box(box, *shown)
    size = rows.stop - rows.start, columns.stop - columns.start
    top, bottom = _reduce(rows, shown[0], picture.shape[0], factor, mirrored[0])
    left, right = _reduce(columns, shown[1], picture.shape[1], factor, mirrored[1])
    first_row, first_column = math.floor(top), math.floor(left)
    picture = picture[first_row : math.ceil(bottom), first_column : math.ceil(right)]
    region = left - first_column, top - first_row, right - first_column, bottom - first_row
    return Reduced(np.ascontiguousarray(picture), region, size)


def _reduce(pixels: slice, shown: int, reduced: int, factor: int, mirrored: bool) -> tuple[float, float]:
    """Return where some pixels of a side begin and end once the side is divided.

    The last pixel of a reduced side is covered in part only; mirrored, it comes first.
    """
    shift = reduced - shown / factor if mirrored else 0.0
    return pixels.start / factor + shift, min(pixels.stop / factor + shift, reduced)


def _summarise(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "its header makes no sense"  # Pillow's own text has a memory address
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__

"""Boxes: which part of a picture shows the product."""

from __future__ import annotations

import math

from modiste.errors import PictureError

__all__ = ["Box", "locate_box"]

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels of the picture as shown, that is after its EXIF orientation is applied."""


def locate_box(box: Box | None, height: int, width: int) -> tuple[slice, slice]:
    """Find the whole pixels that a box covers.

    Edges are rounded to the nearest pixel and clipped to the picture; at least one pixel is left.

    Args:
        box: Left, top, width, height in pixels; None stands for the whole picture.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.

    Returns:
        Rows and columns.

    Raises:
        PictureError: The box is empty, or lies outside the picture.

    Example:
        >>> locate_box((50, -3, 100, 10.4), height=80, width=60)
        (slice(0, 7, None), slice(50, 60, None))
    """
    if box is None:
        return slice(0, height), slice(0, width)
    if not all(map(math.isfinite, box)) or box[2] <= 0 or box[3] <= 0:
        raise PictureError(f"the box {box} is empty; expected left, top, width, height with positive width and height")
    rows, columns = _clip(box[1], box[3], height), _clip(box[0], box[2], width)
    if rows is None or columns is None:
        raise PictureError(
            f"the box {box} (left, top, width, height) lies outside the picture of {width} x {height} pixels"
        )
    return rows, columns


def _clip(start: float, extent: float, length: int) -> slice | None:
    if start + extent <= 0 or start >= length:
        return None
    first = min(max(round(start), 0), length - 1)
    return slice(first, max(min(round(start + extent), length), first + 1))

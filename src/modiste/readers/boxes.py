"""Boxes in a table: four columns or one cell, as left, top, width, height or as two corners."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from modiste.readers.cells import is_blank

__all__ = ["CORNER_COLUMNS", "SIZE_COLUMNS", "WHOLE_BOX_COLUMNS", "has_corners", "parse_box"]

SIZE_COLUMNS = (
    ("left", "top", "width", "height"),
    ("boxleft", "boxtop", "boxwidth", "boxheight"),
    ("bboxleft", "bboxtop", "bboxwidth", "bboxheight"),
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("bboxx", "bboxy", "bboxw", "bboxh"),
    ("xmin", "ymin", "width", "height"),
)
CORNER_COLUMNS = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
)
WHOLE_BOX_COLUMNS = ("box", "bbox", "boundingbox")
_NUMBERS = re.compile(r"[^\d.eE+-]+")


def has_corners(columns: Sequence[str]) -> bool:
    """Tell whether four box columns are two corners, by their names.

    Example:
        >>> has_corners(("x_1", "y_1", "x_2", "y_2")), has_corners(("x", "y", "w", "h"))
        (True, False)
    """
    return tuple(re.sub(r"[\W_]+", "", name).casefold() for name in columns) in CORNER_COLUMNS


def parse_box(cells: Sequence[Any], *, corners: bool = False) -> list[float] | None:
    """Make a box of one cell with four numbers, or of four cells.

    Args:
        cells: One cell (``"10 20 30 40"``, ``"[10, 20, 30, 40]"``, a list) or four.
        corners: The numbers are left, top, right, bottom.

    Returns:
        Left, top, width, height in pixels; None if all cells are blank.

    Raises:
        ValueError: They are not four finite numbers, or the box is empty.

    Example:
        >>> parse_box(["10, 20, 30, 40"])
        [10.0, 20.0, 30.0, 40.0]
        >>> parse_box([1, 2, 11, 22], corners=True)
        [1.0, 2.0, 10.0, 20.0]
    """
    values = _split(cells[0]) if len(cells) == 1 else list(cells)
    if all(map(is_blank, values)):
        return None
    numbers = [float(value) for value in values]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError("a box needs four finite numbers")
    left, top, width, height = numbers
    if corners:
        width, height = width - left, height - top
    if width <= 0 or height <= 0:
        raise ValueError("a box needs a positive width and height")
    return [left, top, width, height]


def _split(cell: Any) -> list[Any]:
    if isinstance(cell, str):
        return [part for part in _NUMBERS.split(cell) if part] or [cell]
    return list(cell) if isinstance(cell, (list, tuple)) else [cell]

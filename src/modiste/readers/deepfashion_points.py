"""Boxes and landmarks as DeepFashion's lists give them: corners, and three numbers a landmark."""

from __future__ import annotations

import numpy as np
import polars as pl

from modiste.manifest import META
from modiste.readers.building import Problems
from modiste.readers.counted_lists import drop_repeated
from modiste.readers.deepfashion_layout import CATEGORY_TYPES
from modiste.readers.number_rows import take_number_rows

__all__ = ["CORNERS", "CORNER_NUMBERS", "make_boxes", "make_landmarks"]

CORNERS = ("x_1", "y_1", "x_2", "y_2")
CORNER_NUMBERS = r"\s+(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)" * len(CORNERS) + "$"
"""What the end of a row of boxes looks like, as a regular expression with a group a corner."""
_FARTHEST = 1_000_000  # pixels
_TYPE, _SECOND = (pl.col("numbers").list.get(at, null_on_oob=True) for at in (0, 1))
_HEAD_FITS = _TYPE.is_between(1, 3) & _SECOND.is_between(0, 999)


def make_boxes(table: pl.DataFrame, *, name: str, problems: Problems) -> pl.DataFrame:
    """Make boxes of the corners ``x_1``, ``y_1``, ``x_2``, ``y_2``.

    Args:
        table: The corners, as numbers or texts, in pixels, and ``line``.
        name: Of the file, for the problems.
        problems: Told of boxes that lie outside the picture or are empty; the picture goes without.

    Returns:
        The table with ``box`` (left, top, width, height) in place of the corners.
    """
    table = table.with_columns(pl.col(CORNERS).cast(pl.Float64))
    negative = pl.min_horizontal(CORNERS) < 0
    empty = (pl.col("x_2") <= pl.col("x_1")) | (pl.col("y_2") <= pl.col("y_1"))
    for line in table.filter(negative)["line"]:
        problems.remark(f"{name} line {line}", "a box with a negative corner (the picture goes without)")
    for line in table.filter(empty & ~negative)["line"]:
        problems.remark(f"{name} line {line}", "a box whose second corner is not right of and below the first")
    size = (pl.col("x_1"), pl.col("y_1"), pl.col("x_2") - pl.col("x_1"), pl.col("y_2") - pl.col("y_1"))
    return table.with_columns(box=pl.when(~negative & ~empty).then(pl.concat_list(size))).drop(CORNERS)


def make_landmarks(
    rows: pl.DataFrame, *, second: str, name: str, problems: Problems, bare: bool = False
) -> pl.DataFrame:
    """Read rows of landmarks.

    Args:
        rows: ``line`` and ``text``: a picture, the clothes type, another number, and three numbers a landmark.
        second: What the other number is called.
        name: Of the file, for the problems.
        problems: Told of rows that are something else.
        bare: The rows have two numbers a landmark and nothing else, as the fine variant's; 0 0 is none.

    Returns:
        ``image``, ``meta.clothesType`` (of `CATEGORY_TYPES`), ``meta.SECOND``, and ``meta.landmarks``: a list of
        ``visibility`` (0 visible, 1 hidden, 2 cut off; null if not told), ``x``, ``y`` in pixels.
    """
    each = 2 if bare else 3
    expected = "a picture, " + ("" if bare else "a clothes type, a variation, ") + f"and {each} numbers a landmark"
    head, fits = ("", pl.lit(value=True)) if bare else (r"\s+0*[1-3]\s+0*[0-9]{1,3}", _HEAD_FITS)
    pattern = r"^\S+" + head + r"(?:\s+-?[0-9]+)*$"
    cut = take_number_rows(rows, pattern, fits, name=name, expected=expected, problems=problems)
    cut = cut.with_columns(points=pl.col("numbers") if bare else pl.col("numbers").list.slice(2))
    points = pl.col("points").list
    near = (points.max() <= _FARTHEST) & (points.min() >= -_FARTHEST) & points.contains(None).not_()
    whole = cut.select((points.len() == 0) | (near & (points.len() % each == 0))).to_series()
    for line in cut.filter(~whole)["line"]:
        problems.remark(f"{name} line {line}", f"not {expected}")
    cut = cut.filter(whole)
    cut = cut.with_columns(_gather_points(cut["points"], each).alias(META + "landmarks"))
    cut = drop_repeated(cut, "image", name=name, problems=problems)
    if bare:
        return cut.select("image", META + "landmarks")
    kinds = _TYPE.replace_strict([1, 2, 3], CATEGORY_TYPES, return_dtype=pl.String)
    return cut.select("image", kinds.alias(META + "clothesType"), _SECOND.alias(META + second), META + "landmarks")


def _gather_points(points: pl.Series, each: int) -> pl.Series:
    """Make lists of structs of lists of numbers, ``each`` numbers a point."""
    counts = points.list.len().to_numpy() // each
    table = points.explode(empty_as_null=False).to_numpy().reshape(-1, each)
    seen = pl.Series(table[:, 0]) if each == 3 else pl.repeat(None, len(table), dtype=pl.Int32, eager=True)
    flat = pl.DataFrame({"visibility": seen, "x": table[:, each - 2], "y": table[:, each - 1]})
    if each == 2:  # the fine variant fills up with 0 0
        flat = flat.with_columns(pl.when((pl.col("x") != 0) | (pl.col("y") != 0)).then(pl.col("x", "y")))
    rows = pl.Series(np.repeat(np.arange(len(counts)), counts), dtype=pl.Int64).set_sorted()
    lists = flat.select(row=rows, points=pl.struct("visibility", "x", "y")).group_by("row", maintain_order=True).all()
    every = pl.DataFrame({"row": pl.int_range(len(counts), eager=True, dtype=pl.Int64)})
    return every.join(lists, on="row", how="left", maintain_order="left")["points"]

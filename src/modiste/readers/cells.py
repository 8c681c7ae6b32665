"""What the cell of a table says, whatever type it has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

__all__ = ["is_blank", "is_url", "make_free_column", "split_labels", "to_text"]

_BLANKS = frozenset({"", "NA", "N/A", "NaN", "nan", "null"})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")


def is_blank(cell: Any) -> bool:
    """Tell whether a cell says nothing: None, not a number, or one of "", NA, N/A, NaN, nan, null.

    Example:
        >>> is_blank(" "), is_blank("None")
        (True, False)
    """
    if isinstance(cell, str):
        return cell.strip() in _BLANKS
    return cell is None or (isinstance(cell, float) and cell != cell)  # noqa: PLR0124  (that is how NaN is told)


def is_url(text: str) -> bool:
    """Tell whether a text is a web address.

    Example:
        >>> is_url("https://shop.example/1.jpg"), is_url("C:/1.jpg")
        (True, False)
    """
    return text.strip().casefold().startswith(("http://", "https://"))


def to_text(cell: Any) -> str | None:
    """Return a cell as text: None if it is blank, whole numbers without a decimal point, booleans in lower case.

    Example:
        >>> to_text(1163.0), to_text(" Shoes "), to_text("NA"), to_text(True)
        ('1163', 'Shoes', None, 'true')
    """
    if is_blank(cell):
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def split_labels(cell: Any, separator: str | None) -> list[str] | None:
    """Return the labels of a cell, each once; None if the cell is blank.

    Args:
        cell: A list of labels, or a text.
        separator: What stands between the labels of a text; None takes the text as one label.

    Example:
        >>> split_labels("red| blue||red", "|")
        ['red', 'blue']
    """
    if is_blank(cell):
        return None
    parts = cell if isinstance(cell, list) else str(cell).split(separator) if separator else [cell]
    labels = (to_text(part) for part in parts)
    return list(dict.fromkeys(label for label in labels if label is not None))


def make_free_column(name: str, cells: Sequence[Any]) -> pl.Series:
    """Make a column of free metadata: blanks become null, texts that are all numbers become numbers.

    Numbers with leading zeros stay texts, as they are codes; cells of mixed types become JSON texts.

    Example:
        >>> make_free_column("meta.price", ["9.5", "12", ""]).to_list()
        [9.5, 12.0, None]
    """
    values = [None if is_blank(cell) else cell.strip() if isinstance(cell, str) else cell for cell in cells]
    filled = [value for value in values if value is not None]
    if all(isinstance(value, str) for value in filled):
        series = pl.Series(name, values, pl.String)
        return series.cast(_find_number_type(filled))
    try:
        return pl.Series(name, values)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        texts = [None if value is None else json.dumps(value, default=str, ensure_ascii=False) for value in values]
        return pl.Series(name, texts, pl.String)


def _find_number_type(texts: Sequence[str]) -> pl.DataType:
    if texts and all(map(_INTEGER.fullmatch, texts)):
        return pl.Int64()
    return pl.Float64() if texts and all(map(_DECIMAL.fullmatch, texts)) else pl.String()

"""Queries that were written by hand as shoppers type, each with the labels that a right answer has."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.manifest import LABEL, META

__all__ = ["BRAND", "SHOPPERS", "ShopperQuery", "find_expected", "read_queries"]

SHOPPERS: Final = Path(__file__).with_name("queries") / "shoppers.csv"
BRAND: Final = "brand"
_HEADER: Final = ["kind", "query", "expected"]


@dataclass(frozen=True)
class ShopperQuery:
    """What somebody types, and what is expected.

    Args:
        kind: What it tries: ``"plain"``, ``"typo"``, ``"plural"``, ``"colour"``, ``"brand"``, ``"everyday"`` ...
        text: The query.
        expected: Field, or ``"brand"`` -> the values of which a right answer has one.
    """

    kind: str
    text: str
    expected: Mapping[str, tuple[str, ...]]


def read_queries(path: Path = SHOPPERS) -> list[ShopperQuery]:
    """Read queries from a CSV with the columns kind, query and expected: ``gender=Men; baseColour=Blue/Navy Blue``.

    Raises:
        UsageError: A line is not like that, or a query stands there twice.

    Example:
        >>> queries = read_queries()
        >>> len(queries), queries[0].text, queries[0].expected["baseColour"]
        (200, 'mens blue checked shirt', ('Blue', 'Navy Blue'))
    """
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines))
    if header != _HEADER:
        raise UsageError(f"{path} has the columns {header}; expected {_HEADER}")
    queries = [_read_row(path, number, row) for number, row in enumerate(rows, start=2)]
    texts = [query.text for query in queries]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise UsageError(f"{path} has a query twice: {', '.join(twice)}")
    return queries


def find_expected(queries: Sequence[ShopperQuery], items: pl.DataFrame, *, brands: bool = False) -> NDArray[np.bool_]:
    """Find the items that have what is expected.

    Args:
        queries: q queries.
        items: n items of a manifest, with their labels, and ``meta.brand`` where brands are asked for.
        brands: Whether an expected brand counts.

    Returns:
        bool [q, n].

    Example:
        >>> items = pl.DataFrame({"label.gender": ["Men", "Women", None]})
        >>> find_expected([ShopperQuery("plain", "mens wear", {"gender": ("Men",)})], items).tolist()
        [[True, False, False]]
    """
    table = np.ones((len(queries), items.height), np.bool_)
    for row, query in enumerate(queries):
        for field, values in query.expected.items():
            if field != BRAND:
                table[row] &= items[LABEL + field].is_in(values).fill_null(value=False).to_numpy()
            elif brands:
                table[row] &= items[META + BRAND].is_in(values).fill_null(value=False).to_numpy()
    return table


def _read_row(path: Path, number: int, row: Sequence[str]) -> ShopperQuery:
    try:
        kind, text, expected = row
        pairs = [part.split("=") for part in expected.split(";")]
        values = {field.strip(): tuple(value.strip() for value in listed.split("/")) for field, listed in pairs}
    except ValueError as error:
        raise UsageError(
            f"{path} line {number}: {row}; expected kind, query, field=value/value; field=value"
        ) from error
    if not kind or not text.strip() or not all(value for listed in values.values() for value in listed):
        raise UsageError(f"{path} line {number}: {row} leaves something open")
    return ShopperQuery(kind, text, values)

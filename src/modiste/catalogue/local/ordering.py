"""Lists of items by price or title, out of the columns that filters read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters import Filter, NumberColumn, WordColumn
from modiste.catalogue.filters.columns import Column
from modiste.catalogue.local.snapshot import Snapshot
from modiste.catalogue.ordering import Order

__all__ = ["name_columns", "order_rows"]


def name_columns(by: Order) -> tuple[str, ...]:
    """Return the columns that an order needs.

    Example:
        >>> name_columns("-price"), name_columns("added")
        (('price',), ())
    """
    return () if by == "added" else (by.removeprefix("-"),)


def order_rows(snapshot: Snapshot, where: Filter | None, by: Order) -> NDArray[np.int64]:
    """Return the rows of a snapshot that a filter keeps, in some order; equals as they were added."""
    rows = np.flatnonzero(snapshot.keep(where))
    rows = rows[np.argsort(snapshot.item_keys[rows], kind="stable")]
    for name in name_columns(by):
        keys = _rank(snapshot.columns.column(name), rows)
        rows = rows[np.argsort(-keys if by.startswith("-") else keys, kind="stable")]
    return rows


def _rank(column: Column, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number for each row that is in the order of its values; NaN, which sorts last, where there is none."""
    if isinstance(column, NumberColumn):
        return column.values[rows]
    assert isinstance(column, WordColumn)  # noqa: S101  (titles are at most one word list a row)
    folded = column.dictionary.folded
    places = np.full(len(folded) + 1, np.nan)  # the last one is of rows without a word: their code is -1
    groups = {value: place for place, value in enumerate(sorted(set(folded)))}
    places[: len(folded)] = [groups[value] for value in folded]
    return places[column.codes[rows]]

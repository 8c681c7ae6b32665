"""How many items have which value: what a shop shows beside its results."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.columns import (
    ColumnSource,
    NumberColumn,
    VariantColumns,
    WordColumn,
    WordListColumn,
    drop_repeats,
)
from modiste.catalogue.filters.literals import write_literal
from modiste.errors import UnknownNameError, UsageError

__all__ = ["FacetValue", "count_facets"]

_RANGES: Final = 5


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, or a range of numbers, and how many items have it.

    Args:
        value: The word, in its most frequent spelling; of a range, such as ``"199 to 499"``.
        count: Items that have it.
        low: The least number of a range; ``name between low and high`` keeps exactly these items. None of a word.
        high: The greatest number of a range; None of a word.
    """

    value: str
    count: int
    low: float | None = None
    high: float | None = None


def count_facets(
    columns: ColumnSource, names: Sequence[str], mask: NDArray[np.bool_] | None, *, limit: int = 50
) -> dict[str, list[FacetValue]]:
    """Count the values of some columns.

    A word's count is the number of rows that ``name = 'word'`` keeps: case is ignored, and a row with several words
    counts for each. A size counts where it is in stock or not counted: ``size = 'M' and (stock > 0 or stock is
    missing)``. Numbers are given as up to five ranges of about equally many rows, in rising order: the first begins
    at the least, the last ends at the greatest.

    Args:
        columns: Of n rows.
        names: Which columns.
        mask: bool [n], the rows that count; None counts all.
        limit: At most so many words a column, at least 1.

    Returns:
        Column -> its words, most frequent first, equals by name; or its ranges. What is missing is not counted.

    Raises:
        UnknownNameError: There is no such column.
        UsageError: ``stock`` is asked for, or the mask has another length.

    Example:
        >>> from modiste.catalogue.filters import tabulate_items
        >>> from modiste.catalogue.item import CatalogueItem
        >>> items = [CatalogueItem("1", brand="Puma", price=5.0), CatalogueItem("2", brand="PUMA", price=9.0)]
        >>> for name, values in count_facets(tabulate_items(items), ["brand", "price"], None).items():
        ...     print(name, [(value.value, value.count) for value in values])
        brand [('Puma', 2)]
        price [('5', 1), ('9', 1)]
    """
    known = columns.names()
    for name in names:
        if name not in known:
            raise UnknownNameError("column", name, known)
    if "stock" in names:
        raise UsageError("stock belongs to a size and is not counted by itself; ask for the facet size instead")
    if limit < 1:
        raise UsageError(f"a limit of {limit} values shows none; expected at least 1")
    kept = np.ones(len(columns), np.bool_) if mask is None else mask
    if kept.shape != (len(columns),) or kept.dtype != np.bool_:
        raise UsageError(
            f"the mask is {kept.dtype} {list(kept.shape)}; expected bool [{len(columns)}], one entry a row"
        )
    return {name: _count(columns, name, kept, limit) for name in names}


def _count(columns: ColumnSource, name: str, kept: NDArray[np.bool_], limit: int) -> list[FacetValue]:
    if name == "size":
        variants = columns.variants()
        return _rank(_count_sizes(variants, kept), variants.spellings, limit)
    column = columns.column(name)
    if isinstance(column, NumberColumn):
        return _split_ranges(column.values[kept])
    return _rank(_count_words(column, kept), column.spellings, limit)


def _count_words(column: WordColumn | WordListColumn, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count rows by group of the dictionary."""
    size = len(column.dictionary.codes)
    if isinstance(column, WordListColumn):
        rows, groups = column.distinct
        return np.bincount(groups[kept[rows]], minlength=size)
    codes = column.codes[kept]
    return np.bincount(column.dictionary.groups[codes[codes >= 0]], minlength=size)


def _count_sizes(variants: VariantColumns, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows, size = variants.spans.owners, len(variants.dictionary.codes)
    chosen = np.flatnonzero(kept[rows] & ~(variants.stock <= 0))  # what is not counted may be there
    groups = variants.dictionary.groups[variants.sizes[chosen]]
    if variants.repeats:
        _, groups = drop_repeats(rows[chosen], groups, size)
    return np.bincount(groups, minlength=size)


def _rank(counts: NDArray[np.int64], spellings: Sequence[str], limit: int) -> list[FacetValue]:
    found = ((-int(counts[group]), spellings[group]) for group in np.flatnonzero(counts).tolist())
    return [FacetValue(value, -count) for count, value in heapq.nsmallest(limit, found)]


def _split_ranges(values: NDArray[np.float64]) -> list[FacetValue]:
    """Split numbers into ranges; equal ones stay together, so that a range can be asked for."""
    rising = np.sort(values[np.isfinite(values)])
    if not len(rising):
        return []
    places = np.arange(_RANGES) * len(rising) // _RANGES
    starts = np.unique(np.searchsorted(rising, rising[places], side="left"))
    ends = [*starts[1:], len(rising)]
    return [_build_range(rising[start:end]) for start, end in zip(starts, ends, strict=True)]


def _build_range(rising: NDArray[np.float64]) -> FacetValue:
    low, high = float(rising[0]), float(rising[-1])
    shown = write_literal(low) if low == high else f"{write_literal(low)} to {write_literal(high)}"
    return FacetValue(shown, len(rising), low, high)

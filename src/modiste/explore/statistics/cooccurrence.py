"""Which values occur together, more or less often than chance would have it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.explore.statistics.counts import entropy
from modiste.explore.statistics.incidence import list_incidences
from modiste.taxonomy import Field, Taxonomy

__all__ = ["FieldPair", "ValuePair", "compare_fields", "compute_lift", "compute_pmi", "find_cooccurrences"]

# A pair must be seen, or expected, this often before its lift says anything.
_LEAST = 5
_CHUNK = 250_000


@dataclass(frozen=True)
class ValuePair:
    """Two values, and how often they occur together.

    Args:
        first: A value of the first field.
        second: A value of the second field.
        count: Items that have both.
        expected: Items that would have both if the fields knew nothing of each other.
        lift: ``count / expected``; 1 is chance.
        pmi: Pointwise mutual information in bits, log2 of the lift; None where the count is 0.
    """

    first: str
    second: str
    count: int
    expected: float
    lift: float
    pmi: float | None


@dataclass(frozen=True)
class FieldPair:
    """How the values of two fields, or of one multi field, occur together.

    Args:
        first: A field.
        second: Another field, or the same one, if it is multi.
        items: Items that have a value in both.
        rows: The commonest values of the first field.
        columns: The commonest values of the second field.
        counts: int64 [rows, columns]: items that have both; the diagonal is 0 within one field.
        expected: float64 [rows, columns]: how many would have both if the fields knew nothing of each other.
        frequent: The pairs that occur most often.
        attracted: The pairs with the highest pointwise mutual information, seen at least five times.
        avoided: The pairs of ``rows`` and ``columns`` with the lowest lift, expected at least five times.
        information: Normalised mutual information of two single fields, 0 (independent) to 1; None for multi fields.
    """

    first: str
    second: str
    items: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: NDArray[np.int64]
    expected: NDArray[np.float64]
    frequent: tuple[ValuePair, ...]
    attracted: tuple[ValuePair, ...]
    avoided: tuple[ValuePair, ...]
    information: float | None


def compute_lift(count: float, first: float, second: float, total: float) -> float:
    """Return how much more often two values occur together than chance would have it; 1 is chance.

    Args:
        count: Items that have both.
        first: Items that have the first value.
        second: Items that have the second value.
        total: All items.

    Source: Brin, Motwani, Ullman, Tsur, "Dynamic itemset counting", 1997: P(a, b) / (P(a) P(b)).

    Example:
        >>> compute_lift(10, 20, 50, 100)
        1.0
    """
    return count * total / (first * second) if first and second else 0.0


def compute_pmi(lift: float) -> float | None:
    """Return pointwise mutual information in bits: log2 of the lift; None for a lift of 0.

    Source: Church and Hanks, "Word association norms, mutual information, and lexicography", 1990.

    Example:
        >>> compute_pmi(4.0)
        2.0
    """
    return math.log2(lift) if lift > 0 else None


def find_cooccurrences(
    items: pl.DataFrame, taxonomy: Taxonomy, *, most_fields: int = 12, largest: int = 24, listed: int = 30
) -> tuple[FieldPair, ...]:
    """Compare every two fields, and every multi field with itself.

    Args:
        items: The items of a manifest.
        taxonomy: Its fields.
        most_fields: Only the first so many fields with two or more values are compared.
        largest: Values a side of the heat map; the commonest.
        listed: Pairs a list.

    Returns:
        One result a pair of fields that have items in common; the multi fields themselves first.
    """
    chosen = [field for field in taxonomy if len(field) > 1][:most_fields]
    pairs = [(field, field) for field in chosen if field.kind == "multi"] + list(combinations(chosen, 2))
    found = {field.name: list_incidences(items, field) for field in chosen}
    results = (
        compare_fields(first, second, found[first.name], found[second.name], largest=largest, listed=listed)
        for first, second in pairs
    )
    return tuple(result for result in results if result is not None)


def compare_fields(
    first: Field, second: Field, ours: pl.DataFrame, theirs: pl.DataFrame, *, largest: int, listed: int
) -> FieldPair | None:
    """Compare two fields, or a multi field with itself.

    Args:
        first: A field.
        second: Another one, or the same.
        ours: What `list_incidences` says of the first.
        theirs: What it says of the second.
        largest: Values a side of the heat map.
        listed: Pairs a list.

    Returns:
        The comparison; None if no item has a value in both, or none has two of the same field.
    """
    within = first.name == second.name
    ours, theirs = ours.join(theirs, on="item", how="semi"), theirs.join(ours, on="item", how="semi")
    pairs = _count_pairs(ours, theirs, within=within)
    if not pairs.height:
        return None
    total = ours["item"].n_unique()
    margins = _count_values(ours), _count_values(theirs)
    single = first.kind == second.kind == "single"
    scored = _score(pairs, *margins, total)
    shown = scored.filter(pl.col("first") < pl.col("second")) if within else scored
    rows, columns = (tuple(list(margin)[:largest]) for margin in margins)
    counts = _lay_out(scored, rows, columns)
    expected = np.outer([margins[0][value] for value in rows], [margins[1][value] for value in columns]) / total
    return FieldPair(
        *(first.name, second.name, total, rows, columns, counts, expected),
        frequent=_list_pairs(shown.sort(["count", "first", "second"], descending=[True, False, False]), listed),
        attracted=_list_pairs(
            shown.filter(pl.col("count") >= _LEAST, pl.col("lift") > 1).sort(
                ["lift", "count", "first", "second"], descending=[True, True, False, False]
            ),
            listed,
        ),
        avoided=_list_avoided(counts, expected, rows, columns, listed, within=within),
        information=_normalise_information(pairs, *margins, total) if single else None,
    )


def _count_values(incidences: pl.DataFrame) -> dict[str, int]:
    """Count the values, the commonest first."""
    counts = incidences.group_by("value").len("count").sort(["count", "value"], descending=[True, False])
    return dict(counts.iter_rows())


def _count_pairs(ours: pl.DataFrame, theirs: pl.DataFrame, *, within: bool) -> pl.DataFrame:
    """Count the pairs of values, some items at a time, since the pairs of many labels are many."""
    last = int(ours["item"].max() or 0) if ours.height else -1  # type: ignore[arg-type]
    found = [
        _count_chunk(*(side.filter(pl.col("item").is_between(start, start + _CHUNK - 1)) for side in (ours, theirs)))
        for start in range(0, last + 1, _CHUNK)
    ]
    if not found:
        return pl.DataFrame(schema={"first": pl.String, "second": pl.String, "count": pl.Int64})
    # Sorted, so that what is summed over them is the same to the last digit each time.
    pairs = pl.concat(found).group_by("first", "second").agg(pl.col("count").sum()).sort("first", "second")
    return pairs.filter(pl.col("first") != pl.col("second")) if within else pairs


def _count_chunk(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    joined = ours.rename({"value": "first"}).join(theirs.rename({"value": "second"}), on="item")
    return joined.group_by("first", "second").agg(count=pl.len().cast(pl.Int64))


def _score(pairs: pl.DataFrame, ours: dict[str, int], theirs: dict[str, int], total: int) -> pl.DataFrame:
    expected = (
        pl.col("first").replace_strict(ours, return_dtype=pl.Float64)
        * pl.col("second").replace_strict(theirs, return_dtype=pl.Float64)
        / total
    )
    return pairs.with_columns(expected=expected).with_columns(lift=pl.col("count") / pl.col("expected"))


def _lay_out(scored: pl.DataFrame, rows: Sequence[str], columns: Sequence[str]) -> NDArray[np.int64]:
    counts = np.zeros((len(rows), len(columns)), np.int64)
    across, down = ({value: at for at, value in enumerate(values)} for values in (columns, rows))
    kept = scored.filter(pl.col("first").is_in(rows), pl.col("second").is_in(columns))
    for one, other, count in kept.select("first", "second", "count").iter_rows():
        counts[down[one], across[other]] = count
    return counts


def _list_pairs(scored: pl.DataFrame, listed: int) -> tuple[ValuePair, ...]:
    rows = scored.head(listed).select("first", "second", "count", "expected", "lift").iter_rows(named=True)
    return tuple(ValuePair(**row, pmi=compute_pmi(row["lift"])) for row in rows)


def _list_avoided(
    counts: NDArray[np.int64],
    expected: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    listed: int,
    *,
    within: bool,
) -> tuple[ValuePair, ...]:
    found = []
    for down, across in np.argwhere((expected >= _LEAST) & (counts < expected)):
        one, other = rows[down], columns[across]
        if not within or one < other:
            count, chance = int(counts[down, across]), float(expected[down, across])
            found.append(ValuePair(one, other, count, chance, count / chance, compute_pmi(count / chance)))
    return tuple(sorted(found, key=lambda pair: (pair.lift, -pair.expected, pair.first, pair.second))[:listed])


def _normalise_information(pairs: pl.DataFrame, ours: dict[str, int], theirs: dict[str, int], total: int) -> float:
    """Return the mutual information over the mean of both entropies, H(a) + H(b) - H(a, b) being the former."""
    alone, other = entropy(list(ours.values())), entropy(list(theirs.values()))
    mean = (alone + other) / 2
    shared = alone + other - entropy(pairs["count"].to_list())
    return min(1.0, max(0.0, shared / mean)) if mean > 0 and total else 0.0

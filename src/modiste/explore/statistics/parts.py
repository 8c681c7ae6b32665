"""Whether train, validation and test hold the same: shares of the values in each part, and how far they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.explore.statistics.incidence import list_incidences
from modiste.taxonomy import Field, Taxonomy

__all__ = ["NO_PART", "FieldParts", "PartShares", "compare_parts", "expect_distance", "sort_parts", "total_variation"]

NO_PART = "(no part)"
# Below this a difference does not matter, however sure it is.
_LEAST_DISTANCE = 0.02
_SURE = 4.0


@dataclass(frozen=True)
class PartShares:
    """One part of a data set, and how its values of one field differ from those of the other parts together.

    Args:
        part: The part's name.
        items: Its items.
        labelled: Those with a value.
        counts: How many items have each of the field's values, in the order of `FieldParts.values`.
        distance: Total variation between the part and the others together, 0 (equal) to 1; None where either is empty.
        chance: The distance that parts of these sizes would have if they were drawn at random.
        departs: Whether the distance is at least 0.02 and clearly more than chance.
        absent: Values that other parts have and this one lacks, the commonest first.
    """

    part: str
    items: int
    labelled: int
    counts: tuple[int, ...]
    distance: float | None
    chance: float | None
    departs: bool
    absent: tuple[str, ...]


@dataclass(frozen=True)
class FieldParts:
    """The parts of a data set compared in one field; ``values`` are ordered by how common they are in all of it."""

    field: str
    values: tuple[str, ...]
    parts: tuple[PartShares, ...]


def compare_parts(items: pl.DataFrame, taxonomy: Taxonomy) -> tuple[FieldParts, ...]:
    """Compare the parts of a data set field by field.

    Args:
        items: The items of a manifest; those without a split count as the part "(no part)".
        taxonomy: Its fields.

    Returns:
        One comparison a field that has values; none if there are fewer than two parts.

    Example:
        >>> items = pl.DataFrame({"split": ["train", "train", "test"], "label.a": ["x", "y", "x"]})
        >>> compared = compare_parts(items, Taxonomy((Field("a", "single", ("x", "y")),)))[0]
        >>> [(part.part, part.distance, part.absent) for part in compared.parts]
        [('train', 0.5, ()), ('test', 0.5, ('y',))]
    """
    splits = items["split"].fill_null(NO_PART)
    names = sort_parts(splits.unique().to_list())
    if len(names) < 2:
        return ()
    found = (_compare_field(items, field, splits, names) for field in taxonomy)
    return tuple(compared for compared in found if compared.values)


def sort_parts(names: Sequence[str]) -> list[str]:
    """Order parts as people name them: train, validation, test, then the others by name.

    Example:
        >>> sort_parts(["test", "control", "train"])
        ['train', 'test', 'control']
    """
    usual = ("train", "validation", "test")
    return sorted(names, key=lambda name: (usual.index(name) if name in usual else len(usual), name))


def total_variation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return half the sum of the absolute differences of two lists of shares: 0 (equal) to 1 (nothing in common).

    Args:
        first: Counts or shares, not all 0.
        second: As many.

    Example:
        >>> total_variation([1, 1], [3, 1])
        0.25
    """
    ours, theirs = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return float(np.abs(ours / ours.sum() - theirs / theirs.sum()).sum() / 2)


def expect_distance(shares: NDArray[np.float64], first: int, second: int) -> tuple[float, float]:
    """Return mean and spread of the total variation between two random samples of the same distribution.

    A difference of two observed shares is about normal with variance p (1 - p) (1/n + 1/m); the mean of its absolute
    value is sqrt(2 / pi) times its deviation, and at most 2 p, which counts where a value is rare. The spread takes
    the values as independent.

    Args:
        shares: The common distribution, [values].
        first: Size n of one sample.
        second: Size m of the other.

    Returns:
        Mean and standard deviation of the distance.

    Example:
        >>> mean, spread = expect_distance(np.array([0.5, 0.5]), 100, 100)
        >>> 0.05 < mean < 0.06 and 0 < spread < mean
        True
    """
    deviations = np.sqrt(shares * (1 - shares) * (1 / first + 1 / second))
    means = np.minimum(math.sqrt(2 / math.pi) * deviations, 2 * shares)
    spread = math.sqrt(1 - 2 / math.pi) * math.sqrt(float((deviations**2).sum()))
    return float(means.sum() / 2), spread / 2


def _compare_field(items: pl.DataFrame, field: Field, splits: pl.Series, names: Sequence[str]) -> FieldParts:
    incidences = list_incidences(items, field)
    parts = incidences.with_columns(part=splits.gather(incidences["item"]))
    totals = parts.group_by("value").len("count").sort(["count", "value"], descending=[True, False])
    values = totals["value"].to_list()
    counts = np.zeros((len(names), len(values)), np.int64)
    at = {value: place for place, value in enumerate(values)}
    for part, value, count in parts.group_by("part", "value").len().iter_rows():
        counts[names.index(part), at[value]] = count
    labelled = dict(parts.group_by("part").agg(pl.col("item").n_unique()).iter_rows())
    sizes = dict(splits.alias("part").to_frame().group_by("part").len().iter_rows())
    described = [
        _describe_part(name, sizes[name], labelled.get(name, 0), counts, row, values) for row, name in enumerate(names)
    ]
    return FieldParts(field.name, tuple(values), tuple(described))


def _describe_part(
    name: str, items: int, labelled: int, counts: NDArray[np.int64], row: int, values: list[str]
) -> PartShares:
    ours = counts[row]
    theirs = counts.sum(axis=0) - ours
    absent = tuple(value for value, here, elsewhere in zip(values, ours, theirs, strict=True) if elsewhere and not here)
    numbers = tuple(ours.tolist())
    if not ours.sum() or not theirs.sum():
        return PartShares(name, items, labelled, numbers, None, None, False, absent)
    distance = total_variation(ours.tolist(), theirs.tolist())
    shares = (ours + theirs) / (ours + theirs).sum()
    chance, spread = expect_distance(shares, int(ours.sum()), int(theirs.sum()))
    departs = distance >= max(_LEAST_DISTANCE, chance + _SURE * spread)
    return PartShares(name, items, labelled, numbers, distance, chance, departs, absent)

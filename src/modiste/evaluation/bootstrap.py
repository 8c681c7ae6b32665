"""The bootstrap: intervals of any figure, by drawing whole groups of rows again and again.

Intervals are bias-corrected percentiles, widened for few groups. The plain percentiles of macro-F1 lie too low: it
falls with every class of which a draw has too few rows, so that a draw's figure is below that of the rows it is drawn
from, as that is below the truth. ``modiste bench accept statistics`` measures how often each interval holds the truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_integers, read_truths
from modiste.evaluation.intervals import Interval, check_level, number_groups
from modiste.evaluation.metrics import macro_f1
from modiste.evaluation.multilabel import score_values

__all__ = [
    "bootstrap_interval",
    "bootstrap_macro_f1",
    "bootstrap_mean",
    "bootstrap_micro_f1",
    "bootstrap_sums",
    "paired_difference",
]

Statistic = Callable[[NDArray[np.float64]], float]
Table = NDArray[np.floating[Any]]

_AT_A_TIME = 4_000_000  # counts that are drawn at a time: 32 MB
_TINY = 1e-9  # figures that differ by less are the same, added up in another order
_SHIFT = 1.5  # the largest correction of a bias, in standard deviations; beyond it no percentile means anything


def bootstrap_interval(
    statistic: Statistic,
    rows: int,
    *,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a figure with its bootstrap interval: bias-corrected percentiles.

    Rows are drawn with replacement; with ``groups``, whole groups are, so that pictures of one product stay together
    and the interval does not pretend that they are independent. `bootstrap_sums` is faster where it can be used.

    Args:
        statistic: Row weights, float64 [rows], how often each row was drawn -> the figure. A replicate for which it
            is not a number is left out.
        rows: How many rows there are, at least 1.
        groups: [rows]; rows of equal value belong together. By default every row stands alone.
        replicates: How many draws, at least 1.
        level: How sure, in (0, 1).
        seed: The draws repeat with it.

    Raises:
        ValueError: A number is out of range or the groups are not one a row.

    Example:
        >>> hits = np.array([1.0, 0.0, 1.0, 1.0])
        >>> bootstrap_interval(lambda weights: float(weights @ hits / weights.sum()), 4).value
        0.75

    Reference:
        B. Efron, "Nonparametric standard errors and confidence intervals", Canadian Journal of Statistics 9 (1981)
        139-158, for the correction of bias; T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", The
        American Statistician 69 (2015) 371-386, for the wider percentiles of few groups.
    """
    members = _check(rows, groups, replicates)
    units = rows if members is None else int(members.max()) + 1
    figures = [
        statistic(drawn if members is None else drawn[members])
        for chunk in _draw_counts(units, replicates, seed)
        for drawn in chunk
    ]
    return _bound(float(statistic(np.ones(rows))), np.array(figures), units, level, groups is not None)


def bootstrap_sums(
    columns: ArrayLike,
    combine: Callable[[Table], Table],
    *,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a figure that is made of sums over the rows, with its bootstrap interval; all draws at once.

    Args:
        columns: float [rows, k]; what is added up.
        combine: Sums, float [..., k] -> the figures, float [...]; where one is not a number the draw is left out.
        groups: [rows]; rows of equal value are drawn together.
        replicates: How many draws, at least 1.
        level: How sure, in (0, 1).
        seed: The draws repeat with it; they are those of `bootstrap_interval`.

    Raises:
        ValueError: As `bootstrap_interval`, or the columns are not [rows, k] finite numbers.

    Example:
        >>> goals_and_games = [[3, 1], [0, 1], [2, 1], [1, 1]]
        >>> bootstrap_sums(goals_and_games, lambda sums: sums[..., 0] / sums[..., 1]).value
        1.5
    """
    table = read_floats(columns, "columns")
    if table.ndim != 2:
        raise ValueError(f"expected columns [rows, k]; given {table.shape}")
    members = _check(len(table), groups, replicates)
    if members is not None:
        table = np.stack([np.bincount(members, weights=column) for column in table.T], axis=1)
    return _bootstrap_units(table, combine, replicates, level, seed, groups is not None)


def bootstrap_mean(values: ArrayLike, *, groups: ArrayLike | None = None, **settings: Any) -> Interval:
    """Return the mean of some values with its bootstrap interval.

    Args:
        values: float [n].
        groups: [n]; rows of equal value are drawn together.
        **settings: ``replicates``, ``level`` and ``seed`` of `bootstrap_interval`.

    Raises:
        ValueError: As `bootstrap_interval`.

    Example:
        >>> str(bootstrap_mean([2.0, 2.0, 2.0]))
        '2.0000 [2.0000, 2.0000]'
    """
    column = read_floats(values, "values")
    return bootstrap_sums(np.stack([column, np.ones_like(column)], axis=1), _divide, groups=groups, **settings)


def bootstrap_macro_f1(
    truth: ArrayLike,
    answer: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return macro-F1 with its bootstrap interval.

    Each replicate averages over the classes that it drew, as `macro_f1` does: rare classes come and go, which widens
    the interval and is what their rarity means.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        groups: [n]; rows of equal value are drawn together.
        replicates: How many draws, at least 1.
        level: How sure, in (0, 1).
        seed: The draws repeat with it.

    Raises:
        ValueError: As `bootstrap_interval` and `macro_f1`.

    Example:
        >>> bootstrap_macro_f1([0, 1, 0, 1], [0, 1, 0, 1]).low
        1.0
    """
    true, given = read_integers(truth, "true classes"), read_integers(answer, "answers")
    if not len(true):
        raise ValueError("expected at least one row; given none")
    macro_f1(true, given)  # refuses what is no problem of classes
    members = _check(len(true), groups, replicates)
    units = np.arange(len(true)) if members is None else members
    table = _count_by_unit(units, true, given)
    return _bootstrap_units(table, _macro_f1, replicates, level, seed, groups is not None)


def bootstrap_micro_f1(
    truth: ArrayLike, answer: ArrayLike, *, groups: ArrayLike | None = None, **settings: Any
) -> Interval:
    """Return the micro-F1 of a field with any number of values, with its bootstrap interval.

    Args:
        truth: bool [n, values].
        answer: bool [n, values].
        groups: [n]; rows of equal value are drawn together.
        **settings: ``replicates``, ``level`` and ``seed`` of `bootstrap_interval`.

    Raises:
        ValueError: As `bootstrap_interval`, or the shapes differ or are not [n, values].

    Example:
        >>> bootstrap_micro_f1([[True, False], [True, True]], [[True, False], [True, True]]).low
        1.0
    """
    table, given = read_truths(truth, "true values"), read_truths(answer, "answers")
    score_values(table, given)  # refuses what is no problem of values
    both = table.sum(axis=1) + given.sum(axis=1)
    columns = np.stack([2 * (table & given).sum(axis=1), both], axis=1)
    return bootstrap_sums(columns, _divide, groups=groups, **settings)


def paired_difference(
    first: ArrayLike, second: ArrayLike, *, groups: ArrayLike | None = None, **settings: Any
) -> Interval:
    """Return the mean of ``first - second`` over the same rows, with its bootstrap interval.

    Args:
        first: float or bool [n]; for example whether the first system was right.
        second: float or bool [n]; the other system, on the same rows in the same order.
        groups: [n]; rows of equal value are drawn together.
        **settings: ``replicates``, ``level`` and ``seed`` of `bootstrap_interval`.

    Raises:
        ValueError: The lengths differ, or as `bootstrap_interval`.

    Example:
        >>> paired_difference([True, True], [True, False]).value
        0.5
    """
    one, two = read_floats(first, "the first figures"), read_floats(second, "the second figures")
    if one.shape != two.shape:
        raise ValueError(f"paired rows are of one length; given {one.shape} and {two.shape}")
    return bootstrap_mean(one - two, groups=groups, **settings)


def _check(rows: int, groups: ArrayLike | None, replicates: int) -> NDArray[np.int64] | None:
    if rows < 1 or replicates < 1:
        raise ValueError(f"expected at least one row and one replicate; given {rows} rows, {replicates} replicates")
    return None if groups is None else number_groups(groups, rows)


def _draw_counts(units: int, replicates: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each unit was drawn, float64 [some replicates, units]."""
    generator = np.random.default_rng(seed)
    step = max(1, _AT_A_TIME // units)
    for start in range(0, replicates, step):
        count = min(step, replicates - start)
        places = generator.integers(units, size=(count, units)) + units * np.arange(count)[:, None]
        yield np.bincount(places.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)


def _bootstrap_units(
    table: Table, combine: Callable[[Table], Table], replicates: int, level: float, seed: int, grouped: bool
) -> Interval:
    """Bootstrap sums over units, whose own sums are the rows of ``table`` [units, k]."""
    drawn = _draw_counts(len(table), replicates, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = np.concatenate([combine(counts.astype(table.dtype) @ table) for counts in drawn])
        value = float(combine(table.sum(axis=0, dtype=np.float64)))
    return _bound(value, figures.astype(np.float64), len(table), level, grouped)


def _bound(value: float, figures: NDArray[np.float64], units: int, level: float, grouped: bool) -> Interval:
    low, high = _find_ends(value, figures[np.isfinite(figures)], units, check_level(level))
    return Interval(value, low, high, level, "grouped bootstrap" if grouped else "bootstrap")


def _find_ends(value: float, figures: NDArray[np.float64], units: int, level: float) -> tuple[float, float]:
    if not len(figures):
        return float("nan"), float("nan")
    normal = NormalDist()
    tie = _TINY * max(1.0, abs(value))
    below = float((figures < value - tie).mean() + (figures <= value + tie).mean()) / 2
    shift = normal.inv_cdf(min(max(below, 1e-6), 1 - 1e-6)) if math.isfinite(value) else 0.0
    shift = min(max(shift, -_SHIFT), _SHIFT)
    wide = _widen(normal.inv_cdf((1 + level) / 2), units)
    low, high = np.quantile(figures, [normal.cdf(2 * shift - wide), normal.cdf(2 * shift + wide)])
    return min(float(low), value), max(float(high), value)


def _widen(z: float, units: int) -> float:
    """Return Student's quantile for n - 1 degrees of freedom, times the root of n / (n - 1), for a normal one.

    A draw of n units varies as if there were n - 1 of them. The quantile is Abramowitz and Stegun's series 26.7.5,
    whose error is below a thousandth from 10 degrees of freedom on.
    """
    if units < 2:
        return z
    free = units - 1
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return math.sqrt(units / free) * (z + first / free + second / free**2)


def _divide(sums: Table) -> Table:
    """Return the first of two sums over the second; 0 where the second is 0."""
    return np.asarray(np.divide(sums[..., 0], sums[..., 1], out=np.zeros(sums.shape[:-1]), where=sums[..., 1] > 0))


def _count_by_unit(units: NDArray[np.int64], true: NDArray[np.int64], given: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return hits, true rows and answered rows of each class that is true somewhere, float32 [units, 3 * classes].

    Single precision adds up whole numbers exactly, as far as 16 million.
    """
    present, place = np.unique(true, return_inverse=True)
    count, classes = int(units.max()) + 1, len(present)
    at = np.minimum(np.searchsorted(present, given), classes - 1)
    known = present[at] == given
    parts = [(place, true == given), (place, np.ones_like(known)), (at, known)]
    tables = [np.bincount(units * classes + column, weights=kept, minlength=count * classes) for column, kept in parts]
    return np.concatenate([table.reshape(count, classes) for table in tables], axis=1).astype(np.float32)


def _macro_f1(sums: Table) -> Table:
    hits, support, answered = np.split(sums, 3, axis=-1)
    scores = np.divide(2 * hits, support + answered, out=np.zeros_like(hits), where=support > 0)
    return np.asarray(scores.sum(axis=-1, dtype=np.float64) / (support > 0).sum(axis=-1))

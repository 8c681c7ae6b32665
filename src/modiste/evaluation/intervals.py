"""Intervals: Wilson's for a share of independent rows, the percentile bootstrap for everything else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_integers
from modiste.evaluation.metrics import macro_f1

__all__ = [
    "Interval",
    "bootstrap_interval",
    "bootstrap_macro_f1",
    "bootstrap_mean",
    "paired_difference",
    "wilson_interval",
]

Statistic = Callable[[NDArray[np.float64]], float]


@dataclass(frozen=True)
class Interval:
    """A figure and the interval that holds it.

    Args:
        value: The figure itself.
        low: The lower end.
        high: The upper end.
        level: How sure, in (0, 1).
        method: ``"wilson"`` or ``"bootstrap"``, and by what it was grouped.
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    method: str = "wilson"

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"

    def to_json(self) -> dict[str, Any]:
        """Return the interval as plain JSON types; a figure that is not a number becomes null."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        plain = {name: None if math.isnan(end) else round(end, 6) for name, end in ends.items()}
        return {**plain, "level": self.level, "method": self.method}


def wilson_interval(successes: int, total: int, *, level: float = 0.95) -> Interval:
    """Return a share with Wilson's score interval; it holds for independent rows.

    Args:
        successes: Between 0 and ``total``.
        total: At least 1.
        level: How sure, in (0, 1).

    Raises:
        ValueError: The counts or the level are out of range.

    Example:
        >>> str(wilson_interval(90, 100))
        '0.9000 [0.8256, 0.9448]'

    Reference:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212.
    """
    if not 0 <= successes <= total or total < 1:
        raise ValueError(f"expected 0 <= successes <= total and a total of at least 1; given {successes} of {total}")
    share, z = successes / total, _quantile_of_normal(level)
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == total else centre + half
    return Interval(share, low, high, level, "wilson")


def bootstrap_interval(
    statistic: Statistic,
    rows: int,
    *,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a figure with its percentile bootstrap interval.

    Rows are drawn with replacement; with ``groups``, whole groups are, so that pictures of one product stay together
    and the interval does not pretend that they are independent.

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
        B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 8.3 and 13.
    """
    if rows < 1 or replicates < 1:
        raise ValueError(f"expected at least one row and one replicate; given {rows} rows, {replicates} replicates")
    tail = (1 - _check_level(level)) / 2
    members = None if groups is None else _number_groups(groups, rows)
    units = rows if members is None else int(members.max()) + 1
    generator = np.random.default_rng(seed)
    figures = np.empty(replicates)
    for replicate in range(replicates):
        drawn = np.bincount(generator.integers(units, size=units), minlength=units).astype(np.float64)
        figures[replicate] = statistic(drawn if members is None else drawn[members])
    low, high = _percentiles(figures, tail)
    method = "bootstrap" if members is None else "grouped bootstrap"
    return Interval(float(statistic(np.ones(rows))), low, high, level, method)


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
    return bootstrap_interval(lambda weights: _mean(column, weights), len(column), groups=groups, **settings)


def bootstrap_macro_f1(
    truth: ArrayLike, answer: ArrayLike, *, groups: ArrayLike | None = None, **settings: Any
) -> Interval:
    """Return macro-F1 with its bootstrap interval.

    Each replicate averages over the classes that it drew, as `macro_f1` does: rare classes come and go, which widens
    the interval and is what their rarity means.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        groups: [n]; rows of equal value are drawn together.
        **settings: ``replicates``, ``level`` and ``seed`` of `bootstrap_interval`.

    Raises:
        ValueError: As `bootstrap_interval` and `macro_f1`.

    Example:
        >>> bootstrap_macro_f1([0, 1, 0, 1], [0, 1, 0, 1]).low
        1.0
    """
    true, given = read_integers(truth, "true classes"), read_integers(answer, "answers")
    return bootstrap_interval(
        lambda weights: macro_f1(true, given, weights=weights), len(true), groups=groups, **settings
    )


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


def _mean(column: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(weights @ column / weights.sum())


def _check_level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1; given {level}")
    return level


def _quantile_of_normal(level: float) -> float:
    return NormalDist().inv_cdf((1 + _check_level(level)) / 2)


def _number_groups(groups: ArrayLike, rows: int) -> NDArray[np.int64]:
    _, members = np.unique(np.asarray(groups), return_inverse=True)
    if members.shape != (rows,):
        raise ValueError(f"expected {rows} groups, one a row; given {members.shape}")
    return members.astype(np.int64)


def _percentiles(figures: NDArray[np.float64], tail: float) -> tuple[float, float]:
    finite = figures[np.isfinite(figures)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)

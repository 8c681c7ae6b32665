"""Is one system really better? Tests and intervals for two systems on the same rows, and for repeated trainings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.errors import import_extra
from modiste.evaluation.finite import read_truths
from modiste.evaluation.intervals import Interval, number_groups

__all__ = ["Comparison", "compare_five_by_two", "compare_hits", "corrected_t_interval", "t_interval"]


@dataclass(frozen=True)
class Comparison:
    """Two systems compared.

    Args:
        difference: The first one's mean figure less the second one's.
        p_value: How often chance alone would give a difference at least as large, in [0, 1].
        method: The test, for people.
        level: From which ``p_value`` down a difference is called real.
    """

    difference: float
    p_value: float
    method: str
    level: float = 0.05

    @property
    def real(self) -> bool:
        """Whether the difference is larger than chance explains, at the level."""
        return self.p_value <= self.level

    def describe(self, first: str, second: str) -> str:
        """Say in plain words which system is better.

        Example:
            >>> Comparison(0.02, 0.003, "McNemar").describe("A", "B")
            'A is better than B by 0.0200 (McNemar, p = 0.003).'
            >>> Comparison(-0.01, 0.4, "McNemar").describe("A", "B")
            'B seems better than A by 0.0100, but chance explains it (McNemar, p = 0.4).'
        """
        better, worse = (first, second) if self.difference >= 0 else (second, first)
        size, test = f"{abs(self.difference):.4f}", f"{self.method}, p = {self.p_value:.2g}"
        if self.real:
            return f"{better} is better than {worse} by {size} ({test})."
        if not self.difference:
            return f"{first} and {second} are equally good ({test})."
        return f"{better} seems better than {worse} by {size}, but chance explains it ({test})."


def compare_hits(
    first: ArrayLike, second: ArrayLike, *, groups: ArrayLike | None = None, level: float = 0.05
) -> Comparison:
    """Compare two systems by the rows that only one of them gets right (McNemar's exact test).

    The test takes what it counts to be independent. Rows of one product are not: with ``groups``, each group counts
    once, for the system that gets more of its rows right.

    Args:
        first: bool [n]; whether the first system is right.
        second: bool [n]; the second one, on the same rows in the same order.
        groups: [n]; rows of equal value belong together. By default every row stands alone.
        level: From which p-value down a difference is called real.

    Raises:
        ValueError: The lengths differ, there is no row, or the groups are not one a row.

    Example:
        >>> round(compare_hits([True] * 9 + [False], [False] * 9 + [True]).p_value, 4)
        0.0215
        >>> compare_hits([True] * 9 + [False], [False] * 9 + [True], groups=[0] * 9 + [1]).p_value
        1.0

    Reference:
        Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
        Psychometrika 12 (1947) 153-157; exact, by the binomial distribution, so that it never errs too often.
    """
    one, two = read_truths(first, "the first hits"), read_truths(second, "the second hits")
    if one.shape != two.shape or one.ndim != 1 or not len(one):
        raise ValueError(f"expected the hits of two systems on the same rows; given {one.shape} and {two.shape}")
    gains = one.astype(np.int64) - two
    if groups is not None:
        gains = np.bincount(number_groups(groups, len(gains)), weights=gains)
    only_first, only_second = int((gains > 0).sum()), int((gains < 0).sum())
    p_value = _halve_tail(min(only_first, only_second), only_first + only_second)
    return Comparison(float(one.mean() - two.mean()), p_value, "McNemar's exact test", level)


def compare_five_by_two(first: ArrayLike, second: ArrayLike, *, level: float = 0.05) -> Comparison:
    """Compare two ways of training by five repetitions of two-fold cross-validation: combined F test and corrected t.

    The p-value is the larger one of the two tests. The F test alone takes the two folds of a repetition to be
    independent, but each learns from what the other is tested on: of two equal ways to learn from a hundred rows it
    called one better in 10 of 100 simulated cases (``modiste bench accept statistics``).

    Args:
        first: float [5, 2]; the first one's figure in each fold of each repetition.
        second: float [5, 2]; the second one's, on the same folds.
        level: From which p-value down a difference is called real.

    Raises:
        ValueError: The tables are not [5, 2], or hold what is no number.
        MissingExtraError: scipy is not installed.

    Example:
        >>> folds = np.tile([0.90, 0.91], (5, 1))
        >>> compare_five_by_two(folds, folds).p_value
        1.0

    Reference:
        E. Alpaydin, "Combined 5x2cv F test for comparing supervised classification learning algorithms",
        Neural Computation 11 (1999) 1885-1892; C. Nadeau and Y. Bengio, "Inference for the Generalization Error",
        Machine Learning 52 (2003) 239-281.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != (5, 2) or two.shape != (5, 2) or not np.isfinite([one, two]).all():
        raise ValueError(f"expected two tables [5, 2] of numbers; given {one.shape} and {two.shape}")
    gaps = one - two
    spread = 2 * float(gaps.var(axis=1, ddof=0).sum() * 2)
    total = float((gaps**2).sum())
    p_value = max(_exceed_f(total, spread), _exceed_t(gaps.ravel(), test_share=0.5))
    return Comparison(float(gaps.mean()), p_value, "5x2cv F test and corrected t", level)


def t_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the mean of independent repetitions with Student's interval.

    Args:
        values: float [n], n of at least 2, such as the accuracies of trainings on different data.
        level: How sure, in (0, 1).

    Raises:
        ValueError: There are fewer than two values, or one is no number.
        MissingExtraError: scipy is not installed.

    Example:
        >>> str(t_interval([0.90, 0.92, 0.94]))
        '0.9200 [0.8703, 0.9697]'
    """
    column = _check_values(values)
    return _spread(column, math.sqrt(column.var(ddof=1) / len(column)), level, "t")


def corrected_t_interval(values: ArrayLike, *, test_share: float, level: float = 0.95) -> Interval:
    """Return the mean of repetitions whose training parts overlap, such as folds, with the corrected t interval.

    Rows that train in several repetitions make their figures alike, and Student's interval too narrow. The variance is
    taken as ``(1 / n + tested / trained)`` times that of the values.

    Args:
        values: float [n], n of at least 2, such as the differences of two systems in ten folds.
        test_share: The share of all rows that a repetition tests, in (0, 1): 0.1 for ten folds.
        level: How sure, in (0, 1).

    Raises:
        ValueError: There are fewer than two values, one is no number, or the share is out of range.
        MissingExtraError: scipy is not installed.

    Example:
        >>> str(corrected_t_interval([0.90, 0.92, 0.94], test_share=0.2))
        '0.9200 [0.8543, 0.9857]'

    Reference:
        C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003) 239-281.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"the share that is tested lies between 0 and 1; given {test_share}")
    column = _check_values(values)
    return _spread(column, _correct_error(column, test_share), level, "corrected t")


def _halve_tail(fewer: int, total: int) -> float:
    """Return the two-sided p-value of ``fewer`` heads of ``total`` throws of a fair coin."""
    tail = sum(math.exp(_log_choose(total, heads) - total * math.log(2)) for heads in range(fewer + 1))
    return min(1.0, 2 * tail)


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


def _exceed_f(total: float, spread: float) -> float:
    if not spread:
        return 1.0 if not total else 0.0
    return float(_import_stats().f.sf(total / spread, 10, 5))


def _exceed_t(gaps: NDArray[np.float64], *, test_share: float) -> float:
    """Return the two-sided p-value of differences of repetitions whose training parts overlap."""
    error, mean = _correct_error(gaps, test_share), abs(float(gaps.mean()))
    if not error:
        return 1.0 if not mean else 0.0
    return float(2 * _import_stats().t.sf(mean / error, len(gaps) - 1))


def _correct_error(column: NDArray[np.float64], test_share: float) -> float:
    """Return the standard error of the mean of repetitions that train on some of the same rows."""
    factor = 1 / len(column) + test_share / (1 - test_share)
    return math.sqrt(float(column.var(ddof=1)) * factor)


def _spread(column: NDArray[np.float64], error: float, level: float, method: str) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1; given {level}")
    mean = float(column.mean())
    half = float(_import_stats().t.ppf((1 + level) / 2, len(column) - 1)) * error
    return Interval(mean, mean - half, mean + half, level, method)


def _check_values(values: ArrayLike) -> NDArray[np.float64]:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or len(column) < 2 or not np.isfinite(column).all():
        raise ValueError(f"expected at least two numbers, one a repetition; given {column.tolist()}")
    return column


def _import_stats() -> Any:
    return import_extra("scipy.stats", purpose="Student's and Fisher's distributions", extra="report")

"""Intervals of shares: Wilson's for independent rows, and the same for rows that belong together in groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_truths

__all__ = ["Interval", "check_level", "number_groups", "share_interval", "wilson_interval"]


@dataclass(frozen=True)
class Interval:
    """A figure and the interval that holds it.

    Args:
        value: The figure itself.
        low: The lower end.
        high: The upper end.
        level: How sure, in (0, 1).
        method: ``"wilson"``, ``"bootstrap"`` or ``"t"``, and by what it was grouped or corrected.
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
    return _wilson(successes / total, total, check_level(level), "wilson")


def share_interval(hits: ArrayLike, *, groups: ArrayLike | None = None, level: float = 0.95) -> Interval:
    """Return the share of rows that are true, with Wilson's interval for as many rows as they are worth.

    Rows of one group, such as pictures of one product, are right and wrong together; ten of them may say as much as
    two independent rows. The number of rows is divided by the design effect: the variance of the share between groups
    over that of independent rows, at least 1. Where all rows are equal that variance is not known, and the groups count
    as if their rows were copies.

    Args:
        hits: bool [n].
        groups: [n]; rows of equal value belong together. By default every row stands alone: `wilson_interval`.
        level: How sure, in (0, 1).

    Raises:
        ValueError: There is no row, the groups are not one a row, or the level is out of range.

    Example:
        >>> str(share_interval([True] * 90 + [False] * 10))
        '0.9000 [0.8256, 0.9448]'
        >>> str(share_interval([True] * 90 + [False] * 10, groups=[row // 2 for row in range(100)]))
        '0.9000 [0.7850, 0.9569]'

    Reference:
        E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data", Survey Methodology 24 (1998) 193-201, for the effective number of rows.
    """
    right = read_truths(hits, "hits")
    if right.ndim != 1 or not len(right):
        raise ValueError(f"expected hits [n], n of at least 1; given {right.shape}")
    members = None if groups is None else number_groups(groups, len(right))
    if members is None or members.max() + 1 == len(right):
        return wilson_interval(int(right.sum()), len(right), level=level)
    worth = _count_effective(right, members)
    return _wilson(float(right.mean()), worth, check_level(level), "grouped wilson")


def check_level(level: float) -> float:
    """Return a level that lies between 0 and 1; ValueError for any other."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1; given {level}")
    return level


def number_groups(groups: ArrayLike, rows: int) -> NDArray[np.int64]:
    """Return the group of each row as a number from 0 on; ValueError where they are not one a row."""
    _, members = np.unique(np.asarray(groups), return_inverse=True)
    if members.shape != (rows,):
        raise ValueError(f"expected {rows} groups, one a row; given {members.shape}")
    return members.astype(np.int64)


def _wilson(share: float, total: float, level: float, method: str) -> Interval:
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if share == 0 else centre - half
    high = 1.0 if share == 1 else centre + half
    return Interval(share, low, high, level, method)


def _count_effective(right: NDArray[np.bool_], members: NDArray[np.int64]) -> float:
    """Return how many independent rows are worth as much, at most as many as there are."""
    sizes, hits = np.bincount(members), np.bincount(members, weights=right)
    rows, share, units = len(right), right.mean(), len(sizes)
    if share in (0, 1) or units == 1:
        return float(rows**2 / (sizes @ sizes))
    between = units / (units - 1) * float(((hits - share * sizes) ** 2).sum()) / rows**2
    return min(float(rows), float(share * (1 - share)) / between) if between else float(rows)

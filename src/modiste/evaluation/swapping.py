"""Is the difference of a figure that is no mean over rows, such as F1, more than chance? A test by swapping answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.comparison import Comparison
from modiste.evaluation.finite import read_floats
from modiste.evaluation.intervals import number_groups

__all__ = ["compare_sums"]

_CELLS: Final = 4_000_000  # of the table of swaps that is held at a time
_ROUNDING: Final = 1e-12

Table = NDArray[np.float64]


def compare_sums(
    first: ArrayLike,
    second: ArrayLike,
    combine: Callable[[Table], NDArray[np.floating[Any]]],
    *,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.05,
) -> Comparison:
    """Compare two systems by a figure that is made of sums over the rows: the approximate randomisation test.

    Were the systems equal, it would not matter which one said what of a row. So what they said is swapped, for each
    row (or group of rows) or not as a coin falls, and it is counted how often the figures are then at least as far
    apart as they are.

    Args:
        first: float [n, k]; each row's part of the first system's sums.
        second: float [n, k]; the second one's, on the same rows in the same order.
        combine: Sums, float [..., k] -> the figures, float [...].
        groups: [n]; rows of equal value are swapped together. By default every row stands alone.
        replicates: How many draws; the smallest p-value is 1 / (replicates + 1).
        seed: The draws repeat with it.
        level: From which p-value down a difference is called real.

    Raises:
        ValueError: The tables differ in their shape, are not [n, k], or hold what is no number; there is no row; the
            groups are not one a row.

    Example:
        >>> always, never = [[1, 1]] * 20, [[0, 1]] * 20
        >>> compare_sums(always, never, lambda sums: sums[..., 0] / sums[..., 1]).p_value < 0.01
        True
        >>> compare_sums(always, always, lambda sums: sums[..., 0] / sums[..., 1]).p_value
        1.0

    Reference:
        E. W. Noreen, "Computer-Intensive Methods for Testing Hypotheses", Wiley 1989; A. Yeh, "More accurate tests for
        the statistical significance of result differences", COLING 2000, 947-953.
    """
    one, two = read_floats(first, "the first sums"), read_floats(second, "the second sums")
    if one.shape != two.shape or one.ndim != 2 or not len(one) or replicates < 1:
        raise ValueError(f"expected two tables [n, k] of the same rows and a draw; given {one.shape} and {two.shape}")
    if groups is not None:
        members = number_groups(groups, len(one))
        one, two = (_add_up(table, members) for table in (one, two))
    gap = float(combine(one.sum(axis=0)) - combine(two.sum(axis=0)))
    further = _count_further(one, two, combine, abs(gap) - _ROUNDING, replicates, np.random.default_rng(seed))
    return Comparison(gap, (further + 1) / (replicates + 1), "approximate randomisation", level)


def _add_up(table: Table, members: NDArray[np.int64]) -> Table:
    return np.stack([np.bincount(members, weights=column) for column in table.T], axis=1)


def _count_further(
    one: Table,
    two: Table,
    combine: Callable[[Table], NDArray[np.floating[Any]]],
    gap: float,
    replicates: int,
    rng: np.random.Generator,
) -> int:
    whole, change = one.sum(axis=0) + two.sum(axis=0), two - one
    further, at_once = 0, max(1, _CELLS // len(one))
    for start in range(0, replicates, at_once):
        swaps = rng.random((min(at_once, replicates - start), len(one))) < 0.5
        sums = one.sum(axis=0) + swaps.astype(np.float64) @ change
        further += int((np.abs(combine(sums) - combine(whole - sums)) >= gap).sum())
    return further

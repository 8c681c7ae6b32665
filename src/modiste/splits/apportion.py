"""Whole numbers out of shares: a total divided among parts, and a table whose rows and columns both add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["apportion", "round_table"]

_SLACK = 1e-6  # a share of 0.1 of 50 is 5, not 5.000000000000001


def apportion(total: int, shares: Sequence[float]) -> NDArray[np.int64]:
    """Divide a number by the method of the largest remainders (Hamilton); of equal ones the later part's is larger.

    Args:
        total: What is divided, 0 or more.
        shares: They add up to 1.

    Returns:
        int64 [parts], which adds up to ``total``.

    Example:
        >>> apportion(44446, [0.7, 0.1, 0.1, 0.1]).tolist()
        [31112, 4444, 4445, 4445]
    """
    wanted = total * np.asarray(shares, dtype=np.float64)
    whole = np.floor(wanted + _SLACK).astype(np.int64)
    remainders = np.round(wanted - whole, 6)
    order = np.lexsort((-np.arange(len(whole)), -remainders))
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def round_table(wanted: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round a table up or down, cell by cell, so that its rows and columns add up to given whole numbers.

    A column may miss its number only where no such table exists, which never happens if each number is the column's
    own sum, rounded up or down.

    Args:
        wanted: [rows, columns], 0 or more; each row adds up to its number.
        rows: int64 [rows]; what each row adds up to.
        columns: int64 [columns]; what each column adds up to.

    Returns:
        int64 [rows, columns]; each cell is the floor or the ceiling of the one wanted.

    Example:
        >>> round_table(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([1, 1]), np.array([1, 1])).sum(axis=0).tolist()
        [1, 1]
    """
    table = np.floor(wanted + _SLACK).astype(np.int64)
    may_rise = wanted - table > _SLACK
    raised = np.zeros(table.shape, dtype=np.bool_)
    missing = columns - table.sum(axis=0)
    surplus = rows - table.sum(axis=1)
    for row in np.lexsort((np.arange(len(rows)), -surplus)):
        for _ in range(int(surplus[row])):
            _raise_one(int(row), may_rise, raised, missing)
    return np.asarray(table + raised)


def _raise_one(row: int, may_rise: NDArray[np.bool_], raised: NDArray[np.bool_], missing: NDArray[np.int64]) -> None:
    """Raise one more cell of a row, moving the raised cells of other rows aside along an augmenting path."""
    free = np.flatnonzero(may_rise[row] & ~raised[row])
    column = int(free[np.argmax(missing[free])])
    if missing[column] > 0:
        raised[row, column] = True
        missing[column] -= 1
        return
    came_from: dict[int, tuple[int, int]] = {int(start): (row, -1) for start in free}
    queue = [int(start) for start in free]
    while queue:
        column = queue.pop(0)
        if missing[column] > 0:
            break
        for other in np.flatnonzero(raised[:, column]):
            for target in np.flatnonzero(may_rise[other] & ~raised[other]):
                if int(target) not in came_from:
                    came_from[int(target)] = (int(other), column)
                    queue.append(int(target))
    else:
        column = int(free[0])
    missing[column] -= 1
    while column >= 0:
        at, before = came_from[column]
        raised[at, column] = True
        if before >= 0:
            raised[at, before] = False
        column = before

"""Groups of items that belong together: joined pair by pair, or by equal keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["join_groups", "join_pairs", "list_members", "rank_items"]


def join_pairs(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number rows so that rows which a chain of pairs connects share a number (union-find).

    Args:
        count: How many rows there are.
        pairs: int64 [pairs, 2] of rows.

    Returns:
        int64 [count]: the smallest row of each group.

    Example:
        >>> join_pairs(4, np.array([[2, 3], [0, 3]])).tolist()
        [0, 1, 0, 0]
    """
    parents = list(range(count))

    def find(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return row

    for left, right in pairs.tolist():
        low, high = sorted((find(left), find(right)))
        parents[high] = low
    return np.array([find(row) for row in range(count)], np.int64)


def join_groups(*numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group rows that share their number in any of several groupings.

    Args:
        numbers: Groupings, at least one, int64 [n] each.

    Returns:
        int64 [n]: the smallest row of each group.

    Example:
        >>> join_groups(np.array([7, 7, 8, 9]), np.array([0, 1, 1, 2])).tolist()
        [0, 0, 0, 3]
    """
    links = []
    for column in numbers:
        _, first, inverse = np.unique(column, return_index=True, return_inverse=True)
        links.append(np.stack([first[inverse], np.arange(len(column))], axis=1))
    return join_pairs(len(numbers[0]), np.concatenate(links))


def list_members(groups: NDArray[np.int64]) -> list[list[int]]:
    """Return the rows of each group that has more than one, the groups in the order of their first row.

    Example:
        >>> list_members(np.array([0, 1, 0, 3]))
        [[0, 2]]
    """
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(row)
    return [rows for rows in members.values() if len(rows) > 1]


def rank_items(pixels: NDArray[np.int64], labelled: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each row's place among copies: the largest picture first, then the most labels, then the order.

    Args:
        pixels: int64 [n]; width times height.
        labelled: int64 [n]; how many fields have a label.

    Example:
        >>> rank_items(np.array([10, 20, 20]), np.array([3, 1, 2])).tolist()
        [2, 1, 0]
    """
    order = np.lexsort((np.arange(len(pixels)), -labelled, -pixels))
    places = np.empty(len(pixels), np.int64)
    places[order] = np.arange(len(pixels))
    return places

"""Groups of rows that must not be torn apart: those that share a product, a title or a picture, directly or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["connect_rows", "group_rows"]


def group_rows(keys: Sequence[str | None]) -> NDArray[np.int64]:
    """Number rows so that equal keys share a number; a row without a key stands alone.

    Args:
        keys: [n]; titles or product ids.

    Returns:
        int64 [n].

    Example:
        >>> group_rows(["shirt", None, "shirt", None]).tolist()
        [0, 1, 0, 2]
    """
    numbers: dict[str | int, int] = {}
    labels = [row if key is None else key.strip() for row, key in enumerate(keys)]
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def connect_rows(columns: Sequence[Sequence[str | None]]) -> NDArray[np.int64]:
    """Number rows so that those which share a key in any column, directly or by way of others, share a number.

    Args:
        columns: Each [n]: titles, product ids, digests of pictures. Equal keys are compared less the blanks around
            them; null is like no other key.

    Returns:
        int64 [n]; the connected components, numbered by their first row.

    Raises:
        ValueError: There is no column, or they differ in length.

    Example:
        >>> connect_rows([["shirt", "shirt", "shoe", None], ["a", "b", "b", None]]).tolist()
        [0, 0, 0, 1]
    """
    if not columns or len({len(column) for column in columns}) > 1:
        raise ValueError(f"expected one or more columns of one length; given {[len(column) for column in columns]}")
    above = list(range(len(columns[0])))  # a forest: each row knows one above it, the topmost is the first row
    for column in columns:
        numbers = group_rows(column)
        _, first = np.unique(numbers, return_index=True)
        for row, leader in enumerate(first[numbers].tolist()):
            if leader != row:
                _join(above, row, leader)
    tops = np.array([_find_top(above, row) for row in range(len(above))], dtype=np.int64)
    return np.unique(tops, return_inverse=True)[1].astype(np.int64)


def _find_top(above: list[int], row: int) -> int:
    while above[row] != row:
        above[row] = above[above[row]]  # halves the path for whoever comes next
        row = above[row]
    return row


def _join(above: list[int], row: int, other: int) -> None:
    tops = _find_top(above, row), _find_top(above, other)
    above[max(tops)] = min(tops)

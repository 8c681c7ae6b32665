"""What a split moves as a whole: single items, or groups of items that must stay together; with all their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.splits.hashing import order_ids

__all__ = ["Units", "build_units"]


@dataclass(frozen=True)
class Units:
    """Units and how often each has each label, as a sparse table.

    Args:
        sizes: int64 [n]; the items of each unit.
        starts: int64 [n + 1]; the entries of unit ``i`` are those from ``starts[i]`` to before ``starts[i + 1]``.
        labels: int64 [entries]; ascending within a unit.
        counts: int64 [entries]; how many of the unit's items have the label, 1 or more.
        width: How many labels there are.
        unit_of_item: int64 [items].
    """

    sizes: NDArray[np.int64]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    counts: NDArray[np.int64]
    width: int
    unit_of_item: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def totals(self) -> NDArray[np.int64]:
        """int64 [width]; how many items have each label."""
        return np.bincount(self.labels, weights=self.counts, minlength=self.width).astype(np.int64)

    @property
    def owners(self) -> NDArray[np.int64]:
        """int64 [entries]; the unit of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def build_units(
    item_ids: Sequence[str],
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    width: int,
    *,
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> Units:
    """Make units in an order that follows from the ids alone.

    Args:
        item_ids: [items], each once.
        rows: int64 [pairs]; with ``labels``, the pairs of item and label, each once.
        labels: int64 [pairs], below ``width``.
        width: How many labels there are.
        seed: Another seed gives an unrelated order.
        groups: int64 [items]; items of one number stay together. By default every item is a unit.

    Returns:
        The units, sorted by the smallest hash of their items' ids.

    Example:
        >>> pairs = np.array([0, 1]), np.array([0, 0])
        >>> units = build_units(["a", "b", "c"], *pairs, 1, seed=0, groups=np.array([4, 4, 9]))
        >>> sorted(zip(units.sizes.tolist(), np.diff(units.starts).tolist()))
        [(1, 0), (2, 1)]
    """
    order = np.argsort(order_ids(item_ids, seed=seed), kind="stable")
    keys = np.arange(len(order)) if groups is None else groups
    unit_of_item = _number_by_first(keys, order)
    sizes = np.bincount(unit_of_item)
    cells, counts = np.unique(unit_of_item[rows] * width + labels, return_counts=True)
    owners = cells // max(width, 1)
    starts = np.searchsorted(owners, np.arange(len(sizes) + 1))
    return Units(sizes, starts, cells % max(width, 1), counts.astype(np.int64), width, unit_of_item)


def _number_by_first(keys: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the keys by their first place in an order: int64 [items]."""
    _, first, codes = np.unique(keys[order], return_index=True, return_inverse=True)
    ranks = np.empty(len(first), dtype=np.int64)
    ranks[np.argsort(first)] = np.arange(len(first))
    numbers = np.empty(len(keys), dtype=np.int64)
    numbers[order] = ranks[codes]
    return numbers

"""Which pictures an epoch shows, in which order: a function of the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

__all__ = ["EpochBatches", "balance_items", "take_fraction", "take_rarest"]


class EpochBatches(Sampler[list[int]]):
    """Batches of picture positions: every item once (or drawn by weight), one of its pictures at random.

    Args:
        owner: int64 [pictures], the item that each picture shows; -1: a picture that takes no part.
        items: The items that take part; those without a picture are left out.
        batch_size: Pictures a batch; a smaller rest is left out, as it would change the step's statistics.
        seed: Together with ``epoch`` it decides everything: a resumed training sees what it would have seen.
        epoch: The epoch, from 0.
        weights: float [items], chance of each item to be drawn with replacement; None: each exactly once.
    """

    def __init__(
        self,
        owner: NDArray[np.int64],
        items: NDArray[np.int64],
        *,
        batch_size: int,
        seed: int,
        epoch: int,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._order = np.argsort(owner, kind="stable")
        self._start = np.searchsorted(owner[self._order], np.arange(items.max() + 2))
        shown = self._start[items + 1] > self._start[items]
        self._items = items[shown]
        self._batch_size = min(batch_size, len(self._items))
        self._seed = (seed, epoch)
        self._weights = None if weights is None else weights[shown] / weights[shown].sum()

    def __len__(self) -> int:
        return len(self._items) // self._batch_size

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng(self._seed)
        if self._weights is None:
            items = rng.permutation(self._items)
        else:
            items = rng.choice(self._items, size=len(self._items), p=self._weights)
        first, stop = self._start[items], self._start[items + 1]
        pictures = self._order[first + (rng.random(len(items)) * (stop - first)).astype(np.int64)]
        for batch in range(len(self)):
            yield pictures[batch * self._batch_size : (batch + 1) * self._batch_size].tolist()


def balance_items(targets: NDArray[np.uint8], *, power: float) -> NDArray[np.float64]:
    """Return the chance of each item, in proportion to the count of its value to the power of ``-power``.

    Args:
        targets: [n, values] of one single field; a row without a value gets the chance of the commonest one.
        power: 1: every value is drawn equally often; 0: every item is.

    Example:
        >>> balance_items(np.array([[1, 0], [1, 0], [0, 1]], dtype=np.uint8), power=1.0).tolist()
        [0.25, 0.25, 0.5]
    """
    counts = targets.sum(axis=0, dtype=np.float64)
    by_value = np.maximum(counts, 1) ** -power
    weights = targets @ by_value
    weights[weights == 0] = by_value[np.argmax(counts)]
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def take_rarest(targets: NDArray[np.uint8], items: NDArray[np.int64], *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return as many of some items of every value as the rarest value has, sorted; other ones each epoch.

    Args:
        targets: [n, values] of one single field; an item without a value is never taken.
        items: Positions to take from.
        seed: Together with ``epoch`` it decides which.
        epoch: The epoch, from 0.

    Example:
        >>> take_rarest(np.array([[1, 0], [1, 0], [0, 1]], dtype=np.uint8), np.arange(3), seed=0, epoch=0)
        array([0, 2])
    """
    shuffled = np.random.default_rng((seed, epoch)).permutation(items)
    members = [shuffled[targets[shuffled, value] > 0] for value in range(targets.shape[1])]
    fewest = min((len(rows) for rows in members if len(rows)), default=0)
    return np.sort(np.concatenate([rows[:fewest] for rows in members]))


def take_fraction(count: int, fraction: float, *, seed: int) -> NDArray[np.int64]:
    """Return a random share of the positions below ``count``, sorted; a larger share contains every smaller one."""
    order = np.random.default_rng((seed, count)).permutation(count)
    return np.sort(order[: max(1, round(fraction * count))])

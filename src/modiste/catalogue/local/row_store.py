"""The rows that searches run over: they are appended and die, and never move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.local.cache import Base

__all__ = ["RowStore"]

Rows = NDArray[np.int64]

_LARGEST: Final = 1 << 36  # keys are given in turn: a larger one is damage, and masks by key stay within memory


class RowStore:
    """Items by row, from a base on.

    Arrays that were handed out stay as they were: what is appended lies behind them, and who dies does so in a copy.

    Args:
        base: The rows to start from.
    """

    def __init__(self, base: Base) -> None:
        _check_keys(base.keys)
        self.base = base
        self.seq = base.seq
        self.ids = base.ids
        self.size = len(base.keys)
        self.alive: NDArray[np.bool_] = np.ones(self.size, np.bool_)
        self.living = self.size
        self._keys = np.empty(len(base.room), np.int64)
        self._keys[: self.size] = base.keys
        self._first = _sort(self.keys)
        self._later = _sort(self.keys[:0])

    @property
    def keys(self) -> Rows:
        """The key of each row, int64 [n]; a key whose vector changed comes again."""
        return self._keys[: self.size]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The vector of each row, float32 [n, d]."""
        return self.base.room[: self.size]

    @property
    def room(self) -> int:
        """How many rows can still be appended."""
        return len(self._keys) - self.size

    def find(self, keys: Rows) -> Rows:
        """Find the living rows [m] of some keys [m]; -1 where there is none."""
        rows = _look_up(*self._first, keys)
        if len(self._later[0]):
            later = _look_up(*self._later, keys)
            rows = np.where(later >= 0, later + len(self.base.keys), rows)
        dead = rows >= 0
        dead[dead] = ~self.alive[rows[dead]]
        rows[dead] = -1
        return rows

    def append(self, keys: Sequence[int], ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Append rows; rows that the same items had before die."""
        added = np.array(keys, np.int64)
        _check_keys(added)
        self.kill(added)
        first, last = self.size, self.size + len(added)
        self._keys[first:last] = added
        self.base.room[first:last] = vectors
        self.ids.extend(ids)
        self.size = last
        self.alive = np.concatenate([self.alive, np.ones(len(added), np.bool_)])
        self.living += len(added)
        self._later = _sort(self._keys[len(self.base.keys) : last])

    def kill(self, keys: Rows) -> None:
        """Let the rows of some items die."""
        rows = self.find(keys)
        rows = rows[rows >= 0]
        if len(rows):
            self.alive = self.alive.copy()
            self.alive[rows] = False
            self.living -= len(rows)


def _check_keys(keys: Rows) -> None:
    if len(keys) and not 0 < keys.min() <= keys.max() < _LARGEST:
        raise ValueError(f"keys of items reach from {keys.min()} to {keys.max()}")


def _sort(keys: Rows) -> tuple[Rows, Rows]:
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _look_up(keys: Rows, order: Rows, wanted: Rows) -> Rows:
    """Return where keys stand; of those that come several times, the last place."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    places = np.searchsorted(keys, wanted, side="right") - 1
    found = keys[places] == wanted  # a place of -1 is the last key, which is larger
    return np.where(found, order[places], -1)

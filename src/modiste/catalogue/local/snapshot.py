"""What a reader sees: one state of the catalogue, which stays as it is while the next one is made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters import Filter, evaluate_filter
from modiste.catalogue.index import MergedIndex, VectorIndex
from modiste.catalogue.local.columns import Columns
from modiste.catalogue.local.database import StoredHead
from modiste.catalogue.local.texts import GrowingTexts

__all__ = ["Snapshot"]

_REMEMBERED = 16


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The items of a catalogue after one transaction, by row.

    Rows are in the order in which vectors were written, so that readers who came at different times break ties alike.

    Args:
        stored: What the catalogue said of itself.
        item_keys: int64 [n].
        ids: The id of each row, and of rows that came later.
        vectors: float32 [n, d].
        alive: bool [n]; False where an item was removed, or has another row since its vector changed.
        living: How many rows are alive.
        base: The index of the first rows.
        columns: Those that were asked for.
    """

    stored: StoredHead
    item_keys: NDArray[np.int64]
    ids: GrowingTexts
    vectors: NDArray[np.float32]
    alive: NDArray[np.bool_]
    living: int
    base: VectorIndex
    columns: Columns

    def __len__(self) -> int:
        return len(self.item_keys)

    @cached_property
    def index(self) -> VectorIndex:
        """The index of all rows."""
        whole = self.base.size == len(self) == self.living
        return self.base if whole else MergedIndex(self.base, self.vectors, self.alive)

    def keep(self, where: Filter | None) -> NDArray[np.bool_]:
        """Say which living rows [n] a filter keeps.

        Raises:
            FilterError: It does not fit the columns.
        """
        if where is None:
            return self.alive
        masks = self._masks
        if where not in masks:
            if len(masks) >= _REMEMBERED:
                masks.clear()
            masks[where] = evaluate_filter(where, self.columns) & self.alive
        return masks[where]

    @cached_property
    def _masks(self) -> dict[Filter, NDArray[np.bool_]]:
        return {}

"""Keeping the columns of a catalogue in step with its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.columns import ColumnKind
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local.column_cache import load_cached_columns, save_columns
from modiste.catalogue.local.columns import (
    Columns,
    ColumnSet,
    list_kinds,
    load_columns,
    rearrange_columns,
    update_columns,
)
from modiste.catalogue.local.database import StoredHead
from modiste.catalogue.local.reading import read_items
from modiste.catalogue.local.row_store import RowStore

__all__ = ["ColumnFollower"]

_LEAST: Final = 2000
_SHARE: Final = 0.1  # of the rows: when more than that changed, columns are read anew


class ColumnFollower:
    """Holds the columns that were ever asked for, as of one transaction.

    Args:
        connection: To read with, within a transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._seq = -1
        self._columns = Columns(0, {})
        self._fields: frozenset[str] = frozenset()
        self._alive = np.empty(0, np.bool_)

    def reset(self) -> None:
        """Forget all: rows have other numbers now."""
        self._seq, self._columns = -1, Columns(0, {})

    def move(self, old: RowStore, new: RowStore) -> None:
        """Take the columns along from one numbering of the rows to another one of the same history."""
        columns = self._columns
        source = np.where(new.alive, old.find(new.keys), -1)
        source[source >= len(columns)] = -1  # changed since the columns were last brought up to date, as they will be
        self._columns = Columns(new.size, columns.kinds, rearrange_columns(columns.built, source))
        self._alive = new.alive

    def has(self, seq: int, names: Sequence[str]) -> bool:
        """Say whether some columns are there as of a transaction."""
        kinds = self._columns.kinds
        return self._seq == seq and all(_stand_in(name) in self._columns.built or name not in kinds for name in names)

    def present(self, seq: int) -> Columns:
        """Return the columns if they are as of a transaction, or else none."""
        return self._columns if self._seq == seq else Columns(0, {})

    def follow(self, stored: StoredHead, rows: RowStore, names: Sequence[str]) -> None:
        """Bring what is there up to date, and build what is missing of some columns; unknown names are passed over."""
        kinds, fields = list_kinds(self._connection, stored.head.taxonomy.names)
        built = self._columns.built
        if self._seq != stored.seq:
            built = self._update(kinds, fields, rows) if built else {}
        missing = [name for name in names if name in kinds and _stand_in(name) not in built]
        if missing:
            built = built | self._load(missing, kinds, fields, stored, rows)
        self._columns, self._fields, self._seq = Columns(rows.size, kinds, built), fields, stored.seq
        self._alive = rows.alive

    def _load(
        self,
        names: Sequence[str],
        kinds: Mapping[str, ColumnKind],
        fields: frozenset[str],
        stored: StoredHead,
        rows: RowStore,
    ) -> ColumnSet:
        """Read columns that lie beside the cached state, and gather the others; those are then put there as well."""
        base = rows.base
        state = {
            "catalogue": stored.catalogue,
            "generation": stored.generation,
            "seq": base.seq,
            "rows": len(base.keys),
        }
        state["fields"] = sorted(fields)
        found: ColumnSet = {}
        if base.folder is not None:
            wanted = dict.fromkeys(map(_stand_in, names))
            found = load_cached_columns(base.folder, wanted, len(base.keys), state)
            found = self._bring(found, base.seq, np.ones(len(base.keys), np.bool_), kinds, fields, rows)
        rest = [name for name in names if _stand_in(name) not in found]
        if not rest:
            return found
        gathered = load_columns(self._connection, rest, kinds, fields, rows.find, rows.size)
        if base.folder is not None and stored.seq == base.seq:
            save_columns(base.folder, gathered, state)
        return found | gathered

    def _update(self, kinds: Mapping[str, ColumnKind], fields: frozenset[str], rows: RowStore) -> ColumnSet:
        if fields != self._fields:
            return {}
        return self._bring(self._columns.built, self._seq, self._alive, kinds, fields, rows)

    def _bring(
        self,
        columns: ColumnSet,
        seq: int,
        alive: NDArray[np.bool_],
        kinds: Mapping[str, ColumnKind],
        fields: frozenset[str],
        rows: RowStore,
    ) -> ColumnSet:
        """Bring columns as of a transaction, in which some rows lived, up to date; none if too much has changed."""
        if not columns:
            return {}
        query = "SELECT item_key FROM items WHERE seq > ?"
        keys = [key for (key,) in self._connection.execute(query, (seq,))]
        if len(keys) > max(_LEAST, _SHARE * rows.size):
            return {}
        items = read_items(self._connection, keys)
        places = rows.find(np.array(list(items), np.int64)).tolist()
        died = alive & ~rows.alive[: len(alive)]
        changed: dict[int, CatalogueItem | None] = dict.fromkeys(np.flatnonzero(died).tolist())
        changed |= {place: item for place, item in zip(places, items.values(), strict=True) if place >= 0}
        return update_columns(columns, kinds, fields, changed, rows.size)


def _stand_in(name: str) -> str:
    return "size" if name == "stock" else name

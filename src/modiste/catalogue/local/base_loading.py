"""Where rows start from: a cached state with its index, or the tables."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

import numpy as np

from modiste.catalogue.index import ExactIndex, VectorIndex, load_index
from modiste.catalogue.local.cache import INDEX, Base, clear_cache, find_cache, list_caches, read_rows, write_cache
from modiste.catalogue.local.database import StoredHead
from modiste.catalogue.local.row_store import RowStore
from modiste.catalogue.local.texts import GrowingTexts
from modiste.errors import CatalogueError

__all__ = ["LEAST_CACHED", "has_index", "is_outdated", "load_base", "load_base_index"]

LEAST_CACHED: Final = 4096  # fewer rows are read from the database faster than they are worth a file
_SPARE: Final = 1024


def load_base(folder: Path, connection: sqlite3.Connection, stored: StoredHead, *, afresh: bool = False) -> Base:
    """Load the rows to start from.

    Args:
        folder: The catalogue.
        connection: Within a transaction.
        stored: What the catalogue says in it.
        afresh: Pass over what is cached.
    """
    base = None if afresh else find_cache(folder, connection, stored)
    if base is not None:
        return base
    (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    if count >= LEAST_CACHED and write_cache(folder, connection) is not None:
        base = find_cache(folder, connection, stored)
    if base is None:
        return _read_base(connection, stored, count)
    clear_cache(folder, keep=base.folder)
    return base


def load_base_index(rows: RowStore) -> VectorIndex | None:
    """Load the index beside a cached state; None if there is none that is whole."""
    folder = rows.base.folder
    if folder is None or not (folder / INDEX).exists():
        return None
    try:
        return load_index(folder / INDEX, rows.base.room[: len(rows.base.keys)])
    except (CatalogueError, OSError):
        with contextlib.suppress(OSError):
            (folder / INDEX).unlink()
        return None


def has_index(folder: Path | None) -> bool:
    """Say whether an index file lies in a cached state."""
    return folder is not None and (folder / INDEX).exists()


def is_outdated(folder: Path, rows: RowStore, base: VectorIndex) -> bool:
    """Say whether somebody has written a state with an index, or an index, that is better than what is in use."""
    newest = next(iter(list_caches(folder)), None)
    if newest is None:
        return False
    if newest == rows.base.folder:
        return isinstance(base, ExactIndex) and has_index(newest)
    return has_index(newest) or rows.size - rows.living > rows.size // 5


def _read_base(connection: sqlite3.Connection, stored: StoredHead, count: int) -> Base:
    size = stored.head.embedding_size
    room = np.empty((2 * count + _SPARE, size), np.float32)
    keys: list[int] = []
    ids: list[str] = []
    for more, names, vectors in read_rows(connection, size):
        room[len(keys) : len(keys) + len(more)] = vectors
        keys += more
        ids += names
    return Base(stored.seq, np.array(keys, np.int64), GrowingTexts.pack(ids), room, None)

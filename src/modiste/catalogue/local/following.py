"""Following a catalogue that others change: each look is one pragma, and what changed is read and nothing else."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index import ExactIndex, VectorIndex
from modiste.catalogue.local.base_loading import is_outdated, load_base, load_base_index
from modiste.catalogue.local.column_follower import ColumnFollower
from modiste.catalogue.local.database import StoredHead, begin_reading, expect_damage, explain_errors, read_head
from modiste.catalogue.local.reading import join_vectors
from modiste.catalogue.local.refreshing import Refresher
from modiste.catalogue.local.row_store import RowStore
from modiste.catalogue.local.snapshot import Snapshot
from modiste.catalogue.local.word_follower import WordFollower
from modiste.catalogue.words import WordIndex
from modiste.errors import UsageError

__all__ = ["Follower"]

_LOOK_SECONDS: Final = 2.0
_LEAST_DEAD: Final = 1024
_NEW_VECTORS: Final = (
    "SELECT item_key, item_id, vector FROM vectors JOIN items USING (item_key) "
    "WHERE vectors.seq > ? ORDER BY vectors.seq, item_key"
)


class Follower:
    """Keeps one process's view of a catalogue up to date. Threads share it.

    Args:
        folder: The catalogue.
        connection: To read with; used under ``lock`` only.
        refresh: Make the cache beside searches where it is missing or stale.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, refresh: bool = True) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._connection = connection
        self._columns = ColumnFollower(connection)
        self._words = WordFollower(connection)
        self._refresher = Refresher(folder) if refresh else None
        self._version = -1
        self._rows: RowStore | None = None
        self._base: VectorIndex | None = None
        self._snapshot: Snapshot | None = None
        self._next_look = 0.0
        self._process = os.getpid()

    def look(self, names: Sequence[str] = ()) -> Snapshot:
        """Return the present state, with some columns; names that are no columns are passed over.

        Raises:
            CatalogueError: The catalogue is damaged.
        """
        self.check_process()
        with self.lock, explain_errors(self._folder):
            snapshot = self._look()
            if names and not self._columns.has(snapshot.stored.seq, names):
                snapshot = self._catch_up(names)
            return snapshot

    def look_at_words(self, names: Sequence[str] = ()) -> tuple[Snapshot, WordIndex]:
        """Return the present state with the index of its words; they stay in step while ``lock`` is held."""
        with self.lock, explain_errors(self._folder):
            snapshot = self.look(names)
            if self._words.seq != snapshot.stored.seq:
                snapshot = self._catch_up(names, words=True)
            return snapshot, self._words.index

    def check_process(self) -> None:
        """Check that this process is the one that opened the catalogue: SQLite does not survive a fork.

        Raises:
            UsageError: It was forked since.
        """
        if os.getpid() != self._process:
            raise UsageError(
                f"the catalogue {self._folder} was opened before this process was forked; open it in each process"
            )

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the living rows of some keys in what `look` has just returned; call it while holding ``lock``."""
        return np.full(len(keys), -1, np.int64) if self._rows is None else self._rows.find(keys)

    def _look(self) -> Snapshot:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        adopts = self._may_adopt()
        if version != self._version or self._snapshot is None or adopts:
            snapshot = self._catch_up((), adopts=adopts)
            self._version = version
            return snapshot
        return self._snapshot

    def _may_adopt(self) -> bool:
        """Look now and then whether a better state was cached."""
        now = time.monotonic()
        if now < self._next_look or self._rows is None or self._base is None or self._snapshot is None:
            return False
        self._next_look = now + _LOOK_SECONDS
        if self._refresher is not None:
            self._refresher.consider(self._snapshot, self._rows)
        return is_outdated(self._folder, self._rows, self._base)

    def _catch_up(self, names: Sequence[str], *, words: bool = False, adopts: bool = False) -> Snapshot:
        try:
            with begin_reading(self._connection), expect_damage():
                stored = read_head(self._connection, self._folder)
                rows = self._follow_rows(stored, adopts=adopts)
                if names:
                    self._columns.follow(stored, rows, names)
                if words:
                    self._words.follow(stored, rows.base.folder)
            return self._publish(stored, rows)
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        """Start from nothing at the next look: what went wrong may have left half of a step."""
        self._rows = self._snapshot = None
        self._columns.reset()
        self._words.reset()

    def _follow_rows(self, stored: StoredHead, *, adopts: bool) -> RowStore:
        if self._is_astray(stored):
            self._forget()
        old = self._rows
        rows = self._load(stored) if old is None or adopts else old
        if rows.seq != stored.seq and not self._append(rows, stored):
            rows = self._load(stored, afresh=True)
        if old is not None and rows is not old:
            self._columns.move(old, rows)
        self._rows = rows
        return rows

    def _is_astray(self, stored: StoredHead) -> bool:
        """Say whether what is known is of another history: after a rebuild, or where a copy was put back."""
        if self._snapshot is None:
            return False
        known = self._snapshot.stored
        if (known.catalogue, known.generation) != (stored.catalogue, stored.generation):
            return True
        found = self._connection.execute("SELECT token FROM history WHERE seq = ?", (known.seq,)).fetchone()
        return bool(found != (known.token,))

    def _load(self, stored: StoredHead, *, afresh: bool = False) -> RowStore:
        rows = RowStore(load_base(self._folder, self._connection, stored, afresh=afresh))
        self._base = load_base_index(rows)
        return rows

    def _append(self, rows: RowStore, stored: StoredHead) -> bool:
        """Apply what changed; False if there is no room, or so much is dead that reading anew is better."""
        (added,) = self._connection.execute("SELECT count(*) FROM vectors WHERE seq > ?", (rows.seq,)).fetchone()
        if added > rows.room:
            return False
        gone = self._connection.execute("SELECT item_key FROM removals WHERE seq > ?", (rows.seq,)).fetchall()
        rows.kill(np.array([key for (key,) in gone], np.int64))
        new = self._connection.execute(_NEW_VECTORS, (rows.seq,)).fetchall()
        if new:
            keys, ids, blobs = zip(*new, strict=True)
            rows.append(keys, ids, join_vectors(blobs, stored.head.embedding_size))
        rows.seq = stored.seq
        return rows.size - rows.living <= max(_LEAST_DEAD, rows.size // 2)

    def _publish(self, stored: StoredHead, rows: RowStore) -> Snapshot:
        if self._base is None or (isinstance(self._base, ExactIndex) and self._base.size != rows.size):
            self._base = ExactIndex(rows.vectors)
        columns = self._columns.present(stored.seq)
        self._snapshot = Snapshot(
            stored, rows.keys, rows.ids, rows.vectors, rows.alive, rows.living, self._base, columns
        )
        return self._snapshot

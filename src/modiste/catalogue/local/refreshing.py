"""Making the cache: the present state as files, and the index over it; in the foreground, or beside searches."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from modiste.catalogue.index import ExactIndex, build_index, choose_index_kind
from modiste.catalogue.local.base_loading import LEAST_CACHED, has_index
from modiste.catalogue.local.cache import CACHE, INDEX, Base, clear_cache, find_cache, write_cache
from modiste.catalogue.local.database import begin_reading, explain_errors, open_database, read_head
from modiste.catalogue.local.row_store import RowStore
from modiste.catalogue.local.snapshot import Snapshot
from modiste.errors import ModisteError

__all__ = ["Refresher", "refresh_cache"]

_CHANGED_SHARE: Final = 0.1
_PATIENCE: Final = 2.0  # seconds that a process must have been searching before it makes what outlives it
_PAUSE: Final = 5.0


def refresh_cache(folder: Path, *, threads: int | None = None, wait: bool = True) -> bool:
    """Write the present state and its index where they are missing or stale.

    Args:
        folder: The catalogue.
        threads: Of the building; None is all.
        wait: Wait while another process does it; else leave it to that one.

    Returns:
        Whether this process looked after it.

    Raises:
        CatalogueError: The catalogue is damaged.
    """
    from modiste.batch.lock import FileLock  # its package brings polars and pydantic, which opening does without

    try:
        (folder / CACHE).mkdir(exist_ok=True)
    except OSError:
        return False
    lock = FileLock(folder / CACHE / "lock")
    while not lock.acquire():
        if not wait or not (folder / CACHE).is_dir():
            return False
        time.sleep(0.05)
    try:
        base = _refresh_rows(folder)
        if base is not None and base.folder is not None:
            _refresh_index(base, threads)
            clear_cache(folder, keep=base.folder)
    finally:
        lock.release()
    return True


def _refresh_rows(folder: Path) -> Base | None:
    connection = open_database(folder)
    try:
        with explain_errors(folder), begin_reading(connection):
            stored = read_head(connection, folder)
            (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
            if count < LEAST_CACHED:
                return None
            base = find_cache(folder, connection, stored)
            if base is not None and not _is_stale(connection, base):
                return base
            written = write_cache(folder, connection)
            return None if written is None else find_cache(folder, connection, stored)
    finally:
        connection.close()


def _is_stale(connection: sqlite3.Connection, base: Base) -> bool:
    changes = 0
    for table in ("vectors", "removals"):
        query = f"SELECT count(*) FROM {table} WHERE seq > ?"  # noqa: S608
        changes += int(connection.execute(query, (base.seq,)).fetchone()[0])
    return changes > _allow_changes(len(base.keys))


def _allow_changes(rows: int) -> float:
    return max(LEAST_CACHED, _CHANGED_SHARE * rows)


def _refresh_index(base: Base, threads: int | None) -> None:
    vectors = base.room[: len(base.keys)]
    kind = choose_index_kind(len(vectors))
    if kind == "exact" or base.folder is None or has_index(base.folder):
        return
    with contextlib.suppress(OSError):  # the folder was removed meanwhile
        build_index(kind, vectors, threads=threads).save(base.folder / INDEX)


class Refresher:
    """Makes the cache in a thread of its own when a process that searches would gain from it.

    Args:
        folder: The catalogue.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._next = time.monotonic() + _PATIENCE

    def consider(self, snapshot: Snapshot, rows: RowStore) -> None:
        """Start if what is there is missing or stale; cheap."""
        now = time.monotonic()
        if now < self._next or (self._thread is not None and self._thread.is_alive()):
            return
        self._next = now + _PAUSE
        if self._gains(snapshot, rows):
            self._thread = threading.Thread(target=self._run, name="modiste-refresh", daemon=True)
            self._thread.start()

    def _gains(self, snapshot: Snapshot, rows: RowStore) -> bool:
        if snapshot.living < LEAST_CACHED:
            return False
        known = len(rows.base.keys)
        changes = (rows.size - known) + (rows.size - rows.living)
        bare = isinstance(snapshot.base, ExactIndex) and choose_index_kind(snapshot.living) != "exact"
        return rows.base.folder is None or not rows.base.folder.exists() or bare or changes > _allow_changes(known)

    def _run(self) -> None:
        from modiste.runtime import count_cores

        with contextlib.suppress(ModisteError, OSError):  # searches go on without; who changes the catalogue will hear
            refresh_cache(self._folder, threads=max(1, count_cores() // 2), wait=False)

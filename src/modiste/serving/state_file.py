"""A SQLite file of what people leave with the server: threads and processes share it, and what was written is kept."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["StateFile", "write_time"]


class StateFile:
    """A file of tables; threads and processes may share it. What was written is on the disk.

    Args:
        path: The file; made, with its folder, if it is not there.
        schema: The statements that make the tables which are not there yet.

    Raises:
        OSError: The folder can't be made.
        sqlite3.Error: The file can't be opened or written, or is no database.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(schema)

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows that a query finds."""
        with self._lock:
            return self._file.execute(query, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Change something in one transaction: all of it, or, where something is raised, nothing."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def write_time() -> str:
    """Return the time now as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

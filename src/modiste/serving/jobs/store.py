"""The file of uploaded batches and of their corrections; what was written is on the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from modiste.serving.jobs.record import ENDED, Job
from modiste.serving.state_file import StateFile, write_time

__all__ = ["JobStore"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    pictures INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    doubtful INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    finished TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0,
    inputs TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS corrections (
    job_id TEXT NOT NULL,
    row INTEGER NOT NULL,
    field TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (job_id, row, field)
) STRICT;
"""
_COLUMNS: Final = "id, name, status, pictures, done, failed, doubtful, problem, created, finished, seconds, inputs"
_CHANGED: Final = frozenset(_COLUMNS.split(", "))


class JobStore:
    """Uploaded batches; threads and processes may share the file.

    Args:
        path: The file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path, _SCHEMA)

    def add(self, job_id: str, name: str, inputs: Sequence[str]) -> Job:
        """Write down a batch whose files are on the disk."""
        row = (job_id, name, "waiting", write_time(), json.dumps(list(inputs)))
        with self._file.change() as file:
            file.execute("INSERT INTO jobs (id, name, status, created, inputs) VALUES (?, ?, ?, ?, ?)", row)
        found = self.get(job_id)
        assert found is not None  # noqa: S101  (it was just written)
        return found

    def get(self, job_id: str) -> Job | None:
        """Return a batch; None if there is none."""
        found = self._select("WHERE id = ?", (job_id,))
        return found[0] if found else None

    def list_jobs(self) -> list[Job]:
        """Return all batches, the latest first."""
        return self._select("ORDER BY number DESC", ())

    def find_next(self) -> Job | None:
        """Return the batch to be done now: one that was interrupted, or the oldest that waits."""
        found = self._select("WHERE status IN ('running', 'waiting') ORDER BY status, number LIMIT 1", ())
        return found[0] if found else None

    def update(self, job_id: str, **changes: Any) -> bool:
        """Change a batch, unless it has ended; say whether it was changed."""
        assert set(changes) <= _CHANGED  # noqa: S101  (names of columns, never a stranger's)
        if changes.get("status") in ENDED:
            changes["finished"] = write_time()
        names = ", ".join(f"{name} = ?" for name in changes)
        query = f"UPDATE jobs SET {names} WHERE id = ? AND status NOT IN ('done', 'failed', 'cancelled')"  # noqa: S608
        with self._file.change() as file:
            return file.execute(query, (*changes.values(), job_id)).rowcount > 0

    def remove(self, job_id: str) -> None:
        """Forget a batch and its corrections."""
        with self._file.change() as file:
            file.execute("DELETE FROM corrections WHERE job_id = ?", (job_id,))
            file.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def correct(self, job_id: str, row: int, field: str, values: Sequence[str]) -> None:
        """Write down what is right of a field of a row; nothing takes it back."""
        with self._file.change() as file:
            if values:
                said = (job_id, row, field, json.dumps(list(values)))
                file.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?)", said)
            else:
                file.execute("DELETE FROM corrections WHERE job_id = ? AND row = ? AND field = ?", (job_id, row, field))

    def list_corrections(self, job_id: str) -> dict[int, dict[str, list[str]]]:
        """Return what was corrected of a batch: row -> field -> values."""
        found: dict[int, dict[str, list[str]]] = {}
        query = "SELECT row, field, said FROM corrections WHERE job_id = ?"
        for row, field, said in self._file.ask(query, (job_id,)):
            found.setdefault(row, {})[field] = json.loads(said)
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _select(self, rest: str, values: Sequence[Any]) -> list[Job]:
        rows = self._file.ask(f"SELECT {_COLUMNS} FROM jobs {rest}", values)  # noqa: S608
        return [Job(*(*row[:-1], tuple(json.loads(row[-1])))) for row in rows]

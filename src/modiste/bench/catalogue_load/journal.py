"""What the writer wrote down of each change: before it, after it, and what became of one that it was killed in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modiste.bench.catalogue_load.world import Change

__all__ = ["Journal", "JournalWriter", "read_journal"]


@dataclass(frozen=True)
class Journal:
    """A finished journal.

    Args:
        changes: All changes that were begun, in order.
        applied: For each, whether it was carried out; None where the writer was killed and never came back.
    """

    changes: tuple[Change, ...]
    applied: tuple[bool | None, ...]

    @property
    def pending(self) -> Change | None:
        """The last change, if nobody knows yet what became of it."""
        return self.changes[-1] if self.changes and self.applied[-1] is None else None


class JournalWriter:
    """Appends to a journal; each line is in the file when the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def begin(self, change: Change) -> None:
        """Note a change before it is carried out."""
        self._write({"begin": change.to_json()})

    def end(self, change: Change, *, applied: bool) -> None:
        """Note that a change was acknowledged, or what became of one whose writer was killed."""
        self._write({"end": change.number, "applied": applied})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, (json.dumps(line) + "\n").encode())


def read_journal(path: Path) -> Journal:
    """Read a journal; a last line that was cut short by a kill does not count."""
    changes: list[Change] = []
    applied: list[bool | None] = []
    for line in _read_lines(path):
        if "begin" in line:
            changes.append(Change.from_json(line["begin"]))
            applied.append(None)
        else:
            applied[line["end"] - 1] = line["applied"]
    return Journal(tuple(changes), tuple(applied))


class JournalReader:
    """Follows a journal while it is written: how many changes were begun, and how many were settled."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._rest = path, 0, b""
        self.begun = 0
        self.settled = 0

    def look(self) -> None:
        """Read what is new."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            self.begun += line.startswith(b'{"begin"')
            self.settled += line.startswith(b'{"end"')


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes() if path.exists() else b""
    for line in content.split(b"\n")[:-1]:
        yield json.loads(line)

"""What people say of items' labels: every opinion is kept, and what most of them say is the item's correction."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modiste.serving.state_file import StateFile, write_time

__all__ = ["Opinion", "OpinionBook", "choose_values"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS opinions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    item_id TEXT NOT NULL,
    field TEXT NOT NULL,
    said TEXT NOT NULL,
    author TEXT NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS opinions_of_items ON opinions (item_id, field);
CREATE TABLE IF NOT EXISTS unsettled (
    item_id TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (item_id, field)
) STRICT;
"""
_COLUMNS: Final = "id, item_id, field, said, author, time"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person says of one field of an item.

    Args:
        id: Its own, by which it is taken back.
        item_id: Of which item.
        field: Of which field.
        values: What is right.
        author: Who says so.
        time: When, as ISO 8601 in UTC.
    """

    id: str
    item_id: str
    field: str
    values: tuple[str, ...]
    author: str
    time: str


def choose_values(opinions: Sequence[Opinion]) -> tuple[str, ...]:
    """Return what most people say; of equally many, what was said last; () if nobody says anything.

    A person's last opinion counts, and only that one.

    Args:
        opinions: Of one field of one item, the oldest first.

    Example:
        >>> said = [("Ann", "Red"), ("Ben", "Pink"), ("Ann", "Pink"), ("Cat", "Red")]
        >>> choose_values([Opinion(str(n), "7", "colour", (v,), who, "") for n, (who, v) in enumerate(said)])
        ('Pink',)
    """
    last = {one.author: (place, one.values) for place, one in enumerate(opinions)}
    votes = Counter(values for _, values in last.values())
    latest = {values: place for place, values in sorted(last.values())}
    return max(votes, key=lambda values: (votes[values], latest[values]), default=())


class OpinionBook:
    """A file of opinions; threads and processes may share it. What was written is on the disk.

    Args:
        path: The file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path, _SCHEMA)

    def add(self, item_id: str, field: str, values: Sequence[str], author: str) -> Opinion:
        """Write down an opinion; the field is unsettled until `settle` is called."""
        now = write_time()
        opinion = Opinion(secrets.token_hex(8), item_id, field, tuple(values), author, now)
        row = (opinion.id, item_id, field, json.dumps(list(values)), author, now)
        with self._file.change() as file:
            file.execute(f"INSERT INTO opinions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            file.execute("INSERT OR IGNORE INTO unsettled VALUES (?, ?)", (item_id, field))
        return opinion

    def remove(self, opinion_id: str) -> Opinion | None:
        """Take an opinion back; None if there is none. The field is unsettled until `settle` is called."""
        with self._file.change() as file:
            query = f"SELECT {_COLUMNS} FROM opinions WHERE id = ?"  # noqa: S608
            row = file.execute(query, (opinion_id,)).fetchone()
            if row is None:
                return None
            file.execute("DELETE FROM opinions WHERE id = ?", (opinion_id,))
            file.execute("INSERT OR IGNORE INTO unsettled VALUES (?, ?)", row[1:3])
        return _to_opinion(row)

    def list_opinions(self, item_id: str, field: str | None = None) -> list[Opinion]:
        """Return the opinions of an item, or of one field of it, the oldest first."""
        more = "" if field is None else " AND field = ?"
        query = f"SELECT {_COLUMNS} FROM opinions WHERE item_id = ?{more} ORDER BY number"  # noqa: S608
        rows = self._file.ask(query, (item_id,) if field is None else (item_id, field))
        return [_to_opinion(row) for row in rows]

    def list_divided(self) -> set[tuple[str, str]]:
        """Return the items and fields of which people say different things."""
        query = (
            "SELECT item_id, field FROM (SELECT item_id, field, said, max(number) FROM opinions "
            "GROUP BY item_id, field, author) GROUP BY item_id, field HAVING count(DISTINCT said) > 1"
        )
        return {(item_id, field) for item_id, field in self._file.ask(query)}

    def list_unsettled(self) -> list[tuple[str, str]]:
        """Return the items and fields whose opinions have changed since they were settled."""
        return [(item_id, field) for item_id, field in self._file.ask("SELECT item_id, field FROM unsettled")]

    def settle(self, item_id: str, field: str) -> None:
        """Note that the catalogue knows what people say of a field."""
        with self._file.change() as file:
            file.execute("DELETE FROM unsettled WHERE item_id = ? AND field = ?", (item_id, field))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _to_opinion(row: Sequence[str]) -> Opinion:
    return Opinion(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], row[5])

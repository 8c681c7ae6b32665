"""Keeping the index of words in step with a catalogue; its rows are the keys of items, which never change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from modiste.catalogue.words import WordIndex, split_words

__all__ = ["WordFollower"]

_CHUNK: Final = 4096
_ALL: Final = "SELECT rowid, title, brand, labels FROM words"
_SOME: Final = _ALL + " WHERE rowid IN (SELECT value FROM json_each(?))"  # noqa: S608


class WordFollower:
    """Holds the index of words as of one transaction; it is built when it is first asked for.

    Args:
        connection: To read with, within a transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.seq = -1
        self.index = WordIndex()

    def reset(self) -> None:
        """Forget all: the history is another one now."""
        self.seq, self.index = -1, WordIndex()

    def follow(self, seq: int) -> None:
        """Bring the index up to date with a transaction."""
        if self.seq < 0:
            self._add(self._connection.execute(_ALL))
        elif self.seq != seq:
            self._update()
        self.seq = seq

    def _update(self) -> None:
        gone = [key for (key,) in self._connection.execute("SELECT item_key FROM removals WHERE seq > ?", (self.seq,))]
        changed = [key for (key,) in self._connection.execute("SELECT item_key FROM items WHERE seq > ?", (self.seq,))]
        self.index.remove([*gone, *changed])
        self._add(self._connection.execute(_SOME, (json.dumps(changed),)))

    def _add(self, rows: sqlite3.Cursor) -> None:
        while chunk := rows.fetchmany(_CHUNK):
            self.index.add([row[0] for row in chunk], [list(_list_words(row[1:])) for row in chunk])


def _list_words(texts: tuple[Any, ...]) -> Iterable[str]:
    title, brand, labels = texts
    yield from split_words(title)
    yield from _split_once(brand)
    for label in labels.split("\n"):
        yield from _split_once(label)


@lru_cache(maxsize=1 << 14)
def _split_once(text: str) -> tuple[str, ...]:
    return split_words(text)

"""Keeping the index of words in step with a catalogue; its rows are the keys of items, which never change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from modiste.catalogue.local.database import StoredHead
from modiste.catalogue.local.word_cache import load_words, save_words
from modiste.catalogue.words import WordIndex, split_words

__all__ = ["WordFollower"]

_CHUNK: Final = 4096
_ALL: Final = "SELECT rowid, title, brand, labels FROM words"
_SOME: Final = _ALL + " WHERE rowid IN (SELECT value FROM json_each(?))"  # noqa: S608


class WordFollower:
    """Holds the index of words as of one transaction; it is read or built when it is first asked for.

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

    def follow(self, stored: StoredHead, folder: Path | None) -> None:
        """Bring the index up to date with the present transaction.

        Args:
            stored: What the catalogue says in it.
            folder: The cached state that the index lies beside, or is written beside when it had to be built.
        """
        cached = load_words(folder, self._connection, stored) if folder is not None and self.seq < 0 else None
        if cached is not None:
            self.seq, self.index = cached
        if self.seq < 0:
            for keys, documents in _read(self._connection.execute(_ALL)):
                self.index.add(keys, documents)
            if folder is not None:
                save_words(folder, stored, self.index)
        elif self.seq != stored.seq:
            self._update()
        self.seq = stored.seq

    def _update(self) -> None:
        gone = [key for (key,) in self._connection.execute("SELECT item_key FROM removals WHERE seq > ?", (self.seq,))]
        changed = [key for (key,) in self._connection.execute("SELECT item_key FROM items WHERE seq > ?", (self.seq,))]
        self.index.remove(gone)
        for keys, documents in _read(self._connection.execute(_SOME, (json.dumps(changed),))):
            self.index.replace(keys, documents)


def _read(rows: sqlite3.Cursor) -> Iterator[tuple[list[int], list[list[str]]]]:
    while chunk := rows.fetchmany(_CHUNK):
        yield [row[0] for row in chunk], [list(_list_words(row[1:])) for row in chunk]


def _list_words(texts: tuple[Any, ...]) -> Iterable[str]:
    title, brand, labels = texts
    yield from split_words(title)
    yield from _split_once(brand)
    for label in labels.split("\n"):
        yield from _split_once(label)


@lru_cache(maxsize=1 << 14)
def _split_once(text: str) -> tuple[str, ...]:
    return split_words(text)

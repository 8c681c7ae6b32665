"""Whether a catalogue is whole: everything that its tables promise, looked at once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local.database import StoredHead, begin_reading, explain_errors, open_database, read_head
from modiste.catalogue.local.reading import read_items, split
from modiste.catalogue.local.rows import check_item, to_kinds, to_words
from modiste.errors import CatalogueError, ModisteError
from modiste.taxonomy import Taxonomy

__all__ = ["Problem", "verify"]

_SHOWN: Final = 100  # problems of one kind
_SLACK: Final = 1e-3


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be.

    Args:
        where: The table or the item.
        what: In words.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def verify(path: Path | str) -> list[Problem]:
    """Check a catalogue from end to end; others may search and change it meanwhile.

    Pages and indexes of the database, references between tables, one vector of unit length an item, tags that the
    bundle knows, the text that items are found by, the numbers of transactions, removals, and a rebuild under way.

    Args:
        path: The catalogue.

    Returns:
        What is wrong, at most 100 problems of a kind; empty if it is whole.
    """
    folder = Path(path)
    try:
        connection = open_database(folder)
    except CatalogueError as error:
        return [Problem("catalogue", str(error))]
    try:
        with begin_reading(connection):
            problems = _check_all(folder, connection)
        return problems + _collect(lambda: _check_word_index(connection))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return [Problem("database", str(error))]
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _check_all(folder: Path, connection: sqlite3.Connection) -> list[Problem]:
    problems = _collect(lambda: _check_pages(connection))
    try:
        with explain_errors(folder):
            stored = read_head(connection, folder)
    except ModisteError as error:
        return [*problems, Problem("head", str(error))]
    checks: tuple[Callable[[], Iterator[Problem]], ...] = (
        lambda: _check_references(connection),
        lambda: _check_counts(connection, stored),
        lambda: _check_vectors(connection, "vectors", stored.head.embedding_size),
        lambda: _check_items(connection),
        lambda: _check_tags(connection, stored.head.taxonomy),
        lambda: _check_rebuild(connection, stored),
    )
    return problems + [problem for check in checks for problem in _collect(check)]


def _collect(check: Callable[[], Iterator[Problem]]) -> list[Problem]:
    found: list[Problem] = []
    try:
        for problem in check():
            found.append(problem)
            if len(found) >= _SHOWN:
                break
    except (sqlite3.Error, TypeError, ValueError, KeyError, OverflowError) as error:
        found.append(Problem("database", f"can't be read: {error}"))
    return found


def _check_pages(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (text,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})"):
        if text != "ok":
            yield Problem("database", text)


def _check_word_index(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Let FTS5 compare its index with its text; the command is written as a change, but changes nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        yield Problem("words", f"its index is not that of its text ({error})")
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _check_references(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Problem(table, f"row {row} points at a row of {parent} that is not there")


_COUNTS: Final = (
    ("SELECT item_key FROM items EXCEPT SELECT item_key FROM vectors", "vectors", "item {} has no vector"),
    ("SELECT rowid FROM words EXCEPT SELECT item_key FROM items", "words", "there is text of item {}, which is gone"),
    ("SELECT item_key FROM items EXCEPT SELECT rowid FROM words", "words", "item {} has no text"),
    ("SELECT item_key FROM items INTERSECT SELECT item_key FROM removals", "removals", "item {} is there and removed"),
    ("SELECT item_key FROM items WHERE seq > ?", "items", "item {} is of a transaction that was not yet"),
    ("SELECT item_key FROM removals WHERE seq > ?", "removals", "item {} went in a transaction that was not yet"),
    ("SELECT item_key FROM vectors JOIN items USING (item_key) WHERE vectors.seq > items.seq", "vectors",
     "the vector of item {} is newer than the item"),
    ("SELECT max(item_key) FROM items WHERE item_key > (SELECT seq FROM sqlite_sequence WHERE name = 'items') "
     "HAVING max(item_key) IS NOT NULL", "items", "key {} may be given again"),
)  # fmt: skip


def _check_counts(connection: sqlite3.Connection, stored: StoredHead) -> Iterator[Problem]:
    for query, where, what in _COUNTS:
        for (key,) in connection.execute(query, (stored.seq,) if "?" in query else ()):
            yield Problem(where, what.format(key))
    first, last, count = connection.execute("SELECT min(seq), max(seq), count(*) FROM history").fetchone()
    if first != 0 or count != last + 1:
        yield Problem("history", f"{count} transactions from {first} to {last}; expected each once, from 0 on")


def _check_vectors(connection: sqlite3.Connection, table: str, size: int) -> Iterator[Problem]:
    for key, blob in connection.execute(f"SELECT item_key, vector FROM {table} ORDER BY item_key"):  # noqa: S608
        if type(blob) is not bytes or len(blob) != 4 * size:
            yield Problem(table, f"that of item {key} is not {size} numbers")
            continue
        with np.errstate(all="ignore"):
            vector = np.frombuffer(blob, "<f4").astype(np.float64)
            norm = float(np.sqrt(vector @ vector))
        if not abs(norm - 1) <= _SLACK:
            yield Problem(table, f"that of item {key} has length {norm:.6g}; expected 1")


def _check_items(connection: sqlite3.Connection) -> Iterator[Problem]:
    keys = [key for (key,) in connection.execute("SELECT item_key FROM items ORDER BY item_key")]
    names = dict(connection.execute("SELECT name, kinds FROM detail_names"))
    texts = connection.execute("SELECT rowid, title, brand, labels FROM words ORDER BY rowid")
    stored = {key: (title, brand, labels) for key, title, brand, labels in texts}
    for chunk in split(keys):
        for key, item in _read_each(connection, chunk):
            if isinstance(item, Problem):
                yield item
                continue
            if stored.get(key, tuple(to_words(item))) != tuple(to_words(item)):
                yield Problem("words", f"the text of item {item.item_id!r} is not that of its title, brand and labels")
            for name, value in item.details.items():
                if not names.get(name, 0) & to_kinds(value):
                    yield Problem("detail_names", f"{name!r} of item {item.item_id!r} is not listed")


def _read_each(connection: sqlite3.Connection, keys: Sequence[int]) -> Iterator[tuple[int, CatalogueItem | Problem]]:
    try:
        items = read_items(connection, keys)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if len(keys) == 1:
            yield keys[0], Problem("items", str(error))
            return
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            yield from _read_each(connection, half)
        return
    for key, item in items.items():
        try:
            check_item(item)
        except (ModisteError, TypeError, ValueError) as error:
            yield key, Problem("items", str(error))
        else:
            yield key, item


def _check_tags(connection: sqlite3.Connection, taxonomy: Taxonomy) -> Iterator[Problem]:
    query = (
        "SELECT field, value, count(*) FROM field_values JOIN tags USING (value_key) WHERE origin = 2 "
        "GROUP BY field, value"
    )
    for field, value, count in connection.execute(query):
        if field not in taxonomy or value not in taxonomy[field].values:
            yield Problem("tags", f"{count} items have the predicted {field} {value!r}, which the bundle does not know")


def _check_rebuild(connection: sqlite3.Connection, stored: StoredHead) -> Iterator[Problem]:
    if stored.rebuild is None:
        for (count,) in connection.execute("SELECT count(*) FROM pending_vectors HAVING count(*) > 0"):
            yield Problem("pending_vectors", f"{count} vectors of no rebuild")
        return
    yield from _check_vectors(connection, "pending_vectors", stored.rebuild.embedding_size)
    for field, value in connection.execute("SELECT DISTINCT field, value FROM pending_tags"):
        if field not in stored.rebuild.taxonomy or value not in stored.rebuild.taxonomy[field].values:
            yield Problem("pending_tags", f"{field} {value!r} is not known to the bundle of the rebuild")

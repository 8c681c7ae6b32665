"""Reading items and vectors out of the tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local.rows import ITEM_COLUMNS, build_item
from modiste.errors import UsageError

__all__ = ["find_keys", "find_states", "join_vectors", "read_items", "read_names", "read_vectors", "split"]

_CHUNK = 1024
_SLACK = 1e-3
_SOME = "IN (SELECT value FROM json_each(?))"


def split(entries: Sequence[Any], size: int = _CHUNK) -> Iterator[Sequence[Any]]:
    """Yield entries ``size`` at a time."""
    for start in range(0, len(entries), size):
        yield entries[start : start + size]


def find_keys(connection: sqlite3.Connection, item_ids: Sequence[str]) -> dict[str, int]:
    """Find the keys of those of some items that are there."""
    found: dict[str, int] = {}
    for chunk in split(list(item_ids), 500):
        marks = ", ".join("?" * len(chunk))
        found.update(connection.execute(f"SELECT item_id, item_key FROM items WHERE item_id IN ({marks})", chunk))  # noqa: S608
    return found


def find_states(connection: sqlite3.Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """Find the keys of those of some items that are there, each with the random number of its last change."""
    found: dict[str, tuple[int, int | None]] = {}
    for chunk in split(list(item_ids), 500):
        marks = ", ".join("?" * len(chunk))
        query = "SELECT item_id, item_key, token FROM items LEFT JOIN history USING (seq) "  # no change without one
        rows = connection.execute(f"{query}WHERE item_id IN ({marks})", chunk)
        found.update((item_id, (key, token)) for item_id, key, token in rows)
    return found


def read_items(connection: sqlite3.Connection, keys: Iterable[int]) -> dict[int, CatalogueItem]:
    """Read some items, by key.

    Raises:
        sqlite3.DatabaseError: One is not there, or is damaged.
    """
    found: dict[int, CatalogueItem] = {}
    for chunk in split(sorted(set(keys))):
        found.update(_read_chunk(connection, json.dumps(list(chunk))))
        _check_found(found, chunk, "items")
    return found


def _read_chunk(connection: sqlite3.Connection, keys: str) -> Iterator[tuple[int, CatalogueItem]]:
    variants = _group(connection.execute(
        "SELECT item_key, size, stock FROM variants "  # noqa: S608
        f"WHERE item_key {_SOME} ORDER BY item_key, position", (keys,),
    ))  # fmt: skip
    tags = _group(connection.execute(
        "SELECT item_key, field, value, confidence, origin FROM tags JOIN field_values USING (value_key) "  # noqa: S608
        f"WHERE item_key {_SOME} ORDER BY item_key, position", (keys,),
    ))  # fmt: skip
    query = f"SELECT item_key, {ITEM_COLUMNS} FROM items WHERE item_key {_SOME}"  # noqa: S608
    for key, *row in connection.execute(query, (keys,)):
        try:
            yield key, build_item(tuple(row), variants.get(key, ()), tags.get(key, ()))
        except (TypeError, ValueError, IndexError, AttributeError, RecursionError, UsageError) as error:
            raise sqlite3.DatabaseError(f"item {row[0]!r} can't be read ({error})") from error


def _group(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    return {key: [row[1:] for row in group] for key, group in groupby(rows, itemgetter(0))}


def read_vectors(connection: sqlite3.Connection, keys: Sequence[int], size: int) -> dict[int, NDArray[np.float32]]:
    """Read the vectors [size] of some items, by key.

    Raises:
        sqlite3.DatabaseError: One is not there, or is damaged.
    """
    found: dict[int, NDArray[np.float32]] = {}
    for chunk in split(keys):
        rows = connection.execute(
            f"SELECT item_key, vector FROM vectors WHERE item_key {_SOME}", (json.dumps(list(chunk)),)  # noqa: S608
        ).fetchall()  # fmt: skip
        vectors = join_vectors([blob for _, blob in rows], size)
        found.update({key: vector for (key, _), vector in zip(rows, vectors, strict=True)})
        _check_found(found, chunk, "vectors")
    return found


def _check_found(found: Container[int], keys: Iterable[int], table: str) -> None:
    for key in keys:
        if key not in found:
            raise sqlite3.DatabaseError(f"{table} lacks item {key}")


def join_vectors(blobs: Sequence[bytes], size: int) -> NDArray[np.float32]:
    """Return n vectors as float32 [n, size].

    Raises:
        sqlite3.DatabaseError: One has another size, or is not of unit length: no search would be right with it.
    """
    for blob in blobs:
        if type(blob) is not bytes or len(blob) != 4 * size:
            raise sqlite3.DatabaseError(f"a vector is not {size} numbers long")
    vectors = np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), size).astype(np.float32, copy=False)
    with np.errstate(all="ignore"):
        squares = np.einsum("ij,ij->i", vectors, vectors)
    if not (np.abs(squares - 1) <= _SLACK).all():
        raise sqlite3.DatabaseError("a vector is not of unit length")
    return vectors


def read_names(connection: sqlite3.Connection) -> dict[str, int]:
    """Read every name that details have, with the sum of its kinds (see `modiste.catalogue.local.rows.to_kinds`)."""
    return dict(connection.execute("SELECT name, kinds FROM detail_names"))

"""Changing items: each function is called within one transaction, and writes only what differs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import ItemChange
from modiste.catalogue.item import CatalogueItem, ItemTag
from modiste.catalogue.local.reading import find_keys, read_items, read_vectors
from modiste.catalogue.local.rows import ITEM_COLUMNS, RANKS, check_item, to_item_row, to_kinds, to_words
from modiste.errors import UsageError
from modiste.taxonomy import Taxonomy

__all__ = [
    "apply_change",
    "check_vectors",
    "normalise_item",
    "patch_items",
    "put_items",
    "remove_items",
    "write_values",
    "write_words",
]

_NAMES = ITEM_COLUMNS.split(", ")
_INSERT = (
    f"INSERT INTO items (item_key, seq, {ITEM_COLUMNS}) VALUES (?, ?, {', '.join('?' * len(_NAMES))}) "  # noqa: S608
    f"ON CONFLICT (item_key) DO UPDATE SET seq = excluded.seq, {', '.join(f'{n} = excluded.{n}' for n in _NAMES[1:])}"
)
_VECTOR = (
    "INSERT INTO vectors (item_key, vector, seq) VALUES (?, ?, ?) "
    "ON CONFLICT (item_key) DO UPDATE SET vector = excluded.vector, seq = excluded.seq"
)
_AT_ONCE = 100  # rows; of five columns that is half of what SQLite was ever built to take in a statement
_SLACK = 1e-3
_EXACT = 1e-6

_Pair = tuple[int, CatalogueItem | None, CatalogueItem]  # key, the item as it was, as it shall be


def put_items(
    connection: sqlite3.Connection, seq: int, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]
) -> None:
    """Insert or replace n items; a replaced one keeps its key and its corrections.

    Args:
        connection: Within a transaction.
        seq: The transaction's number.
        items: Normalised, no id twice.
        vectors: float32 [n, d] of unit length.
    """
    keys = find_keys(connection, [item.item_id for item in items])
    old = read_items(connection, keys.values())
    fresh = _next_key(connection)
    pairs: list[_Pair] = []
    for item in items:
        key = keys.get(item.item_id)
        if key is None:
            key, fresh = fresh, fresh + 1
        pairs.append((key, old.get(key), _keep_corrections(item, old.get(key))))
    stored = read_vectors(connection, sorted(old), vectors.shape[1])
    moved = {
        key: vector
        for (key, _, _), vector in zip(pairs, vectors, strict=True)
        if key not in stored or not np.array_equal(stored[key], vector)
    }
    _write_items(connection, seq, pairs, moved)
    _write_vectors(connection, seq, moved, moved.keys() & stored.keys())


def patch_items(
    connection: sqlite3.Connection, seq: int, changes: Sequence[ItemChange], taxonomy: Taxonomy
) -> list[str]:
    """Change metadata; return the ids that are not there, in order, each once.

    Args:
        connection: Within a transaction.
        seq: The transaction's number.
        changes: Applied one after the other.
        taxonomy: What corrections may say.
    """
    keys = find_keys(connection, [change.item_id for change in changes])
    old = read_items(connection, keys.values())
    new = dict(old)
    for change in changes:
        if change.item_id in keys:
            key = keys[change.item_id]
            new[key] = normalise_item(apply_change(new[key], change, taxonomy))
    _write_items(connection, seq, [(key, old[key], new[key]) for key in old], ())
    return list(dict.fromkeys(change.item_id for change in changes if change.item_id not in keys))


def remove_items(connection: sqlite3.Connection, seq: int, item_ids: Sequence[str]) -> int:
    """Remove items; return how many were there."""
    keys = [(key,) for key in find_keys(connection, list(dict.fromkeys(item_ids))).values()]
    connection.executemany("DELETE FROM words WHERE rowid = ?", keys)
    connection.executemany("DELETE FROM items WHERE item_key = ?", keys)
    connection.executemany("INSERT INTO removals (item_key, seq) VALUES (?, ?)", [(key, seq) for (key,) in keys])
    return len(keys)


def normalise_item(item: CatalogueItem) -> CatalogueItem:
    """Return an item as it is kept: no tag twice, no empty details, prices as floats.

    Raises:
        UsageError: It can't be kept.
    """
    check_item(item)
    tags = {(tag.field, tag.value, tag.origin): tag for tag in reversed(item.tags)}
    changes: dict[str, Any] = {}
    if len(tags) < len(item.tags):
        changes["tags"] = tuple(tags.values())[::-1]
    if None in item.details.values():
        changes["details"] = {name: value for name, value in item.details.items() if value is not None}
    for name in ("price", "list_price"):
        if type(getattr(item, name)) is int:
            changes[name] = float(getattr(item, name))
    return replace(item, **changes) if changes else item


def apply_change(item: CatalogueItem, change: ItemChange, taxonomy: Taxonomy) -> CatalogueItem:
    """Return an item as a change makes it.

    Raises:
        UnknownNameError: A correction names a field or a value that the taxonomy lacks.
    """
    said = {
        name: getattr(change, name)
        for name in ("price", "list_price", "variants", "title", "brand")
        if getattr(change, name) is not None
    }
    if change.details is not None:
        said["details"] = {**item.details, **change.details}
    if change.corrections is not None:
        said["tags"] = _correct(item.tags, change.corrections, taxonomy)
    return replace(item, **said)


def check_vectors(vectors: NDArray[np.float32], count: int, size: int) -> NDArray[np.float32]:
    """Return vectors as float32 of unit length.

    Raises:
        UsageError: They are not [count, size], not finite, or of another length than 1 (within a thousandth).
    """
    checked = np.ascontiguousarray(vectors, dtype=np.float32)
    if checked.shape != (count, size):
        raise UsageError(f"{count:,} items came with vectors of shape {checked.shape}; expected ({count}, {size})")
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", checked, checked, dtype=np.float64))
    wrong = np.flatnonzero(~(np.abs(norms - 1) <= _SLACK))
    if len(wrong):
        raise UsageError(
            f"vector {wrong[0]} has length {norms[wrong[0]]:.6g}; expected 1. "
            "Type: vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)"
        )
    # One that is as near to unit length as float32 goes stays the same to the bit, so that reading and writing it back
    # is no change.
    scale = np.where(np.abs(norms - 1) <= _EXACT, 1.0, norms)[:, None]
    return checked if (scale == 1).all() else (checked / scale).astype(np.float32)


def write_values(connection: sqlite3.Connection, said: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Make sure that fields and values have keys, and return these."""
    codes: dict[tuple[str, str], int] = {}
    for pair in dict.fromkeys(said):
        row = connection.execute("SELECT value_key FROM field_values WHERE field = ? AND value = ?", pair).fetchone()
        if row is None:
            row = (connection.execute("INSERT INTO field_values (field, value) VALUES (?, ?)", pair).lastrowid,)
        codes[pair] = row[0]
    return codes


def write_words(connection: sqlite3.Connection, items: Mapping[int, CatalogueItem]) -> None:
    """Write what items are found by, by key; nothing may be there of them."""
    connection.executemany(
        "INSERT INTO words (rowid, title, brand, labels) VALUES (?, ?, ?, ?)",
        [(key, *to_words(item)) for key, item in items.items()],
    )


def _correct(
    tags: tuple[ItemTag, ...], corrections: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy
) -> tuple[ItemTag, ...]:
    for name, values in corrections.items():
        for value in values:
            taxonomy[name].index(value)
    kept = [tag for tag in tags if tag.origin != "corrected" or tag.field not in corrections]
    said = [ItemTag(name, value, 1.0, "corrected") for name, values in corrections.items() for value in values]
    return (*kept, *said)


def _keep_corrections(item: CatalogueItem, old: CatalogueItem | None) -> CatalogueItem:
    if old is None:
        return item
    again = {tag.field for tag in item.tags if tag.origin == "corrected"}
    kept = [tag for tag in old.tags if tag.origin == "corrected" and tag.field not in again]
    return replace(item, tags=(*item.tags, *kept)) if kept else item


def _next_key(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
    return 1 if row is None else int(row[0]) + 1


def _write_vectors(
    connection: sqlite3.Connection, seq: int, moved: Mapping[int, NDArray[np.float32]], replaced: Collection[int]
) -> None:
    rows = [(key, vector.astype("<f4", copy=False).tobytes(), seq) for key, vector in moved.items()]
    connection.executemany(_VECTOR, rows)
    # What a rebuild has made of the picture that was there is of no use.
    for table in ("pending_tags", "pending_vectors"):
        connection.executemany(f"DELETE FROM {table} WHERE item_key = ?", [(key,) for key in replaced])  # noqa: S608


def _write_items(connection: sqlite3.Connection, seq: int, pairs: Sequence[_Pair], moved: Collection[int]) -> None:
    changed = [(key, old, new) for key, old, new in pairs if key in moved or old != new]
    connection.executemany(_INSERT, [(key, seq, *to_item_row(new)) for key, _, new in changed])
    _write_variants(connection, [pair for pair in changed if pair[1] is None or pair[1].variants != pair[2].variants])
    _write_tags(connection, [pair for pair in changed if pair[1] is None or pair[1].tags != pair[2].tags])
    _write_words(connection, [pair for pair in changed if pair[1] is None or to_words(pair[1]) != to_words(pair[2])])
    _write_names(connection, [new for _, old, new in changed if old is None or old.details != new.details])


def _write_variants(connection: sqlite3.Connection, pairs: Sequence[_Pair]) -> None:
    _clear(connection, "DELETE FROM variants WHERE item_key = ?", pairs)
    rows = [(key, i, one.size, one.stock) for key, _, new in pairs for i, one in enumerate(new.variants)]
    _insert(connection, "variants (item_key, position, size, stock)", rows)


def _write_tags(connection: sqlite3.Connection, pairs: Sequence[_Pair]) -> None:
    _clear(connection, "DELETE FROM tags WHERE item_key = ?", pairs)
    codes = write_values(connection, ((tag.field, tag.value) for _, _, new in pairs for tag in new.tags))
    rows = [
        (key, i, codes[tag.field, tag.value], float(tag.confidence), RANKS[tag.origin])
        for key, _, new in pairs
        for i, tag in enumerate(new.tags)
    ]
    _insert(connection, "tags (item_key, position, value_key, confidence, origin)", rows)


def _write_words(connection: sqlite3.Connection, pairs: Sequence[_Pair]) -> None:
    _clear(connection, "DELETE FROM words WHERE rowid = ?", pairs)
    write_words(connection, {key: new for key, _, new in pairs})


def _write_names(connection: sqlite3.Connection, items: Sequence[CatalogueItem]) -> None:
    kinds: dict[str, int] = {}
    for item in items:
        for name, value in item.details.items():
            kinds[name] = kinds.get(name, 0) | to_kinds(value)
    known = dict(connection.execute("SELECT name, kinds FROM detail_names")) if kinds else {}
    connection.executemany(
        "INSERT INTO detail_names (name, kinds) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET kinds = excluded.kinds",
        [
            (name, kind | known.get(name, 0))
            for name, kind in kinds.items()
            if kind | known.get(name, 0) != known.get(name)
        ],
    )


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many short rows, some at a time: by single ones, Python's lock changes hands at each of them."""
    whole = len(rows) - len(rows) % _AT_ONCE
    if whole:
        marks = ", ".join([_list_marks(rows[0])] * _AT_ONCE)
        several = (tuple(chain.from_iterable(rows[at : at + _AT_ONCE])) for at in range(0, whole, _AT_ONCE))
        connection.executemany(f"INSERT INTO {table} VALUES {marks}", several)  # noqa: S608
    if whole < len(rows):
        connection.executemany(f"INSERT INTO {table} VALUES {_list_marks(rows[0])}", rows[whole:])  # noqa: S608


def _list_marks(row: tuple[Any, ...]) -> str:
    return f"({', '.join('?' * len(row))})"


def _clear(connection: sqlite3.Connection, statement: str, pairs: Sequence[_Pair]) -> None:
    connection.executemany(statement, [(key,) for key, old, _ in pairs if old is not None])

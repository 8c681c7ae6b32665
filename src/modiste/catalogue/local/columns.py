"""The columns that filters and facets read, out of the tables, and brought up to date where items changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.columns import (
    Column,
    ColumnKind,
    NumberColumn,
    VariantColumns,
    WordColumn,
    WordListColumn,
)
from modiste.catalogue.filters.literals import to_word
from modiste.catalogue.item import CatalogueItem, Detail
from modiste.catalogue.local.rows import parse_details
from modiste.errors import UnknownNameError

__all__ = ["ColumnSet", "Columns", "list_kinds", "load_columns", "rearrange_columns", "update_columns"]

Rows = NDArray[np.int64]
FindRows = Callable[[Rows], Rows]
"""Keys int64 [m] -> the rows [m] that these items are in now, -1 where none."""

ColumnSet = dict[str, Column | VariantColumns]
"""Name -> column; sizes and stock are together under ``"size"``."""

_WORDS: Final = ("item_id", "product_id", "title", "brand", "currency")
_NUMBERS: Final = ("price", "list_price")
_VARIANTS: Final = "size"
_CHUNK: Final = 1 << 17


@dataclass(frozen=True, eq=False)
class Columns:
    """Those columns of a snapshot that were asked for.

    Args:
        rows: How many rows.
        kinds: Every column there is, with what it holds.
        built: Those that are there.
    """

    rows: int
    kinds: Mapping[str, ColumnKind]
    built: ColumnSet = field(default_factory=dict)

    def names(self) -> list[str]:
        """List the columns that filters may name."""
        return list(self.kinds)

    def column(self, name: str) -> Column:
        """Return a column other than size and stock."""
        found = self.built.get(name)
        if found is None or isinstance(found, VariantColumns):
            raise UnknownNameError("column", name, self.kinds)
        return found

    def variants(self) -> VariantColumns:
        """Return the sizes with their stock."""
        found = self.built.get(_VARIANTS)
        if not isinstance(found, VariantColumns):
            raise UnknownNameError("column", _VARIANTS, self.kinds)
        return found

    def __len__(self) -> int:
        return self.rows


def list_kinds(connection: sqlite3.Connection, fields: Iterable[str]) -> tuple[dict[str, ColumnKind], frozenset[str]]:
    """List every column that filters may name, with what it holds, and say which of them are fields.

    Of details with both numbers and text, words are made; a name keeps what it once held.

    Args:
        connection: To read from.
        fields: The fields of the taxonomy.
    """
    kinds: dict[str, ColumnKind] = dict.fromkeys(_WORDS, "word")
    kinds |= dict.fromkeys(_NUMBERS, "number")
    kinds |= {"size": "variant", "stock": "variant"}
    said = [name for (name,) in connection.execute("SELECT DISTINCT field FROM field_values ORDER BY field")]
    found = frozenset(name for name in (*fields, *said) if name not in kinds)
    kinds |= dict.fromkeys((name for name in (*fields, *said) if name in found), "words")
    for name, sum_ in connection.execute("SELECT name, kinds FROM detail_names"):
        kinds.setdefault(name, "words" if sum_ & 4 else "word" if sum_ & 2 else "number")
    return kinds, found


def load_columns(
    connection: sqlite3.Connection,
    names: Iterable[str],
    kinds: Mapping[str, ColumnKind],
    fields: frozenset[str],
    find_rows: FindRows,
    rows: int,
) -> ColumnSet:
    """Build columns out of the tables.

    Args:
        connection: Within a transaction.
        names: Which; of the fields, all are built at once.
        kinds: What each holds.
        fields: The names that are fields.
        find_rows: In which rows items are.
        rows: How many rows there are.

    Returns:
        The columns.
    """
    wanted = {_VARIANTS if kinds[name] == "variant" else name for name in names}
    found: ColumnSet = {}
    plain = sorted(wanted & {*_WORDS, *_NUMBERS})
    for name in plain:
        found[name] = _load_plain(connection, name, find_rows, rows)
    if _VARIANTS in wanted:
        found[_VARIANTS] = _load_variants(connection, find_rows, rows)
    if wanted & fields:
        found |= _load_fields(connection, fields, find_rows, rows)
    details = sorted(wanted - found.keys())
    if details:
        found |= _load_details(connection, details, kinds, find_rows, rows)
    return found


def update_columns(
    built: ColumnSet,
    kinds: Mapping[str, ColumnKind],
    fields: frozenset[str],
    changed: Mapping[int, CatalogueItem | None],
    rows: int,
) -> ColumnSet:
    """Bring columns up to date.

    Args:
        built: The columns of up to ``rows`` rows.
        kinds: What each holds now; a column that holds something else is left out.
        fields: The names that are fields.
        changed: Row -> the item that is in it now, of every row that is new or changed; None of one that died.
        rows: How many rows there are now.

    Returns:
        Columns of ``rows`` rows; the given ones are not changed.
    """
    order = sorted(changed)
    places = np.array(order, np.int64)
    items = [changed[row] for row in order]
    updated: ColumnSet = {}
    for name, column in built.items():
        if _holds(column) == kinds.get(name):
            updated[name] = _update(
                column, places, [_read_entry(item, name, kinds[name], fields) for item in items], rows
            )
    return updated


def rearrange_columns(built: ColumnSet, source: Rows) -> ColumnSet:
    """Return columns whose rows [n] are those rows of the given ones that ``source`` [n] names; -1 has nothing."""
    return {name: _rearrange(column, source) for name, column in built.items()}


def _rearrange(column: Column | VariantColumns, source: Rows) -> Column | VariantColumns:
    there = source >= 0
    if isinstance(column, NumberColumn):
        return NumberColumn(_gather(column.values, source, there, np.nan))
    if isinstance(column, WordColumn):
        return WordColumn(_gather(column.codes, source, there, -1), column.values)
    counts = _gather(np.diff(column.offsets), source, there, 0)
    starts = _gather(column.offsets[:-1], source, there, 0)
    offsets = np.zeros(len(source) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    entries = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], counts)
    if isinstance(column, WordListColumn):
        return WordListColumn(offsets, column.codes[entries], column.values)
    return VariantColumns(offsets, column.sizes[entries], column.size_values, column.stock[entries])


def _gather(old: NDArray[Any], source: Rows, there: NDArray[np.bool_], missing: float) -> NDArray[Any]:
    new = np.full(len(source), missing, old.dtype)
    new[there] = old[source[there]]
    return new


def _holds(column: Column | VariantColumns) -> ColumnKind:
    if isinstance(column, VariantColumns):
        return "variant"
    if isinstance(column, NumberColumn):
        return "number"
    return "word" if isinstance(column, WordColumn) else "words"


def _read_entry(item: CatalogueItem | None, name: str, kind: ColumnKind, fields: frozenset[str]) -> Any:
    if item is None:
        return () if kind in ("variant", "words") else None
    if kind == "variant":
        return [(variant.size, variant.stock) for variant in item.variants]
    if name in _WORDS or name in _NUMBERS:
        return getattr(item, name)
    if name in fields:
        return item.values(name)
    return _to_entry(item.details.get(name), kind)


def _to_entry(value: Detail, kind: ColumnKind) -> Any:
    if kind == "words":
        return () if value is None else value if isinstance(value, tuple) else (to_word(value),)
    if value is None or kind == "number":
        return value
    return to_word(value[0] if value else "") if isinstance(value, tuple) else to_word(value)


def _update(column: Column | VariantColumns, places: Rows, entries: list[Any], rows: int) -> Column | VariantColumns:
    if isinstance(column, NumberColumn):
        return NumberColumn(_put(column.values, places, _to_numbers(entries), rows, np.nan))
    if isinstance(column, WordColumn):
        codes, values = _encode(column.values, entries)
        return WordColumn(_put(column.codes, places, codes, rows, -1), values)
    counts = np.array([len(entry) for entry in entries], np.int64)
    offsets, kept, new = _splice(column.offsets, places, counts, rows)
    if isinstance(column, WordListColumn):
        codes, values = _encode(column.values, [word for entry in entries for word in entry])
        return WordListColumn(offsets, _weave(column.codes, codes, kept, new), values)
    flat = [variant for entry in entries for variant in entry]
    sizes, values = _encode(column.size_values, [size for size, _ in flat])
    stock = _weave(column.stock, _to_numbers([left for _, left in flat]), kept, new)
    return VariantColumns(offsets, _weave(column.sizes, sizes, kept, new), values, stock)


def _put(old: NDArray[Any], places: Rows, entries: NDArray[Any], rows: int, missing: float) -> NDArray[Any]:
    new = np.full(rows, missing, old.dtype)
    new[: len(old)] = old
    new[places] = entries
    return new


def _splice(
    offsets: Rows, places: Rows, counts: Rows, rows: int
) -> tuple[Rows, tuple[NDArray[np.bool_], NDArray[np.bool_]], NDArray[np.bool_]]:
    """Replace the entries of some rows.

    Returns:
        The new offsets [rows + 1]; which of the old entries stay, and which of the new entries they are; which of the
        new entries belong to the replaced rows.
    """
    old = np.diff(offsets)
    sizes = np.zeros(rows, np.int64)
    sizes[: len(old)] = old
    sizes[places] = counts
    replaced = np.zeros(rows, np.bool_)
    replaced[places] = True
    spliced = np.zeros(rows + 1, np.int64)
    np.cumsum(sizes, out=spliced[1:])
    new = np.repeat(replaced, sizes)
    return spliced, (np.repeat(~replaced[: len(old)], old), ~new), new


def _weave(
    old: NDArray[Any], entries: NDArray[Any], kept: tuple[NDArray[np.bool_], NDArray[np.bool_]], new: NDArray[np.bool_]
) -> NDArray[Any]:
    woven = np.empty(len(new), old.dtype)
    woven[kept[1]] = old[kept[0]]
    woven[new] = entries
    return woven


def _encode(values: tuple[str, ...], words: Sequence[str | None]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    places = {value: code for code, value in enumerate(values)}
    codes = [-1 if word is None else places.setdefault(word, len(places)) for word in words]
    if len(places) == len(values):
        return np.array(codes, np.int32), values
    _check_texts(list(places)[len(values) :])
    return np.array(codes, np.int32), tuple(places)


def _to_numbers(numbers: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if number is None else number for number in numbers], np.float64)


def _check_texts(values: Iterable[object]) -> None:
    for value in values:
        if type(value) is not str:
            raise TypeError(f"{value!r} where text was expected")


def _load_plain(connection: sqlite3.Connection, name: str, find_rows: FindRows, rows: int) -> Column:
    found = connection.execute(f"SELECT item_key, {name} FROM items WHERE {name} IS NOT NULL").fetchall()  # noqa: S608
    places = find_rows(np.array([key for key, _ in found], np.int64))
    there = places >= 0
    if name in _NUMBERS:
        values = np.full(rows, np.nan)
        values[places[there]] = np.array([value for _, value in found], np.float64)[there]
        return NumberColumn(values)
    encoded = WordColumn.from_words(value for _, value in found)
    _check_texts(encoded.values)
    codes = np.full(rows, -1, np.int32)
    codes[places[there]] = encoded.codes[there]
    return WordColumn(codes, encoded.values)


def _load_variants(connection: sqlite3.Connection, find_rows: FindRows, rows: int) -> VariantColumns:
    found = connection.execute("SELECT item_key, size, stock FROM variants ORDER BY item_key, position").fetchall()
    order, offsets = _arrange(find_rows(np.array([key for key, _, _ in found], np.int64)), rows)
    sizes = WordColumn.from_words(size for _, size, _ in found)
    _check_texts(sizes.values)
    stock = _to_numbers(stock for _, _, stock in found)
    return VariantColumns(offsets, sizes.codes[order], sizes.values, stock[order])


def _arrange(places: Rows, rows: int) -> tuple[Rows, Rows]:
    """Return the order in which entries of some rows stand by row, and the offsets [rows + 1]; -1 is left out."""
    there = np.flatnonzero(places >= 0)
    order = there[np.argsort(places[there], kind="stable")]
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(np.bincount(places[there], minlength=rows), out=offsets[1:])
    return order, offsets


def _load_fields(
    connection: sqlite3.Connection, fields: frozenset[str], find_rows: FindRows, rows: int
) -> dict[str, Column | VariantColumns]:
    names = sorted(fields)
    numbers = {name: number for number, name in enumerate(names)}
    said = connection.execute("SELECT value_key, field, value FROM field_values ORDER BY value_key").fetchall()
    known = np.array([key for key, _, _ in said], np.int64)
    field_of = np.array([numbers.get(name, -1) for _, name, _ in said], np.int64)
    places, keys, origins = _read_tags(connection, find_rows)
    values = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))  # [tags], places in ``said``
    if len(keys) and (not len(known) or (known[values] != keys).any()):
        raise sqlite3.DatabaseError("a tag has a value that is not there")
    groups = places * len(names) + field_of[values]
    best = np.full(rows * len(names), 3, np.int8)
    np.minimum.at(best, groups, origins)
    counts = origins == best[groups]
    texts = [value for _, _, value in said]
    _check_texts(texts)
    return {
        name: _pick_field(places, values, counts & (field_of[values] == numbers[name]), texts, rows) for name in names
    }


def _read_tags(connection: sqlite3.Connection, find_rows: FindRows) -> tuple[Rows, Rows, NDArray[np.int8]]:
    parts = []
    cursor = connection.execute("SELECT item_key, value_key, origin FROM tags ORDER BY item_key, position")
    while chunk := cursor.fetchmany(_CHUNK):
        part = np.array(chunk, np.int64)  # [some, 3]
        part[:, 0] = find_rows(part[:, 0])
        parts.append(part[part[:, 0] >= 0])
    tags = np.concatenate(parts) if parts else np.empty((0, 3), np.int64)
    return tags[:, 0], tags[:, 1], tags[:, 2].astype(np.int8)


def _pick_field(places: Rows, values: Rows, mask: NDArray[np.bool_], texts: Sequence[str], rows: int) -> WordListColumn:
    order, offsets = _arrange(places[mask], rows)
    used, codes = np.unique(values[mask][order], return_inverse=True)
    return WordListColumn(offsets, codes.astype(np.int32), tuple(texts[value] for value in used.tolist()))


def _load_details(
    connection: sqlite3.Connection,
    names: Sequence[str],
    kinds: Mapping[str, ColumnKind],
    find_rows: FindRows,
    rows: int,
) -> dict[str, Column | VariantColumns]:
    keys: list[int] = []
    entries: dict[str, list[Any]] = {name: [] for name in names}
    for key, text in connection.execute("SELECT item_key, details FROM items WHERE details <> '{}'"):
        details = parse_details(text)
        keys.append(key)
        for name in names:
            entries[name].append(_to_entry(details.get(name), kinds[name]))
    places = find_rows(np.array(keys, np.int64))
    return {name: _fill(kinds[name], places, entries[name], rows) for name in names}


def _fill(kind: ColumnKind, places: Rows, entries: list[Any], rows: int) -> Column | VariantColumns:
    empty: Column
    if kind == "number":
        empty = NumberColumn(np.full(rows, np.nan))
    elif kind == "word":
        empty = WordColumn(np.full(rows, -1, np.int32), ())
    else:
        empty = WordListColumn(np.zeros(rows + 1, np.int64), np.empty(0, np.int32), ())
    there = np.flatnonzero(places >= 0)
    order = there[np.argsort(places[there])]
    return _update(empty, places[order], [entries[place] for place in order.tolist()], rows)

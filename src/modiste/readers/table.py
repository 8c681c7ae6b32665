"""A table with a column of picture paths or addresses: CSV, Excel, Parquet or JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import PurePosixPath

import polars as pl

from modiste.errors import ModisteError, SourceError, UnknownNameError
from modiste.manifest import META, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest, note_unreadable
from modiste.readers.cells import make_free_column, to_text
from modiste.readers.identifiers import standardise_split
from modiste.readers.opinions import merge_labels
from modiste.readers.raw_table import FOLDER_SUFFIXES, TABLE_SUFFIXES, RawTable, load_table
from modiste.readers.source import File, Source
from modiste.readers.table_columns import Roles, assign_roles, find_image_column
from modiste.readers.table_pictures import PictureFinder
from modiste.readers.table_rows import Item, find_pictured_rows, group_rows, has_several_pictures, name_rows

__all__ = ["TABLE"]


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    try:
        file = _find_table(source, options)
        if options.image_column is not None:
            return None
        table = load_table(file.name, source.read_table(file), Problems())
    except ModisteError as error:
        return str(error)
    found = find_image_column(table.columns, taken=options.fields)
    return None if found else f"a column of picture paths or URLs in {file.name}"


def _find_table(source: Source, options: ReaderOptions) -> File:
    """Return the table to read: the one that was named, the source itself, or the only one nearest to the root."""
    names = {file.name: file for file in source.files}
    if options.table is not None:
        if options.table not in names:
            raise UnknownNameError("table", options.table, [name for name in names if _has_suffix(name)])
        return names[options.table]
    if source.is_file:
        if PurePosixPath(source.path).suffix.lower() not in TABLE_SUFFIXES:
            raise SourceError(f"a name that ends like a table's ({' '.join(sorted(TABLE_SUFFIXES))})")
        return source.files[0]
    found = [file for file in source.files if _has_suffix(file.name)]
    depth = min((file.name.count("/") for file in found), default=0)
    nearest = [file for file in found if file.name.count("/") == depth]
    if len(nearest) != 1:
        listed = ", ".join(file.name for file in nearest[:5])
        raise SourceError(
            f"one table of several; name one: table ({listed})" if nearest else "a table (.csv, .xlsx ...)"
        )
    return nearest[0]


def _has_suffix(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in FOLDER_SUFFIXES


def _read(source: Source, options: ReaderOptions) -> Manifest:
    file = _find_table(source, options)
    problems = Problems()
    table = load_table(file.name, source.read_table(file), problems)
    roles = assign_roles(table.columns, options)
    rows = find_pictured_rows(table, roles, _make_finder(source, file, options), problems)
    if not source.is_file:
        note_unreadable(source, kept=len(rows), rows=table.rows, problems=problems)
    told = options.id_column is not None or roles.annotator is not None
    if roles.item_id and not told and has_several_pictures(rows, table.columns[roles.item_id]):
        roles = roles.with_id_of_product()
    ids = name_rows(rows, table.columns[roles.item_id] if roles.item_id else None)
    items = group_rows(table, rows, ids, roles.annotator, problems)
    merged, opinions = merge_labels(table, items, roles, options, problems)
    frame = pl.DataFrame([*_make_columns(table, items, roles), *merged])
    return build_manifest(frame, problems, reader=TABLE.name, options=options, opinions=opinions, rows=table.rows)


def _make_finder(source: Source, file: File, options: ReaderOptions) -> PictureFinder:
    if options.root is not None:
        return PictureFinder(Source(options.root), search=True)
    if source.is_file:
        return PictureFinder(Source(source.path.parent), search=False)
    return PictureFinder(source, base=file.name.rpartition("/")[0], search=True)


def _make_columns(table: RawTable, items: Sequence[Item], roles: Roles) -> list[pl.Series]:
    """Return all columns of a manifest but the labels."""
    at = [item.first.at for item in items]
    boxes = [item.first.box for item in items]
    columns = [
        pl.Series("item_id", [item.item_id for item in items], pl.String),
        pl.Series("image", [item.first.picture.reference for item in items], pl.String),
        pl.Series("box", [None if box is None else list(box) for box in boxes], pl.List(pl.Float64)),
    ]
    texts = {"product_id": roles.product_id, "split": roles.split, "title": roles.title}
    for part, name in texts.items():
        cells = [None if name is None else to_text(table.columns[name][row]) for row in at]
        columns.append(pl.Series(part, map(_standardise, cells) if part == "split" else cells, pl.String))
    return columns + [make_free_column(META + name, [table.columns[name][row] for row in at]) for name in roles.meta]


def _standardise(split: str | None) -> str | None:
    return split and (standardise_split(split) or split)


TABLE = Reader(
    name="table",
    description="A table with a column of picture paths or URLs: CSV, Excel, Parquet or JSON lines",
    options=frozenset(item.name for item in fields(ReaderOptions)) - {"details"},
    find_obstacle=_find_obstacle,
    read=_read,
)

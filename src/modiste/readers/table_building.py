"""From the rows of a table, whatever file they come from, to a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from modiste.manifest import META, Manifest
from modiste.readers.base import ReaderOptions
from modiste.readers.building import Problems, build_manifest, note_unreadable
from modiste.readers.cells import make_free_column, to_text
from modiste.readers.identifiers import standardise_split
from modiste.readers.opinions import merge_labels
from modiste.readers.raw_table import RawTable
from modiste.readers.source import Source
from modiste.readers.table_columns import Roles, assign_roles
from modiste.readers.table_rows import Finder, Item, find_pictured_rows, group_rows, has_several_pictures, name_rows

__all__ = ["build_from_table"]


def build_from_table(
    table: RawTable,
    finder: Finder,
    options: ReaderOptions,
    problems: Problems,
    *,
    reader: str,
    labels: Iterable[str] = (),
    source: Source | None = None,
) -> Manifest:
    """Make a manifest from a table with a column of pictures.

    Args:
        table: The table.
        finder: Turns the cells of the picture column into pictures.
        options: What the user told.
        problems: Receives the rows that are left out.
        reader: The reader's name.
        labels: Columns that are labels whatever their cells look like, unless the user names the label columns.
        source: Where the pictures were looked for; what can't be opened there is noted if many are missing.

    Raises:
        SourceError: No column holds pictures, or no row can be used.
        UnknownNameError: The user named a column that is not there.
    """
    roles = _with_labels(assign_roles(table.columns, options), () if options.fields else labels)
    rows = find_pictured_rows(table, roles, finder, problems)
    if source is not None:
        note_unreadable(source, kept=len(rows), rows=table.rows, problems=problems)
    told = options.id_column is not None or roles.annotator is not None
    if roles.item_id and not told and has_several_pictures(rows, table.columns[roles.item_id]):
        roles = roles.with_id_of_product()
    ids = name_rows(rows, table.columns[roles.item_id] if roles.item_id else None)
    items = group_rows(table, rows, ids, roles.annotator, problems)
    merged, opinions = merge_labels(table, items, roles, options, problems)
    frame = pl.DataFrame([*_make_columns(table, items, roles), *merged])
    return build_manifest(frame, problems, reader=reader, options=options, opinions=opinions, rows=table.rows)


def _with_labels(roles: Roles, labels: Iterable[str]) -> Roles:
    added = [name for name in labels if name in roles.meta]
    return replace(roles, labels=(*roles.labels, *added), meta=tuple(name for name in roles.meta if name not in added))


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

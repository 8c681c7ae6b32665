"""A manifest as columns with names of their own, and what to tell a reader so that each is read as what it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import SourceError, UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.boxes import parse_box
from modiste.readers.table_columns import assign_roles
from modiste.writers.base import Prepared
from modiste.writers.delimited import list_free_names
from modiste.writers.names import make_cell_ids

__all__ = ["choose_reading", "make_columns", "make_ready", "prepare_by_reading", "prepare_from", "read_dry"]

_SEPARATORS = ("|", ";", ",", "/", "\t", "||", "\x1f")
_BOX = ("left", "top", "width", "height")
_TOLD = {"item_id": "id_column", "product_id": "product_column", "split": "split_column", "title": "title_column"}
_WAY_OUT = "Type: --to table OUT.parquet, which holds any text"


def make_ready(manifest: Manifest) -> Manifest:
    """Return the manifest with ids that no table takes for blanks, and without boxes that have no area."""
    items = manifest.items
    ids = [pl.Series(name, make_cell_ids(items[name].to_list()), pl.String) for name in ("item_id", "product_id")]
    boxes = [None if box is None else _check_box(box) for box in items["box"].to_list()]
    return Manifest(manifest.taxonomy, items.with_columns(*ids, pl.Series("box", boxes, pl.List(pl.Float64))))


def _check_box(box: list[float | None]) -> list[float] | None:
    try:
        return parse_box(box)
    except (ValueError, TypeError):
        return None


def choose_reading(manifest: Manifest, *, separator: str | None = None) -> ReaderOptions:
    """Choose names for the columns so that none stands for two things, and return them as a reader is told them.

    Args:
        manifest: The data set.
        separator: What stands between the labels of a cell; by default one that no label holds.

    Raises:
        UsageError: A field's name can't head a column, or a label holds the separator.
    """
    fields = manifest.taxonomy.names
    unfit = [name for name in fields if name != name.strip() or not name]
    if unfit:
        raise UsageError(f"a field is called {unfit[0]!r}; a column's name neither is empty nor begins with a blank")
    multi = tuple(field.name for field in manifest.taxonomy if field.kind == "multi")
    return ReaderOptions(
        fields=fields,
        multi_fields=multi,
        separator=_choose_separator(manifest, multi, separator) if multi else None,
        box_columns=tuple(_find_free(name, fields) for name in _BOX),
        id_column=_find_free("item_id", fields),
        product_column=_find_free("product_id", fields),
        image_column=_find_free("image", fields),
        split_column=_find_free("split", fields),
        title_column=_find_free("title", fields),
    )


def _find_free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _choose_separator(manifest: Manifest, multi: tuple[str, ...], told: str | None) -> str:
    values = [value for name in multi for value in manifest.taxonomy[name].values]
    for separator in _SEPARATORS if told is None else (told,):
        if not any(separator in value for value in values):
            return separator
    held = next(value for value in values if (told or _SEPARATORS[0]) in value)
    raise UsageError(
        f"the separator {told or _SEPARATORS[0]!r} stands in the label {held!r}. Type another: --label-separator '§'"
    )


def make_columns(manifest: Manifest, reading: ReaderOptions, images: pl.Series, *, join: bool) -> pl.DataFrame:
    """Return the manifest as a table: ids and the like, the picture, the box, the fields, the free columns.

    Args:
        manifest: The data set.
        reading: The columns' names, from `choose_reading`.
        images: What stands in the column of pictures.
        join: Whether several labels become one text.
    """
    items = manifest.items
    boxes = [[None] * 4 if box is None else box for box in items["box"].to_list()]
    columns = [
        *(items[name].alias(str(getattr(reading, told))) for name, told in _TOLD.items()),
        images.alias(str(reading.image_column)),
        *(pl.Series(name, [box[at] for box in boxes], pl.Float64) for at, name in enumerate(reading.box_columns)),
    ]
    for name in reading.fields:
        label = items[LABEL + name].alias(name)
        columns.append(label.list.join(reading.separator or "") if join and name in reading.multi_fields else label)
    taken = [column.name for column in columns]
    free = list_free_names((name.removeprefix(META) for name in items.columns if name.startswith(META)), taken)
    columns += [items[META + name].alias(name) for name in _drop_annotators(free, reading, taken)]
    return pl.DataFrame(columns)


def _drop_annotators(free: list[str], reading: ReaderOptions, taken: list[str]) -> list[str]:
    """Leave out free columns whose name makes a reader take them for who labelled a row."""
    kept = list(free)
    while True:
        columns: dict[str, list[Any]] = {name: [] for name in (*taken, *kept)}
        annotator = assign_roles(columns, reading).annotator
        if annotator is None:
            return kept
        kept.remove(annotator)


def prepare_by_reading(
    manifest: Manifest, write: Callable[[Path], Path], *, reader: str, reading: ReaderOptions
) -> Prepared:
    """Write a manifest without its pictures and read it, so that what is told beforehand is what will happen.

    Args:
        manifest: With the ids that reading is to give.
        write: Writes into an empty folder and returns what is to be read.
        reader: The reader's name.
        reading: What to tell it.

    Raises:
        UsageError: Some items would not come back.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = read_dry(write(Path(folder)), reader=reader, reading=reading)
    return prepare_from(manifest, found, reading)


def read_dry(path: Path, *, reader: str, reading: ReaderOptions) -> Manifest:
    """Read what was written for a trial.

    Raises:
        UsageError: It can't be read, so nothing should be written for good.
    """
    try:
        return read_source(path, reader=reader, options=reading)
    except SourceError as error:
        raise UsageError(f"this format can't hold these items: {error}. {_WAY_OUT}") from error


def prepare_from(manifest: Manifest, found: Manifest, reading: ReaderOptions) -> Prepared:
    """Match what a reader found with the items that were written.

    Args:
        manifest: With the ids that reading is to give.
        found: What the reader gave.
        reading: What the reader was told.

    Raises:
        UsageError: Some items would not come back.
    """
    places = {item_id: at for at, item_id in enumerate(manifest.items["item_id"])}
    rows = [places.get(item_id, -1) for item_id in found.items["item_id"]]
    if len(rows) < len(places) or -1 in rows:
        lost = len(places) - len(set(rows) - {-1})
        reason = next(iter(found.problems["reason"]), "texts of several lines are mistaken for rows")
        raise UsageError(
            f"{lost:,} of {len(places):,} items would not come back from this format: {reason}. {_WAY_OUT}"
        )
    items = found.items.with_columns(manifest.items["image"][rows])
    return Prepared(Manifest(found.taxonomy, items), tuple(rows), reading)

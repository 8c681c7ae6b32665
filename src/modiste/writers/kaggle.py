"""The layout of Kaggle's "Fashion Product Images": styles.csv, and pictures named by id."""

from __future__ import annotations

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers import ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.kaggle import KAGGLE as READER
from modiste.readers.kaggle import KAGGLE_FIELDS, KAGGLE_ID, KAGGLE_PARENTS, KAGGLE_TITLE, convert_cells
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.delimited import check_csv, list_free_names, to_cell, to_csv
from modiste.writers.job import Job
from modiste.writers.names import make_file_names

__all__ = ["KAGGLE"]

_TABLE, _PICTURES = "styles.csv", "images"
_WAY_OUT = "Type: --to table OUT.parquet"


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    if not len(manifest.taxonomy):
        raise UsageError(
            f"Kaggle's layout needs one of the fields {', '.join(KAGGLE_FIELDS)}; there is none. {_WAY_OUT}"
        )
    items = manifest.items
    ids = pl.Series("item_id", make_file_names(items["item_id"].to_list()), pl.String)
    cells = _make_cells(items.with_columns(ids))
    check_csv(cells, way_out=_WAY_OUT)
    columns = [convert_cells(header, column) for header, column in cells.items() if header != KAGGLE_ID]
    frame = pl.DataFrame([ids, items["image"], *columns])
    built = build_manifest(frame, Problems(), reader=READER.name, options=ReaderOptions(), parents=KAGGLE_PARENTS)
    return Prepared(built, tuple(range(len(items))))


def _make_cells(items: pl.DataFrame) -> dict[str, list[str]]:
    """Return the columns of styles.csv."""
    fields = [name for name in KAGGLE_FIELDS if LABEL + name in items.columns]
    free = [name.removeprefix(META) for name in items.columns if name.startswith(META)]
    headers = {KAGGLE_ID: "item_id", **{name: LABEL + name for name in fields}}
    headers |= {name: META + name for name in list_free_names(free, (*KAGGLE_FIELDS, KAGGLE_ID, KAGGLE_TITLE))}
    headers[KAGGLE_TITLE] = "title"
    return {header: [to_cell(value) for value in items[column]] for header, column in headers.items()}


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    copied = job.copy_pictures(items, job.target / _PICTURES, items["item_id"].to_list())
    written = items.filter(pl.Series([name is not None for name in copied], dtype=pl.Boolean))
    (job.target / _TABLE).write_bytes(to_csv(_make_cells(written)))


KAGGLE = Writer(
    name="kaggle",
    description="Kaggle's Fashion Product Images: styles.csv, and images/ID.jpg",
    reader=READER.name,
    keeps=Keeps(product_id=False, splits=(), box=False, single=KAGGLE_FIELDS, multi=(), values=False, opinions=False),
    prepare=_prepare,
    write=_write,
)

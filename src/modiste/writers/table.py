"""A table and a folder of pictures beside it: CSV, Excel, Parquet or JSON lines, by the suffix of the output."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from modiste.manifest import Manifest
from modiste.readers.cells import is_url
from modiste.readers.table import TABLE as READER
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.columns import choose_reading, make_columns, make_ready, prepare_by_reading
from modiste.writers.job import Job, list_pictures_folder
from modiste.writers.names import make_file_names
from modiste.writers.table_files import TABLE_FILES, find_table_file

__all__ = ["TABLE"]

_ANYWHERE = "https://localhost/1.jpg"  # a picture that need not be there for the table to be read


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    file = find_table_file(name)
    manifest = make_ready(manifest)
    reading = choose_reading(manifest, separator=options.separator)
    anywhere = pl.Series([_ANYWHERE] * len(manifest), dtype=pl.String)

    def write(folder: Path) -> Path:
        path = folder / f"table{file.suffix}"
        file.write(path, make_columns(manifest, reading, anywhere, join=not file.holds_lists))
        return path

    return prepare_by_reading(manifest, write, reader=READER.name, reading=reading)


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    images = pl.Series("image", _place_pictures(items, job), pl.String)
    written = Manifest(prepared.manifest.taxonomy, items.filter(images.is_not_null()))
    file = find_table_file(job.target.name)
    table = make_columns(written, prepared.reading, images.drop_nulls(), join=not file.holds_lists)
    file.write(job.target, table)


def _place_pictures(items: pl.DataFrame, job: Job) -> list[str | None]:
    """Copy the pictures beside the table; return where each lies, as the table says it: an address stays one."""
    (folder,) = list_pictures_folder(job.target)
    images: list[str | None] = items["image"].to_list()
    local = [at for at, image in enumerate(images) if image is not None and not is_url(image)]
    job.count_written(len(images) - len(local))
    if local:
        chosen = items[local]
        copied = job.copy_pictures(chosen, folder, make_file_names(chosen["item_id"].to_list()))
        for at, name in zip(local, copied, strict=True):
            images[at] = None if name is None else f"{folder.name}/{name}"
    return images


TABLE = Writer(
    name="table",
    description="A table by the output's suffix, and OUT.pictures beside it; picture addresses stay addresses",
    reader=READER.name,
    keeps=Keeps(hierarchy=False, values=False, opinions=False),
    prepare=_prepare,
    write=_write,
    suffixes=tuple(TABLE_FILES),
    options=frozenset({"fields", "separator"}),
    list_beside=list_pictures_folder,
)

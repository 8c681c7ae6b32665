"""WebDataset: tar shards of bounded size; a sample is a picture and a .json of the same name."""

from __future__ import annotations

import io
import itertools
import json
import math
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.json_text import parse_json
from modiste.readers.raw_table import RawTable
from modiste.readers.source import File
from modiste.readers.table_building import build_from_table
from modiste.readers.web_dataset import FIELDS_PART
from modiste.readers.web_dataset import WEB_DATASET as READER
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.columns import choose_reading, make_columns, make_ready, prepare_from
from modiste.writers.job import Job

__all__ = ["WEB_DATASET"]

_IMAGE = "image"  # the column that the reader makes; no field can have its name
_BLOCK = 512


class _AnyPicture:
    """Finds every picture, as none has been written yet."""

    def find(self, cell: str) -> File:
        """Return the cell as a file."""
        return File(cell, cell)


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    if _IMAGE in manifest.taxonomy:
        raise UsageError(
            f"a field is called {_IMAGE!r}, as the picture is in WebDataset. Type: --rename {_IMAGE}=shown"
        )
    manifest = make_ready(manifest)
    reading = choose_reading(manifest)
    keys = pl.Series([_make_key(at) for at in range(len(manifest))], dtype=pl.String)
    records = [parse_json(text) for text in _make_records(manifest, reading, keys)]
    columns = {name: [record[name] for record in records] for name in records[0]}
    columns[_IMAGE] = keys.to_list()
    raw = RawTable(columns, keys.to_list(), len(records))
    found = build_from_table(raw, _AnyPicture(), reading, Problems(), reader=READER.name)
    return prepare_from(manifest, found, replace(reading, image_column=None))


def _make_key(at: int) -> str:
    return f"{at:09}"


def _make_records(manifest: Manifest, reading: ReaderOptions, images: pl.Series) -> Iterator[str]:
    """Yield what the .json of each sample says; the picture is no part of it."""
    table = make_columns(manifest, reading, images, join=False).drop(_IMAGE)
    for row in table.iter_rows(named=True):
        yield json.dumps({name: _to_json(value) for name, value in row.items()}, ensure_ascii=False, default=str)


def _to_json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Shards:
    """Tar files of bounded size, one after the other.

    Args:
        folder: Where they go.
        limit: A shard is closed before a sample would make it longer than this, in bytes.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._tar: tarfile.TarFile | None = None
        self._count = 0
        self._length = 0

    def add(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Write the files of one sample into the same shard."""
        length = sum(_BLOCK + -(-len(data) // _BLOCK) * _BLOCK for _, data in files)
        if self._tar is None or (self._length and self._length + length > self._limit):
            self._open_next()
        for name, data in files:
            info = tarfile.TarInfo(name)  # without a time or an owner, so that the same items give the same shard
            info.size = len(data)
            cast(tarfile.TarFile, self._tar).addfile(info, io.BytesIO(data))
        self._length += length

    def _open_next(self) -> None:
        self.close()
        self._tar = tarfile.open(self._folder / f"shard-{self._count:06}.tar", "w")  # noqa: SIM115  (closed by close)
        self._count += 1
        self._length = 0

    def close(self) -> None:
        """Finish the last shard."""
        if self._tar is not None:
            self._tar.close()


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    keys = pl.Series([_make_key(at) for at in range(len(items))], dtype=pl.String)
    reading = replace(prepared.reading, image_column=_IMAGE)
    records = _make_records(prepared.manifest, reading, keys)
    job.target.mkdir()
    with closing(_Shards(job.target, job.options.shard_bytes)) as shards:
        reached = 0
        for picture in job.read_pictures(items):
            record = next(itertools.islice(records, picture.at - reached, None))
            reached = picture.at + 1
            key = keys[picture.at]
            shards.add([(key + picture.suffix, picture.data), (f"{key}.{FIELDS_PART}", record.encode())])


WEB_DATASET = Writer(
    name="webdataset",
    description="WebDataset: tar shards of bounded size, a picture and a .json of its labels a sample",
    reader=READER.name,
    keeps=Keeps(hierarchy=False, values=False, opinions=False),
    prepare=_prepare,
    write=_write,
    options=frozenset({"fields", "shard_bytes"}),
)

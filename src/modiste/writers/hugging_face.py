"""A Hugging Face data set: Parquet files with the pictures inside, one or more a part, and dataset_info.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from modiste.imaging.picture_tables import PICTURE_BYTES, PICTURE_PATH
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions
from modiste.readers.hugging_face import DATASET_INFO
from modiste.readers.hugging_face import HUGGING_FACE as READER
from modiste.readers.hugging_face_features import HUGGING_FACE_KEY
from modiste.taxonomy import Taxonomy
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.columns import choose_reading, make_columns, make_ready, prepare_by_reading
from modiste.writers.job import Job, Picture
from modiste.writers.names import make_file_names

__all__ = ["HUGGING_FACE"]

_PICTURE = pl.Struct({PICTURE_BYTES: pl.Binary, PICTURE_PATH: pl.String})
_ROWS_A_GROUP = 1000  # readers load a group of rows at a time
_LARGEST_TABLE = 200_000_000  # bytes of pictures that are held in memory at once
_NO_WORD = re.compile(r"\W+")


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    manifest = make_ready(manifest)
    reading = choose_reading(manifest)

    def write(folder: Path) -> Path:
        blanks = [b""] * len(manifest)
        _write_table(folder / "train.parquet", manifest, reading, range(len(manifest)), blanks, blanks)
        return folder

    return prepare_by_reading(manifest, write, reader=READER.name, reading=reading)


def _write_table(
    path: Path,
    manifest: Manifest,
    reading: ReaderOptions,
    rows: Sequence[int],
    data: Sequence[bytes],
    names: Sequence[Any],
) -> None:
    cells = [{PICTURE_BYTES: held, PICTURE_PATH: str(name)} for held, name in zip(data, names, strict=True)]
    pictures = pl.Series(cells, dtype=_PICTURE)
    chosen = Manifest(manifest.taxonomy, manifest.items[list(rows)])
    table = make_columns(chosen, reading, pictures, join=False)
    table = table.with_columns(_number(table[field.name], field.values) for field in manifest.taxonomy)
    features = json.dumps({"info": {"features": _describe(table, manifest.taxonomy)}}, ensure_ascii=False)
    table.write_parquet(path, row_group_size=_ROWS_A_GROUP, metadata={HUGGING_FACE_KEY: features})


def _number(labels: pl.Series, values: Sequence[str]) -> pl.Series:
    """Replace labels by their numbers in label order."""
    numbers = {value: at for at, value in enumerate(values)}
    if isinstance(labels.dtype, pl.List):
        listed = [None if cell is None else [numbers[value] for value in cell] for cell in labels.to_list()]
        return pl.Series(labels.name, listed, pl.List(pl.Int64))
    return pl.Series(labels.name, [None if value is None else numbers[value] for value in labels], pl.Int64)


def _describe(table: pl.DataFrame, taxonomy: Taxonomy) -> dict[str, Any]:
    """Return the features of a table as `datasets` writes them."""
    features: dict[str, Any] = {}
    for name, dtype in table.schema.items():
        if name in taxonomy:
            named = {"names": list(taxonomy[name].values), "_type": "ClassLabel"}
            features[name] = named if taxonomy[name].kind == "single" else {"feature": named, "_type": "List"}
        else:
            features[name] = {"_type": "Image"} if dtype == _PICTURE else _describe_type(dtype)
    return features


def _describe_type(dtype: object) -> Any:
    if isinstance(dtype, pl.List):
        return {"feature": _describe_type(dtype.inner), "_type": "List"}
    if isinstance(dtype, pl.Struct):
        return {field.name: _describe_type(field.dtype) for field in dtype.fields}
    return {"dtype": _TYPES.get(str(dtype), "string"), "_type": "Value"}


_TYPES: Mapping[str, str] = {
    "Boolean": "bool",
    "Float32": "float32",
    "Float64": "float64",
    "Date": "date32",
    **{f"Int{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}


class _Part:
    """The tables of one part of the set: pictures are gathered until a table is large enough."""

    def __init__(self, prepared: Prepared, folder: Path, name: str, limit: int) -> None:
        self._prepared = prepared
        self._folder = folder
        self.name = name
        self._limit = limit
        self._rows: list[int] = []
        self._data: list[bytes] = []
        self._names: list[str] = []
        self._bytes = 0
        self.files: list[Path] = []
        self.count = 0

    def add(self, picture: Picture, name: str) -> None:
        if self._rows and self._bytes + len(picture.data) > self._limit:
            self.flush()
        self._bytes += len(picture.data)
        self._rows.append(picture.at)
        self._data.append(picture.data)
        self._names.append(name + picture.suffix)
        self.count += 1

    def flush(self) -> None:
        path = self._folder / f"{self.name}-{len(self.files):05}.parquet"
        manifest, reading = self._prepared.manifest, self._prepared.reading
        _write_table(path, manifest, reading, self._rows, self._data, self._names)
        self.files.append(path)
        self._rows, self._data, self._names, self._bytes = [], [], [], 0

    def finish(self) -> None:
        """Write what is left, and name the files as the hub does, which needs their number."""
        self.flush()
        for number, path in enumerate(self.files):
            path.rename(path.with_name(f"{self.name}-{number:05}-of-{len(self.files):05}.parquet"))


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    names = make_file_names(items["item_id"].to_list())
    folder = job.target / "data"
    folder.mkdir(parents=True)
    splits = items["split"].to_list()
    parts: dict[str, _Part] = {}
    limit = min(job.options.shard_bytes, _LARGEST_TABLE)
    for picture in job.read_pictures(items):
        name = _name_part(splits[picture.at])
        part = parts.setdefault(name, _Part(prepared, folder, name, limit))
        part.add(picture, names[picture.at])
    for part in parts.values():
        part.finish()
    _write_info(job.target / DATASET_INFO, prepared, {part.name: part.count for part in parts.values()})


def _name_part(split: str | None) -> str:
    """Return the name of the files of a part; what belongs to none is offered for training."""
    return _NO_WORD.sub("_", split or "train")


def _write_info(path: Path, prepared: Prepared, counts: Mapping[str, int]) -> None:
    empty = make_columns(
        Manifest(prepared.manifest.taxonomy, prepared.manifest.items[:0]),
        prepared.reading,
        pl.Series([], dtype=_PICTURE),
        join=False,
    )
    info = {
        "features": _describe(empty, prepared.manifest.taxonomy),
        "splits": {name: {"name": name, "num_examples": count} for name, count in counts.items()},
    }
    path.write_text(json.dumps(info, ensure_ascii=False, indent=1), encoding="utf-8")


HUGGING_FACE = Writer(
    name="huggingface",
    description="A Hugging Face data set: data/PART-*.parquet with the pictures inside, and dataset_info.json",
    reader=READER.name,
    keeps=Keeps(hierarchy=False, opinions=False, order=False),
    prepare=_prepare,
    write=_write,
    options=frozenset({"fields", "shard_bytes"}),
)

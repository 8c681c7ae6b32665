"""iMaterialist 2018: a JSON, or a CSV, of images and the numbers of their labels for each part, and a map of labels."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.readers import ReaderOptions
from modiste.readers.cells import is_url
from modiste.readers.imaterialist import IMATERIALIST as READER
from modiste.readers.imaterialist import IMATERIALIST_FIELD, IMATERIALIST_FILES
from modiste.readers.imaterialist_files import LABEL_MAP_COLUMNS
from modiste.taxonomy import Taxonomy
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.columns import read_dry
from modiste.writers.delimited import to_csv
from modiste.writers.job import Job
from modiste.writers.names import make_file_names

__all__ = ["IMATERIALIST", "IMATERIALIST_CSV"]

_MAP, _REST = "label_map.csv", "rest"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_ANYWHERE = "https://localhost/1.jpg"  # a picture that need not be there for the file to be read

Numbers = Mapping[tuple[str, str], int]
"""Field and value -> the number of the label."""


def _number_labels(taxonomy: Taxonomy) -> Numbers:
    values = [(field.name, value) for field in taxonomy for value in field.values]
    if _is_bare(taxonomy):
        return {pair: int(pair[1]) for pair in values}
    return {pair: number for number, pair in enumerate(values, 1)}


def _is_bare(taxonomy: Taxonomy) -> bool:
    """Tell whether the labels are numbers that nobody named, as in the published set."""
    named = [value for field in taxonomy for value in field.values if not _NUMBER.fullmatch(value)]
    return taxonomy.names == (IMATERIALIST_FIELD,) and not named


def _write_map(path: Path, taxonomy: Taxonomy, numbers: Numbers) -> None:
    if _is_bare(taxonomy):
        return
    tasks = {name: number for number, name in enumerate(taxonomy.names, 1)}
    rows = [(str(number), str(tasks[field]), value, field) for (field, value), number in numbers.items()]
    columns = zip(*rows, strict=True) if rows else ([] for _ in LABEL_MAP_COLUMNS)
    path.write_bytes(to_csv(dict(zip(LABEL_MAP_COLUMNS, map(list, columns), strict=True))))


def _list_labels(items: pl.DataFrame, taxonomy: Taxonomy, numbers: Numbers) -> list[list[str] | None]:
    """Return the numbers of each item's labels; None if no field says anything of it."""
    columns = [(field, items[LABEL + field.name].to_list()) for field in taxonomy]
    labels: list[list[str] | None] = []
    for at in range(len(items)):
        said = [(field.name, column[at]) for field, column in columns if column[at] is not None]
        values = [(name, [value] if isinstance(value, str) else value) for name, value in said]
        found = [str(numbers[name, value]) for name, given in values for value in given]
        labels.append(found if said else None)
    return labels


def _group_parts(splits: pl.Series) -> dict[str | None, list[int]]:
    """Return the rows of each file: a part of the published set, or None for the rest."""
    groups: dict[str | None, list[int]] = {}
    for at, split in enumerate(splits):
        groups.setdefault(split if split in IMATERIALIST_FILES else None, []).append(at)
    return groups


def _name_part(part: str | None, *, alone: bool) -> str:
    return part or ("images" if alone else _REST)


def _make_json(ids: Sequence[str], urls: Sequence[str | None], labels: Sequence[list[str] | None]) -> bytes:
    images = [
        {"imageId": image_id} if url is None else {"url": [url], "imageId": image_id}
        for image_id, url in zip(ids, urls, strict=True)
    ]
    known = [(image_id, found) for image_id, found in zip(ids, labels, strict=True) if found is not None]
    notes = [{"labelId": found, "imageId": image_id} for image_id, found in known]
    return json.dumps({"images": images, "annotations": notes}, ensure_ascii=False).encode()


def _make_csv(ids: Sequence[str], urls: Sequence[str | None], labels: Sequence[list[str] | None]) -> bytes:
    return to_csv({"imageId": list(ids), "labelId": [" ".join(found or ()) for found in labels]})


_FORMS = {".json": _make_json, ".csv": _make_csv}


def _prepare(suffix: str, manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    if not len(manifest.taxonomy):
        raise UsageError("iMaterialist's files hold labels, and there is no field. Type: --to table OUT.csv")
    items = manifest.items.with_columns(
        item_id=pl.Series(make_file_names(manifest.items["item_id"].to_list()), dtype=pl.String)
    )
    groups = _group_parts(items["split"])
    with tempfile.TemporaryDirectory() as folder:
        urls: list[str | None] = [_ANYWHERE if suffix == ".json" else None] * len(items)
        _write_files(Path(folder), suffix, manifest.taxonomy, items, urls)
        if suffix == ".csv":
            _write_empty_pictures(Path(folder) / "pictures.zip", items, groups)
        found = read_dry(Path(folder), reader=READER.name, reading=ReaderOptions())
    several = len(groups) > 1
    prefixes = {at: f"{_name_part(part, alone=False)}/" for part, group in groups.items() for at in group}
    places = {(prefixes[at] if several else "") + item_id: at for at, item_id in enumerate(items["item_id"])}
    rows = [places[item_id] for item_id in found.items["item_id"]]
    back = found.items.with_columns(items["image"][rows])
    return Prepared(Manifest(found.taxonomy, back), tuple(rows))


def _write_files(
    folder: Path, suffix: str, taxonomy: Taxonomy, items: pl.DataFrame, urls: Sequence[str | None]
) -> None:
    """Write a file for each part, and the map of labels."""
    numbers = _number_labels(taxonomy)
    groups = _group_parts(items["split"])
    for part, rows in groups.items():
        chosen = items[rows]
        labels = _list_labels(chosen, taxonomy, numbers)
        text = _FORMS[suffix](chosen["item_id"].to_list(), [urls[at] for at in rows], labels)
        (folder / f"{_name_part(part, alone=len(groups) == 1)}{suffix}").write_bytes(text)
    _write_map(folder / _MAP, taxonomy, numbers)


def _write_empty_pictures(path: Path, items: pl.DataFrame, groups: Mapping[str | None, list[int]]) -> None:
    ids = items["item_id"].to_list()
    with zipfile.ZipFile(path, "w") as archive:
        for part, rows in groups.items():
            for at in rows:
                archive.writestr(f"{_name_part(part, alone=len(groups) == 1)}/{ids[at]}.jpg", b"")


def _write(suffix: str, prepared: Prepared, job: Job) -> None:
    items, taxonomy = prepared.manifest.items, prepared.manifest.taxonomy
    job.target.mkdir()
    groups = _group_parts(items["split"])
    names = [item_id.rpartition("/")[2] for item_id in items["item_id"]]
    folders = {at: _name_part(part, alone=len(groups) == 1) for part, rows in groups.items() for at in rows}
    addresses = [at for at, image in enumerate(items["image"]) if is_url(image) and suffix == ".json"]
    local = sorted(set(range(len(items))) - set(addresses))
    job.count_written(len(addresses))
    copied = (
        job.copy_pictures(items[local], job.target, [f"{folders[at]}/{names[at]}" for at in local]) if local else []
    )
    there = sorted([*addresses, *(at for at, name in zip(local, copied, strict=True) if name is not None)])
    kept = items.with_columns(item_id=pl.Series(names, dtype=pl.String))[there]
    held = set(addresses)
    urls = [items["image"][at] if at in held else None for at in there]
    _write_files(job.target, suffix, taxonomy, kept, urls)


_KEEPS = Keeps(
    item_id=False,
    product_id=False,
    splits=tuple(IMATERIALIST_FILES),
    box=False,
    title=False,
    kinds=False,
    hierarchy=False,
    values=False,
    blanks=False,
    opinions=False,
    meta=(),
    order=False,
)
IMATERIALIST = Writer(
    name="imaterialist",
    description="iMaterialist 2018: train.json ..., label_map.csv, and pictures by id; addresses stay addresses",
    reader=READER.name,
    keeps=_KEEPS,
    prepare=partial(_prepare, ".json"),
    write=partial(_write, ".json"),
)
IMATERIALIST_CSV = Writer(
    name="imaterialist-csv",
    description="iMaterialist 2018 as tables: train.csv ... with imageId and labelId, label_map.csv, pictures by id",
    reader=READER.name,
    keeps=_KEEPS,
    prepare=partial(_prepare, ".csv"),
    write=partial(_write, ".csv"),
)

"""iMaterialist Challenge (Fashion) 2018: 228 labels of a million pictures that are known by their addresses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import LABEL, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.identifiers import standardise_split
from modiste.readers.imaterialist_files import (
    LabelMap,
    is_annotation_csv,
    is_annotation_json,
    read_annotations,
    read_label_map,
)
from modiste.readers.source import File, Source, has_picture_suffix
from modiste.taxonomy import Field, Taxonomy

__all__ = ["IMATERIALIST", "IMATERIALIST_FIELD", "IMATERIALIST_FILES", "IMATERIALIST_LABELS", "IMATERIALIST_TASKS"]

IMATERIALIST_FIELD = "label"
IMATERIALIST_LABELS = 228
"""The labels are the numbers from 1 to this one."""
IMATERIALIST_FILES = {"train": "train.json", "validation": "validation.json", "test": "test.json"}
"""Part -> its file."""
IMATERIALIST_TASKS = ("category", "color", "gender", "material", "neckline", "pattern", "sleeve", "style")
"""The tasks of the published label map, by their numbers 1 to 6, 8 and 9: one field each, if the map is there."""
_FIELDS = ((), (IMATERIALIST_FIELD,))
_MOST_FILES = 20  # a folder with more of them has a small one for each picture
_MAP = re.compile(r"(^|/)[^/]*label_?map[^/]*\.csv$", re.IGNORECASE)
_PART = re.compile(r"(^|[^a-z])(train|training|val|valid|validation|test)(?=[^a-z]|$)", re.IGNORECASE)


def _find_files(source: Source) -> list[File]:
    """Return the files of annotations nearest to the root: JSON ones, or CSV ones where there is none."""
    for suffix, fits in ((".json", is_annotation_json), (".csv", is_annotation_csv)):
        named = [file for file in source.files if file.name.lower().endswith(suffix)]
        depth = min((file.name.count("/") for file in named), default=0)
        nearest = [file for file in named if file.name.count("/") == depth]
        found = [file for file in nearest if fits(source.read_table(file))] if len(nearest) <= _MOST_FILES else []
        if found:
            return found
    return []


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    if options.fields not in _FIELDS:
        return f"no other field than {IMATERIALIST_FIELD!r}"
    if any(options.table in (None, file.name) for file in _find_files(source)):
        return None
    return "a JSON with images (imageId, url) and annotations (imageId, labelId), or a CSV with imageId and labelId"


def _choose_files(source: Source, options: ReaderOptions) -> list[File]:
    files = _find_files(source)
    if not files:
        raise SourceError(
            f"{source.path} is not laid out as iMaterialist is: it lacks {_find_obstacle(source, options)}"
        )
    if options.table is None:
        return files
    chosen = [file for file in files if file.name == options.table]
    if not chosen:
        raise UnknownNameError("table", options.table, [file.name for file in files])
    return chosen


def _read(source: Source, options: ReaderOptions) -> Manifest:
    problems = Problems()
    files = _choose_files(source, options)
    label_map = _find_map(source, options)
    pictures = _find_pictures(Source(options.root) if options.root else source)
    tables = []
    rows = 0
    for file in files:
        table = read_annotations(file.name, source.read_table(file), problems)
        rows += table["rows"][0] if len(table) else 0
        part = _find_part(file.name)
        key = (part or posixpath.splitext(posixpath.basename(file.name))[0]) if len(files) > 1 else None
        tables.append(_place(table.drop("rows"), key, part, pictures, problems))
    items = pl.concat(tables)
    fields, labels = _make_labels(items["labels"], label_map, options, problems)
    return build_manifest(
        items.drop("labels").with_columns(labels),
        problems,
        reader=IMATERIALIST.name,
        options=options,
        rows=rows,
        taxonomy=Taxonomy(tuple(fields)),
    )


def _find_part(name: str) -> str | None:
    """Return the part of a data set that a file's name speaks of."""
    found = _PART.search(posixpath.basename(name))
    return standardise_split(found[2]) if found else None


def _find_map(source: Source, options: ReaderOptions) -> LabelMap | None:
    """Read the map of labels: the one that was named, else the one in the source or beside it."""
    if options.fields not in _FIELDS:
        raise UsageError(
            f"fields can only be {IMATERIALIST_FIELD!r} here: one field of numbers, whatever names there are"
        )
    if options.fields:
        return None
    if options.label_map is not None:
        named = Source(options.label_map)
        return read_label_map(str(options.label_map), named.read_table(named.files[0]))
    places = [source] if not source.is_file else [source, *(Source(path) for path in _list_maps(source))]
    found = [(place, file) for place in places for file in place.files if _MAP.search(file.name)]
    return read_label_map(found[0][1].name, found[0][0].read_table(found[0][1])) if found else None


def _list_maps(source: Source) -> list[Path]:
    return sorted(path for path in source.path.parent.glob("*.csv") if _MAP.search(path.name))


def _find_pictures(source: Source) -> pl.DataFrame:
    """Return the pictures by name: ``key`` is the stem, or the name; of several the nearest to the root counts."""
    files = [file for file in source.files if has_picture_suffix(file.name)]
    files.sort(key=lambda file: file.name.count("/"))
    names = [posixpath.basename(file.name) for file in files]
    stems = [posixpath.splitext(name)[0] for name in names]
    folders = [posixpath.basename(posixpath.dirname(file.name)) for file in files]
    columns = {"key": stems + names, "folder": folders * 2, "image": [file.reference for file in files] * 2}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))


def _place(
    table: pl.DataFrame, key: str | None, part: str | None, pictures: pl.DataFrame, problems: Problems
) -> pl.DataFrame:
    """Give every image its picture: a file that is named by its id, else its address."""
    if key is not None:  # ids begin anew in every file, so only pictures in a folder of that name are meant
        standard = pl.col("folder").map_elements(lambda name: standardise_split(name) or name, return_dtype=pl.String)
        pictures = pictures.filter(standard == key)
    nearest = pictures.select("key", "image").unique("key", keep="first", maintain_order=True)
    table = table.join(nearest, left_on="image_id", right_on="key", how="left", maintain_order="left")
    table = table.with_columns(image=pl.coalesce("image", "url"))
    lost = table["image"].is_null()
    for image in table.filter(lost)["image_id"]:
        problems.add(f"image {image}", "neither a picture named by its id nor an address")
    prefix = "" if key is None else f"{key}/"
    return table.filter(~lost).select(
        item_id=pl.lit(prefix) + pl.col("image_id"),
        image="image",
        split=pl.lit(part, dtype=pl.String),
        labels="labels",
    )


def _make_labels(
    labels: pl.Series, label_map: LabelMap | None, options: ReaderOptions, problems: Problems
) -> tuple[list[Field], list[pl.Series]]:
    seen = set(labels.explode(empty_as_null=True).drop_nulls().unique())
    if label_map is None:
        numbers = sorted(seen | set(range(1, IMATERIALIST_LABELS + 1)))
        field = Field(IMATERIALIST_FIELD, "multi", tuple(map(str, numbers)))
        texts = labels.cast(pl.List(pl.String)).alias(LABEL + IMATERIALIST_FIELD)
        return [field], [texts]
    for number in sorted(seen - set(label_map.names)):
        problems.remark(f"label {number}", "the map of labels does not name it (it is left out)")
    tasks = sorted(set(label_map.tasks.values()))
    fields, columns = [], []
    for task in tasks:
        numbers = sorted(number for number, its in label_map.tasks.items() if its == task)
        names = [label_map.names[number] for number in numbers]
        fields.append(Field(task, "multi", tuple(names)))
        columns.append(_name_labels(labels, numbers, names).alias(LABEL + task))
    return fields, columns


def _name_labels(labels: pl.Series, numbers: Sequence[int], names: Sequence[str]) -> pl.Series:
    """Return the names of those labels that are among some numbers; null stays null."""
    named = pl.element().replace_strict(numbers, names, default=None, return_dtype=pl.String)
    return labels.list.eval(named).list.drop_nulls()


IMATERIALIST = Reader(
    name="imaterialist",
    description="iMaterialist 2018 (fashion): JSON with images and annotations, or a CSV with imageId and labelId",
    options=frozenset({"fields", "label_map", "root", "table"}),
    find_obstacle=_find_obstacle,
    read=_read,
)

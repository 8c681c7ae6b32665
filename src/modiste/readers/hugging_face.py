"""A Hugging Face `datasets` set on disk: ``save_to_disk``, or the hub's Parquet files with pictures inside."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from modiste.errors import PictureError, SourceError, UnknownNameError
from modiste.imaging import ArchiveLimits, join_reference, split_reference
from modiste.imaging.formats import detect_format
from modiste.imaging.picture_tables import HAS_BYTES, PictureTable, open_picture_table
from modiste.imaging.table_members import has_picture_table_suffix
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.hugging_face_features import HUGGING_FACE_KEY, Features, parse_features
from modiste.readers.json_text import parse_json
from modiste.readers.raw_table import RawTable
from modiste.readers.shards import find_split
from modiste.readers.source import File, Source
from modiste.readers.table_building import build_from_table
from modiste.readers.table_pictures import PictureFinder
from modiste.taxonomy import Field, Taxonomy

__all__ = ["DATASET_DICT", "DATASET_INFO", "HUGGING_FACE", "STATE"]

DATASET_DICT, DATASET_INFO, STATE = "dataset_dict.json", "dataset_info.json", "state.json"
_CACHE = "cache-"  # what `datasets` leaves in a folder when it computes something
_SPLIT = "split"
_MAX_INFO_BYTES = 50_000_000
_EXPECTED = "Parquet or Arrow tables with a column of pictures' bytes (dataset_info.json, or data/train-*.parquet)"
_NO_CLASS = "a class number that has no name (the label is left open)"
_LIMITS = ArchiveLimits()


@dataclass(frozen=True)
class _Shard:
    """A table that was opened: its file, its column of pictures, its part of the set, its features."""

    file: File
    table: PictureTable
    column: str
    split: str | None
    features: Features


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    listed = _list_tables(source, Problems())
    if not listed:
        return _EXPECTED
    reasons = []
    for file, _ in listed[:3]:  # one damaged shard does not make another format of it
        try:
            _open(source, file, None, options)
            return None
        except SourceError as error:
            reasons.append(str(error))
    return reasons[0]


def _list_tables(source: Source, problems: Problems) -> list[tuple[File, str | None]]:
    """Return the tables with the part of the set that their folder is; of a folder only those that its state names."""
    tables = {file.name: file for file in source.files if has_picture_table_suffix(file.name)}
    states = {posixpath.dirname(file.name): file for file in source.files if posixpath.basename(file.name) == STATE}
    listed: list[tuple[File, str | None]] = []
    told: set[str] = set()
    paths = {file.name for file in source.files}
    for folder, state in states.items():
        names, split = _read_state(source, state)
        above, _, part = folder.rpartition("/")
        if split is None and part and posixpath.join(above, DATASET_DICT) in paths:
            split = part
        for name in names:
            path = posixpath.join(folder, name)
            if path in tables:
                listed.append((tables[path], split))
            else:
                problems.add(path, f"{STATE} names this file, but it is not there")
        told.update(path for path in tables if names and posixpath.dirname(path) == folder)
    rest = [file for name, file in tables.items() if name not in told]
    return listed + [(file, None) for file in rest if not posixpath.basename(file.name).startswith(_CACHE)]


def _read_state(source: Source, state: File) -> tuple[list[str], str | None]:
    try:
        said = parse_json(source.read(state, max_bytes=_MAX_INFO_BYTES).decode("utf-8", "replace"))
        names = [str(entry["filename"]) for entry in said["_data_files"]]
        split = said.get("_split")
    except (PictureError, ValueError, LookupError, TypeError, AttributeError):
        return [], None
    return names, split if isinstance(split, str) else None


def _open(source: Source, file: File, split: str | None, options: ReaderOptions) -> _Shard:
    path, members = split_reference(file.reference)
    if members:
        raise SourceError(f"tables of pictures that lie in no archive; unpack {source.path} first")
    table = open_picture_table(path, _LIMITS)
    features = parse_features(table.metadata.get(HUGGING_FACE_KEY, "")).merge(_read_info(source, file))
    column = _find_column(table, features, options)
    if column is None:
        raise SourceError(f"a column of pictures' bytes in {file.name}; its columns are {', '.join(table.schema)}")
    return _Shard(file, table, column, find_split(file.name) or split, features)


def _read_info(source: Source, file: File) -> Features:
    path = split_reference(file.reference)[0].with_name(DATASET_INFO)
    try:
        data = source.read(File(DATASET_INFO, join_reference(path)), max_bytes=_MAX_INFO_BYTES)
    except PictureError:
        return Features()
    return parse_features(data.decode("utf-8", "replace"))


def _find_column(table: PictureTable, features: Features, options: ReaderOptions) -> str | None:
    """Return the column of pictures: the one the user names, the first that is called one, the first that holds one."""
    if options.image_column is not None:
        if options.image_column not in table.picture_columns:
            raise UnknownNameError("column of pictures", options.image_column, table.picture_columns)
        return options.image_column
    called = [name for name in table.picture_columns if name in features.pictures]
    structures = [name for name in table.picture_columns if isinstance(table.schema[name], pl.Struct)]
    holding = (name for name in table.picture_columns if _holds_pictures(table, name))
    return next(iter(called or structures), None) or next(holding, None)


def _holds_pictures(table: PictureTable, column: str) -> bool:
    try:
        detect_format(table.read(table.members[f"{column}/0"], _MAX_INFO_BYTES))
    except (PictureError, KeyError):
        return False
    return True


def _read(source: Source, options: ReaderOptions) -> Manifest:
    problems = Problems()
    shards = list(_open_all(source, options, problems))
    if not shards:
        raise SourceError(f"{source.path} can't be read as a Hugging Face data set: {_summarise(source, problems)}")
    pictures = _Pictures(shards, source)
    column = shards[0].column
    raw = _load(shards, pictures, column, problems)
    classes = {name: names for shard in reversed(shards) for name, names in shard.features.classes.items()}
    raw = _name_classes(raw, classes, problems)
    told = replace(options, image_column=column)
    if _SPLIT in raw.columns and options.split_column is None:
        told = replace(told, split_column=_SPLIT)
    manifest = build_from_table(raw, pictures, told, problems, reader=HUGGING_FACE.name, labels=classes)
    return _order_values(manifest, classes)


def _summarise(source: Source, problems: Problems) -> str:
    return problems.summarise() if len(problems) else f"it lacks {_EXPECTED}"


def _open_all(source: Source, options: ReaderOptions, problems: Problems) -> Iterator[_Shard]:
    for file, split in _list_tables(source, problems):
        try:
            yield _open(source, file, split, options)
        except SourceError as error:
            problems.add(file.name, str(error))


class _Pictures:
    """Finds the pictures of the tables: in the table itself, or where a path without bytes leads."""

    def __init__(self, shards: Sequence[_Shard], source: Source) -> None:
        self._names: dict[str, str] = {}
        root = Source(source.path.parent) if source.is_file else source
        self._finder = PictureFinder(root, search=not source.is_file)
        self._shards = shards

    def list_cells(self, shard: _Shard, table: pl.DataFrame) -> list[str | None]:
        """Return a cell for each row: the reference of its picture, a path that is to be found, or None."""
        path = split_reference(shard.file.reference)[0]
        cells: list[str | None] = []
        for row, (name, held) in enumerate(zip(table[shard.column], table[HAS_BYTES], strict=True)):
            cells.append(join_reference(path, f"{shard.column}/{row}") if held else name)
            if held:
                self._names[cells[-1] or ""] = posixpath.basename(name or "")
        return cells

    def name(self, splits: Mapping[str, str | None]) -> None:
        """Name the pictures: by their paths if these tell them apart, else by their part of the set and a number."""
        if len(set(self._names.values()) - {""}) == len(self._names):
            return
        counts: dict[str | None, int] = {}
        for reference in self._names:
            split = splits[reference]
            counts[split] = counts.get(split, -1) + 1
            self._names[reference] = f"{split}/{counts[split]}" if split else str(counts[split])

    def find(self, cell: str) -> File:
        """Return the picture of a cell; PictureError if there is none."""
        name = self._names.get(cell)
        return self._finder.find(cell) if name is None else File(name, cell)


def _load(shards: Sequence[_Shard], pictures: _Pictures, column: str, problems: Problems) -> RawTable:
    """Bring the rows of all shards together; a column that a shard lacks is blank in it."""
    columns: dict[str, list[Any]] = {column: []}
    places: list[str] = []
    splits: dict[str, str | None] = {}
    for shard in shards:
        try:
            table = shard.table.read_plain_columns(shard.column)
        except SourceError as error:
            problems.add(shard.file.name, str(error))
            continue
        cells = pictures.list_cells(shard, table)
        splits |= dict.fromkeys((cell for cell in cells if cell), shard.split)
        loaded = {name: table[name].to_list() for name in shard.table.plain_columns} | {column: cells}
        if shard.split is not None:
            loaded.setdefault(_SPLIT, [shard.split] * table.height)
        _append(columns, loaded, len(places), table.height)
        places += [f"{shard.file.name} row {row}" for row in range(table.height)]
        _note_further_pictures(shard, problems)
    pictures.name(splits)
    return RawTable(columns, places, len(places))


def _append(columns: dict[str, list[Any]], loaded: Mapping[str, list[Any]], before: int, height: int) -> None:
    for name in {**columns, **loaded}:
        columns.setdefault(name, [None] * before).extend(loaded.get(name, [None] * height))


def _note_further_pictures(shard: _Shard, problems: Problems) -> None:
    for name in shard.table.schema:
        if name not in shard.table.plain_columns and name != shard.column:
            problems.remark(f"{shard.file.name} column {name}", "a further column of pictures or bytes is not read")


def _name_classes(raw: RawTable, classes: Mapping[str, Sequence[str]], problems: Problems) -> RawTable:
    """Replace the numbers of classes by their names; -1 and null say that nothing is known."""
    columns = dict(raw.columns)
    for column, names in classes.items():
        if column not in columns:
            continue
        named = [_name_class(cell, names) for cell in columns[column]]
        for place, cell, name in zip(raw.places, columns[column], named, strict=True):
            if name is None and cell not in (None, -1):
                problems.remark(f"{place} {column}", _NO_CLASS)
        columns[column] = named
    return RawTable(columns, raw.places, raw.rows)


def _name_class(cell: Any, names: Sequence[str]) -> Any:
    if isinstance(cell, list):
        named = [_name_class(part, names) for part in cell]
        return None if None in named else named
    if isinstance(cell, str):
        return cell
    return names[cell] if isinstance(cell, int) and 0 <= cell < len(names) else None


def _order_values(manifest: Manifest, classes: Mapping[str, Sequence[str]]) -> Manifest:
    """Give the fields the published order of their classes, those that no item has included."""
    fields = []
    for item in manifest.taxonomy:
        published = tuple(name.strip() for name in classes.get(item.name, ()))
        fits = set(item.values) <= set(published) and len(set(published)) == len(published) and "" not in published
        fields.append(Field(item.name, item.kind, published) if published and fits else item)
    return replace(manifest, taxonomy=Taxonomy(tuple(fields)))


HUGGING_FACE = Reader(
    name="huggingface",
    description="A Hugging Face data set on disk: save_to_disk, or the hub's Parquet files with pictures inside",
    options=frozenset(
        {"fields", "separator", "multi_fields", "image_column", "id_column", "product_column", "split_column"}
        | {"title_column", "box_columns", "annotator_column", "product_pattern"}
    ),
    find_obstacle=_find_obstacle,
    read=_read,
)

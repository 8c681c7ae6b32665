"""DeepFashion's in-shop clothes retrieval benchmark: several pictures of each product, split into query and gallery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import LABEL, META, Manifest, build_taxonomy
from modiste.readers.attribute_lists import Attribute, read_attribute_rows
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest, note_unreadable
from modiste.readers.counted_lists import drop_repeated, read_counted_list, take_rows
from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_ITEMS,
    ATTRIBUTE_NAMES,
    CATEGORY_FIELD,
    CATEGORY_TYPE_FIELD,
    CATEGORY_TYPES,
    COLUMNS,
    INSHOP_BOXES,
    INSHOP_COLOURS,
    INSHOP_DESCRIPTIONS,
    INSHOP_ITEMS,
    INSHOP_LANDMARKS,
    INSHOP_PARTITION_COLUMNS,
    INSHOP_POSES,
    PARTITION,
    find_list,
)
from modiste.readers.deepfashion_points import CORNER_NUMBERS, CORNERS, make_boxes, make_landmarks
from modiste.readers.delimited import decode_text
from modiste.readers.identifiers import make_item_ids
from modiste.readers.json_text import parse_json
from modiste.readers.listed_pictures import find_listed
from modiste.readers.source import File, Source
from modiste.taxonomy import Taxonomy

__all__ = ["ATTRIBUTE_FIELD", "COLOUR_FIELD", "DEEPFASHION_INSHOP", "GENDER_FIELD", "POSE_FIELD"]

ATTRIBUTE_FIELD, COLOUR_FIELD, GENDER_FIELD, POSE_FIELD = "attribute", "colour", "gender", "pose"
_HEAD_BYTES = 4096
_FOLDERS = r"^(?:.*/)?([^/]+)/([^/]+)/id_[0-9]+/[^/]+$"


def _find_partition(source: Source) -> File | None:
    for file in source.files:
        if file.name.endswith(PARTITION):
            lines = decode_text(source.read_table(file)[:_HEAD_BYTES])[0].split("\n")[:2]
            if any(tuple(line.split()[:2]) == INSHOP_PARTITION_COLUMNS[:2] for line in lines):
                return file
    return None


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    if _find_partition(source) is None:
        return f"a list {PARTITION} with the columns {' '.join(INSHOP_PARTITION_COLUMNS)}"
    return None


class _Lists:
    """The lists around a partition."""

    def __init__(self, source: Source, partition: File) -> None:
        self.source = source
        self.problems = Problems()
        self._partition = partition

    def find(self, name: str) -> File | None:
        return find_list(self.source.files, name, near=self._partition.name.rpartition("/")[0])

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """What the values of a row of attribute labels stand for, in order; nothing if no list says so."""
        file = self.find(ATTRIBUTE_NAMES)
        if file is None:
            return ()
        named = read_counted_list(self.source, file, (), self.problems)["text"].unique(maintain_order=True)
        if not len(named):
            raise SourceError(
                f"{file.name} names no attribute; expected one a line. If there is none, remove {ATTRIBUTE_ITEMS}"
            )
        return tuple(named)

    def read(
        self, file: File, pattern: str, names: Sequence[str], expected: str, columns: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Read a list, cut its rows into columns, and keep the first row of each value of the first column."""
        rows = read_counted_list(self.source, file, columns, self.problems)
        lost = file == self._partition
        cut = take_rows(rows, pattern, names, name=file.name, expected=expected, problems=self.problems, lost=lost)
        return drop_repeated(cut, names[0], name=file.name, problems=self.problems)

    def add(self, table: pl.DataFrame, more: pl.DataFrame, key: str, name: str) -> pl.DataFrame:
        """Join another list's columns; what the partition does not name is noted."""
        for value in more.join(table, on=key, how="anti", maintain_order="left")[key]:
            self.problems.remark(f"{name} ({value})", f"{PARTITION} does not name it")
        return table.join(more, on=key, how="left", maintain_order="left")


def _read(source: Source, options: ReaderOptions) -> Manifest:
    source = Source(source.path.parent) if source.is_file else source
    partition = _find_partition(source)
    if partition is None:
        raise SourceError(
            f"{source.path} is not laid out as in-shop retrieval is: it lacks {_find_obstacle(source, options)}"
        )
    lists = _Lists(source, partition)
    expected = "a picture, an item and train, query or gallery"
    columns = ("image", "product_id", "split")
    pattern = r"^(\S+)\s+(\S+)\s+(\S+)$"
    table = lists.read(partition, pattern, columns, expected, INSHOP_PARTITION_COLUMNS).drop("line")
    rows = len(table)
    _check_items(lists, table)
    for add in (_add_folders, _add_boxes, _add_landmarks, _add_colours, _add_attributes, _add_descriptions):
        table = add(lists, table)
    table = find_listed(table, source.files, lists.problems)
    note_unreadable(source, kept=len(table), rows=rows, problems=lists.problems)
    items = table.with_columns(item_id=pl.Series(make_item_ids(table["listed"].to_list()), dtype=pl.String))
    return build_manifest(
        items.drop("listed"),
        lists.problems,
        reader=DEEPFASHION_INSHOP.name,
        options=options,
        rows=rows,
        taxonomy=_make_taxonomy(lists, items),
    )


def _make_taxonomy(lists: _Lists, items: pl.DataFrame) -> Taxonomy:
    """Attributes have the values that their list names, in its order; of the other fields only what occurs is known."""
    fields = build_taxonomy(items, {})
    return Taxonomy(
        tuple(replace(field, values=lists.attributes) if field.name == ATTRIBUTE_FIELD else field for field in fields)
    )


def _check_items(lists: _Lists, table: pl.DataFrame) -> None:
    file = lists.find(INSHOP_ITEMS)
    if file is None:
        return
    known = read_counted_list(lists.source, file, (), lists.problems, header=False)["text"]
    for item in table["product_id"].unique(maintain_order=True):
        if item not in known:
            lists.problems.remark(item, f"an item that {INSHOP_ITEMS} does not name")


def _add_folders(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    """Take gender and category from the folders: ``img/WOMEN/Dresses/id_00000002/02_1_front.jpg``."""
    gender = pl.col("image").str.extract(_FOLDERS, 1)
    category = pl.col("image").str.extract(_FOLDERS, 2)
    table = table.with_columns(gender.alias(LABEL + GENDER_FIELD), category.alias(LABEL + CATEGORY_FIELD))
    return table if table[LABEL + CATEGORY_FIELD].count() else table.drop(LABEL + GENDER_FIELD, LABEL + CATEGORY_FIELD)


def _add_boxes(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    file = lists.find(INSHOP_BOXES)
    if file is None:
        return table
    pattern = r"^(\S+)\s+([1-3])\s+([1-6])" + CORNER_NUMBERS
    columns = ("image", CATEGORY_TYPE_FIELD, POSE_FIELD, *CORNERS)
    expected = "a picture, a clothes type, a pose type and four numbers"
    cut = lists.read(file, pattern, columns, expected, COLUMNS[INSHOP_BOXES])
    cut = make_boxes(cut, name=file.name, problems=lists.problems)
    for name, values in ((CATEGORY_TYPE_FIELD, CATEGORY_TYPES), (POSE_FIELD, INSHOP_POSES)):
        numbers = [str(number) for number in range(1, len(values) + 1)]
        cut = cut.with_columns(pl.col(name).replace_strict(numbers, values, return_dtype=pl.String))
    cut = cut.rename({name: LABEL + name for name in (CATEGORY_TYPE_FIELD, POSE_FIELD)})
    return lists.add(table, cut.drop("line"), "image", INSHOP_BOXES)


def _add_landmarks(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    file = lists.find(INSHOP_LANDMARKS)
    if file is None:
        return table
    rows = read_counted_list(lists.source, file, COLUMNS[INSHOP_BOXES][:2], lists.problems)
    more = make_landmarks(rows, second="variation", name=file.name, problems=lists.problems)
    return lists.add(table, more, "image", INSHOP_LANDMARKS)


def _add_colours(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    file = lists.find(INSHOP_COLOURS)
    if file is None:
        return table
    cut = lists.read(file, r"^(\S+)\s+(\S.*)$", ("image", LABEL + COLOUR_FIELD), "a picture and a colour")
    return lists.add(table, cut.drop("line"), "image", INSHOP_COLOURS)


def _add_attributes(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    items = lists.find(ATTRIBUTE_ITEMS)
    if items is None or not lists.attributes:
        return table
    attributes = [Attribute(name, ATTRIBUTE_FIELD) for name in lists.attributes]
    rows = read_counted_list(lists.source, items, (), lists.problems)
    lines = map(str.encode, rows["text"])
    more = read_attribute_rows(lines, attributes, name=items.name, first_line=3, problems=lists.problems)
    more = drop_repeated(more, "image", name=items.name, problems=lists.problems)
    return lists.add(table, more.drop("line").rename({"image": "product_id"}), "product_id", ATTRIBUTE_ITEMS)


def _add_descriptions(lists: _Lists, table: pl.DataFrame) -> pl.DataFrame:
    file = lists.find(INSHOP_DESCRIPTIONS)
    if file is None:
        return table
    try:
        records = parse_json(decode_text(lists.source.read_table(file))[0])
    except ValueError as error:
        raise SourceError(f"{file.name} is no JSON: {error}") from error
    if not isinstance(records, list):
        raise SourceError(f"{file.name} holds no list; expected a list of objects with item and description")
    described: dict[str, str] = {}
    for number, record in enumerate(records, 1):
        item, text = (record.get("item"), record.get("description")) if isinstance(record, dict) else (None, None)
        parts = [text] if isinstance(text, str) else text
        if not isinstance(item, str) or not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            lists.problems.remark(f"{file.name} record {number}", "not an item with its description")
        else:
            described.setdefault(item, "\n".join(parts))
    more = pl.DataFrame(
        {"product_id": list(described), META + "description": list(described.values())},
        schema={"product_id": pl.String, META + "description": pl.String},
    )
    return lists.add(table, more, "product_id", INSHOP_DESCRIPTIONS)


DEEPFASHION_INSHOP = Reader(
    name="deepfashion-inshop",
    description="DeepFashion, in-shop clothes retrieval: list_eval_partition.txt with item ids",
    options=frozenset(),
    find_obstacle=_find_obstacle,
    read=_read,
)

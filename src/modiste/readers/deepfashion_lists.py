"""DeepFashion's lists as tables: categories, attributes, boxes, landmarks and parts, of either variant."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import LABEL
from modiste.readers.attribute_lists import Attribute, read_attribute_rows
from modiste.readers.building import Problems
from modiste.readers.counted_lists import (
    HEAD_LINES,
    check_count,
    decode_list,
    drop_repeated,
    read_counted_list,
    split_head,
    take_rows,
)
from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_IMAGES,
    ATTRIBUTE_NAMES,
    ATTRIBUTE_TYPES,
    BOXES,
    CATEGORY_FIELD,
    CATEGORY_IMAGES,
    CATEGORY_NAMES,
    CATEGORY_TYPE_FIELD,
    CATEGORY_TYPES,
    COLUMNS,
    FINE_ATTRIBUTE_TYPES,
    FINE_PARTS,
    LANDMARKS,
    PARTITION,
    SPLITS,
)
from modiste.readers.deepfashion_points import CORNER_NUMBERS, CORNERS, make_boxes, make_landmarks
from modiste.readers.number_rows import take_number_rows
from modiste.readers.source import File, Source
from modiste.taxonomy import Field

__all__ = [
    "PART_ENDINGS",
    "Lists",
    "read_attributes",
    "read_boxes",
    "read_categories",
    "read_landmarks",
    "read_splits",
]

PART_ENDINGS = {CATEGORY_IMAGES: "_cate", ATTRIBUTE_IMAGES: "_attr", BOXES: "_bbox", LANDMARKS: "_landmarks"}
"""What stands behind ``train``, ``val`` and ``test`` in the names of the fine variant's files."""
_IMAGE = r"^(\S+)"
_NUMBERS = pl.col("numbers").list


@dataclass(frozen=True)
class Lists:
    """The lists of one variant.

    Args:
        source: Where they are.
        files: Name of a list -> its file; of the fine variant also ``train.txt``, ``train_cate.txt`` ...
        problems: Told of everything that does not fit.
    """

    source: Source
    files: dict[str, File]
    problems: Problems = field(default_factory=Problems)

    @property
    def in_parts(self) -> bool:
        """Whether the pictures are listed by ``train.txt``, ``val.txt``, ``test.txt``, as in the fine variant."""
        return not {CATEGORY_IMAGES, ATTRIBUTE_IMAGES} & set(self.files)

    def read(self, name: str) -> list[tuple[str, pl.DataFrame]]:
        """Read a list of values for pictures.

        Args:
            name: `CATEGORY_IMAGES`, `ATTRIBUTE_IMAGES`, `BOXES`, `LANDMARKS` or `PARTITION`.

        Returns:
            One pair of file name and rows (``line``, ``text``), or one a part; none if there is no such list. A row
            of a part is a picture of ``train.txt`` and the values on the same line of ``train_bbox.txt``.
        """
        if not self.in_parts or name not in PART_ENDINGS:
            file = self.files.get(name)
            return [(file.name, self.read_list(name))] if file else []
        found = [self._read_part(part, part + PART_ENDINGS[name] + ".txt") for part in FINE_PARTS]
        return [pair for pair in found if pair is not None]

    def read_list(self, name: str) -> pl.DataFrame:
        """Read a list with a count and column names."""
        return read_counted_list(self.source, self.files[name], COLUMNS[name], self.problems)

    def read_part(self, part: str) -> pl.DataFrame:
        """Read ``train.txt`` or its like: ``line`` and ``text``, a picture a row."""
        file = self.files[part + ".txt"]
        lines = decode_list(file.name, self.source.read_table(file)).split("\n")
        table = pl.DataFrame({"line": pl.int_range(1, len(lines) + 1, eager=True, dtype=pl.UInt32), "text": lines})
        return table.with_columns(pl.col("text").str.strip_chars()).filter(pl.col("text") != "")

    def _read_part(self, part: str, name: str) -> tuple[str, pl.DataFrame] | None:
        if part + ".txt" not in self.files or name not in self.files:
            return None
        pictures = self.read_part(part)
        file = self.files[name]
        values = [line for line in decode_list(name, self.source.read_table(file)).split("\n") if line.strip()]
        if len(values) != len(pictures):
            raise SourceError(
                f"{name} has {len(values):,} lines, but {part}.txt names {len(pictures):,} pictures; they belong "
                "together line by line, so one of them is cut short"
            )
        return file.name, pictures.with_columns(text=pl.col("text") + " " + pl.Series(values, dtype=pl.String))


def read_categories(lists: Lists) -> tuple[list[Field], pl.DataFrame]:
    """Read the categories and which picture shows which.

    Returns:
        The fields `CATEGORY_TYPE_FIELD` and `CATEGORY_FIELD`, in label order, and a table: ``image``, and their labels.

    Raises:
        SourceError: The list of names is missing or damaged, or names a category twice.
    """
    key = _read_names(lists, CATEGORY_NAMES, len(CATEGORY_TYPES))
    names = key["name"].to_list()
    doubled = [value for value, count in Counter(names).items() if count > 1]
    if doubled:
        raise SourceError(f"{lists.files[CATEGORY_NAMES].name} names {doubled[0]!r} twice; expected each category once")
    types = [CATEGORY_TYPES[number - 1] for number in key["type"]]
    allowed = {name: (kind,) for name, kind in zip(names, types, strict=True)}
    fields = [
        Field(CATEGORY_TYPE_FIELD, "single", CATEGORY_TYPES),
        Field(CATEGORY_FIELD, "single", tuple(names), CATEGORY_TYPE_FIELD, allowed),
    ]
    labels = {
        "number": range(1, len(names) + 1),
        LABEL + CATEGORY_TYPE_FIELD: types,
        LABEL + CATEGORY_FIELD: names,
    }
    return fields, _join_parts([_label(lists, *pair, pl.DataFrame(labels)) for pair in lists.read(CATEGORY_IMAGES)])


def _label(lists: Lists, name: str, rows: pl.DataFrame, key: pl.DataFrame) -> pl.DataFrame:
    cut = take_number_rows(
        *(rows, r"^\S+\s+[0-9]+$", (_NUMBERS.len() == 1) & (_NUMBERS.first() >= 0)),
        name=name,
        expected="a picture and the number of a category",
        problems=lists.problems,
        lost=True,
        dtype=pl.Int64,
    )
    cut = cut.select("line", "image", number=_NUMBERS.first())
    table = cut.join(key, on="number", how="left", maintain_order="left")
    for line in table.filter(pl.col(LABEL + CATEGORY_FIELD).is_null())["line"]:
        lists.problems.remark(f"{name} line {line}", f"no category has this number; there are {len(key)}")
    return drop_repeated(table.drop("number"), "image", name=name, problems=lists.problems)


def read_attributes(lists: Lists) -> tuple[list[Field], pl.DataFrame]:
    """Read the attributes and which picture has which.

    Returns:
        One multi field a type of attribute, in label order, and a table: ``image``, ``label.TYPE`` and, where something
        is unknown, ``meta.unknown.TYPE`` (`modiste.readers.attribute_lists.read_attribute_rows`).

    Raises:
        SourceError: The list of names is missing or damaged.
    """
    file = lists.files.get(ATTRIBUTE_NAMES)
    fine = file is not None and "fine" in posixpath.dirname(file.name).lower()
    key = _read_names(lists, ATTRIBUTE_NAMES, len(FINE_ATTRIBUTE_TYPES))
    fine = fine or key["type"].max() == len(FINE_ATTRIBUTE_TYPES)
    types = FINE_ATTRIBUTE_TYPES if fine else ATTRIBUTE_TYPES
    attributes = _name_attributes(key["name"].to_list(), [types[number - 1] for number in key["type"]])
    fields = [
        Field(kind, "multi", tuple(attribute.name for attribute in attributes if attribute.type == kind))
        for kind in types
        if any(attribute.type == kind for attribute in attributes)
    ]
    return fields, _join_parts(_read_values(lists, attributes))


def _read_values(lists: Lists, attributes: Sequence[Attribute]) -> list[pl.DataFrame]:
    if lists.in_parts:
        return [_take_values(lists, name, rows, attributes) for name, rows in lists.read(ATTRIBUTE_IMAGES)]
    # The real list is too long to be held whole, or decoded before it is read.
    file = lists.files[ATTRIBUTE_IMAGES]
    lines = lists.source.read_lines(file)
    head = list(islice(lines, HEAD_LINES))
    count, skip = split_head(file.name, decode_list(file.name, b"".join(head)).split("\n"), COLUMNS[ATTRIBUTE_IMAGES])
    rows = chain(head[skip:], lines)
    table = read_attribute_rows(rows, attributes, name=file.name, first_line=skip + 1, problems=lists.problems)
    check_count(file.name, count, len(table), lists.problems)
    return [drop_repeated(table, "image", name=file.name, problems=lists.problems)]


def _take_values(lists: Lists, name: str, rows: pl.DataFrame, attributes: Sequence[Attribute]) -> pl.DataFrame:
    first = rows["line"][0] if len(rows) else 1
    lines = map(str.encode, rows["text"])
    table = read_attribute_rows(lines, attributes, name=name, first_line=first, problems=lists.problems)
    return drop_repeated(table, "image", name=name, problems=lists.problems)


def _name_attributes(names: Sequence[str], types: Sequence[str]) -> list[Attribute]:
    """Give the second of two attributes of a type that have one name its number as well."""
    attributes: dict[Attribute, None] = {}
    for number, (name, kind) in enumerate(zip(names, types, strict=True), 1):
        attribute = Attribute(name, kind)
        while attribute in attributes:
            attribute = Attribute(f"{attribute.name} ({number})", kind)
        attributes[attribute] = None
    return list(attributes)


def _read_names(lists: Lists, name: str, types: int) -> pl.DataFrame:
    """Return ``name`` and ``type``, a number from 1 on, of every category or attribute; their order is their number."""
    if name not in lists.files:
        raise SourceError(f"there are labels, but no {name} that says what they stand for; put it beside them")
    rows = lists.read_list(name)
    groups = pl.col("text").str.extract_groups(rf"^(.*\S)\s+([1-{types}])$").struct.rename_fields(["name", "type"])
    cut = rows.select("line", groups.alias("groups")).unnest("groups")
    unfit = cut.filter(pl.col("name").is_null())
    if len(unfit) or not len(cut):
        place = f"line {unfit['line'][0]}" if len(unfit) else "it"
        raise SourceError(f"{lists.files[name].name}: {place} is not a name and its type, a number from 1 to {types}")
    return cut.select("name", pl.col("type").cast(pl.Int64))


def read_boxes(lists: Lists) -> pl.DataFrame:
    """Read the boxes: ``image``, ``box`` (left, top, width, height in pixels; null where it is none)."""
    parts = []
    for name, rows in lists.read(BOXES):
        cut = take_number_rows(
            *(rows, _IMAGE + CORNER_NUMBERS, _NUMBERS.len() == len(CORNERS)),
            name=name,
            expected="a picture and four numbers",
            problems=lists.problems,
            dtype=pl.Float64,
        )
        cut = cut.select("line", "image", *(_NUMBERS.get(at).alias(corner) for at, corner in enumerate(CORNERS)))
        cut = drop_repeated(cut, "image", name=name, problems=lists.problems)
        parts.append(make_boxes(cut, name=name, problems=lists.problems))
    return _join_parts(parts)


def read_landmarks(lists: Lists) -> pl.DataFrame:
    """Read the landmarks: ``image`` and the columns of `make_landmarks`."""
    return _join_parts(
        [
            make_landmarks(rows, second="variation", name=name, problems=lists.problems, bare=lists.in_parts)
            for name, rows in lists.read(LANDMARKS)
        ]
    )


def read_splits(lists: Lists) -> pl.DataFrame:
    """Read which part each picture belongs to: ``image``, ``split``.

    Unknown parts keep their names.
    """
    if lists.in_parts:
        parts = [part for part in FINE_PARTS if part + ".txt" in lists.files]
        tables = [lists.read_part(part).select(image="text", split=pl.lit(SPLITS[part])) for part in parts]
        joined = _join_parts(tables)
        return drop_repeated(
            joined.with_row_index("line", 1), "image", name="the lists of parts", problems=lists.problems
        ).drop("line")
    tables = []
    for name, rows in lists.read(PARTITION):
        expected = "a picture and train, val or test"
        cut = take_rows(
            rows, _IMAGE + r"\s+(\S+)$", ("image", "split"), name=name, expected=expected, problems=lists.problems
        )
        cut = drop_repeated(cut, "image", name=name, problems=lists.problems)
        tables.append(cut.select("image", pl.col("split").replace(SPLITS)))
    return _join_parts(tables)


def _join_parts(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the tables of parts below each other, without their lines' numbers; ``image`` alone if there is none."""
    if not tables:
        return pl.DataFrame(schema={"image": pl.String})
    joined = pl.concat(tables, how="diagonal_relaxed")
    return joined.drop("line", strict=False)

"""What a reader is: an immutable record with a name, a sentence, a check and the reading itself; and its options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers.source import Source

__all__ = ["Reader", "ReaderOptions"]


@dataclass(frozen=True)
class ReaderOptions:
    """What a user may tell a reader; everything left alone is found out from the source.

    Args:
        fields: Class folders: one name a level of folders (default ``label``). Tables: the label columns.
        separator: Tables: what stands between the labels of one cell, such as ``"|"``; makes the field multi.
        multi_fields: Tables: the label columns that ``separator`` splits (default: those with one in a cell).
        table: Which table to read, where a folder or an archive holds several: its path below the root.
        image_column: Tables: the column of picture paths or URLs.
        id_column: Tables: the column that becomes ``item_id``.
        product_column: Tables: the column that becomes ``product_id``.
        split_column: Tables: the column that becomes ``split``.
        title_column: Tables: the column that becomes ``title``.
        box_columns: Tables: four columns (left, top, width, height in pixels), or one with four numbers a cell.
        annotator_column: Tables: who gave the labels of a row; rows of one item become one, its labels by majority.
        root: Tables: the folder that relative picture paths start from (default: the table's own).
        product_pattern: A regular expression with one group, searched in ``item_id``; the group is the product.
        details: Kaggle: also read ``styles/<id>.json`` (price, brand, sizes, description, attributes).
        category_types: DeepFashion: keep only clothes of these types: ``upper-body``, ``lower-body``, ``full-body``.
        label_map: iMaterialist: the CSV that names the labels (default: one beside the JSON).

    Raises:
        UsageError: Two options contradict each other, or one is out of range.

    Example:
        >>> ReaderOptions(separator="|").given()
        ('separator',)
    """

    fields: tuple[str, ...] = ()
    separator: str | None = None
    multi_fields: tuple[str, ...] = ()
    table: str | None = None
    image_column: str | None = None
    id_column: str | None = None
    product_column: str | None = None
    split_column: str | None = None
    title_column: str | None = None
    box_columns: tuple[str, ...] = ()
    annotator_column: str | None = None
    root: Path | None = None
    product_pattern: str | None = None
    details: bool = False
    category_types: tuple[str, ...] = ()
    label_map: Path | None = None

    def __post_init__(self) -> None:
        if self.separator == "":
            raise UsageError("the separator is empty; give what stands between two labels of a cell, such as '|'")
        if self.multi_fields and self.separator is None:
            raise UsageError("multi_fields names columns to split, but separator does not say at what; give both")
        self._check_fields()
        self._check_columns()
        _check_pattern(self.product_pattern)

    def _check_fields(self) -> None:
        if len(set(self.fields)) != len(self.fields) or "" in self.fields:
            raise UsageError(f"the fields {', '.join(self.fields)} must be non-empty and differ from each other")
        strangers = [name for name in self.multi_fields if self.fields and name not in self.fields]
        if strangers:
            raise UsageError(f"multi_fields names {', '.join(strangers)}, which fields leaves out; add it to fields")

    def _check_columns(self) -> None:
        if len(self.box_columns) not in (0, 1, 4):
            raise UsageError(
                f"box_columns names {len(self.box_columns)} columns; give four (left, top, width, height) or one"
            )
        roles = [getattr(self, name) for name in _COLUMN_OPTIONS if getattr(self, name) is not None]
        roles += [*self.box_columns, *self.fields]
        doubled = sorted({name for name in roles if roles.count(name) > 1} - {self.id_column, self.product_column})
        if doubled:
            raise UsageError(f"column {doubled[0]!r} is given two parts to play; name each column once")
        if self.product_column is not None and self.product_pattern is not None:
            raise UsageError("product_column and product_pattern both say what the product is; give one of them")

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that differ from their defaults."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) != item.default)


_COLUMN_OPTIONS = ("image_column", "id_column", "product_column", "split_column", "title_column", "annotator_column")


def _check_pattern(pattern: str | None) -> None:
    if pattern is None:
        return
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise UsageError(f"product_pattern {pattern!r} is not a regular expression: {error}") from error
    if groups != 1:
        raise UsageError(f"product_pattern {pattern!r} has {groups} groups; expected one, such as '^(.+)_[0-9]+$'")


@dataclass(frozen=True)
class Reader:
    """One format that modiste reads.

    Args:
        name: What a user types, such as ``"kaggle"``.
        description: One line: the layout it reads.
        options: The names of the `ReaderOptions` that it understands.
        find_obstacle: Looks at a source; returns None if the reader can read it, else what it looked for in vain.
        read: Reads a source into a manifest.
    """

    name: str
    description: str
    options: frozenset[str]
    find_obstacle: Callable[[Source, ReaderOptions], str | None]
    read: Callable[[Source, ReaderOptions], Manifest]

"""What is not known: empty cells of each field and column, and fields that are empty together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from modiste.manifest import LABEL, META
from modiste.taxonomy import Taxonomy

__all__ = ["ColumnGaps", "GapPattern", "count_gaps", "list_gap_patterns"]

_COLUMNS = ("split", "box", "title")


@dataclass(frozen=True)
class ColumnGaps:
    """How much of a column is known.

    Args:
        name: The field, or the column without ``meta.``.
        kind: Whether it is a label field or another column.
        filled: Items that have something there.
        missing: Items that have nothing, an empty text or an empty list.
    """

    name: str
    kind: Literal["field", "column"]
    filled: int
    missing: int

    @property
    def share(self) -> float:
        """Share of the items that have nothing there, 0 to 1."""
        return self.missing / max(1, self.filled + self.missing)


@dataclass(frozen=True)
class GapPattern:
    """Fields that are empty together (none of them, for the items that lack nothing), and in how many items."""

    fields: tuple[str, ...]
    count: int


def count_gaps(items: pl.DataFrame, taxonomy: Taxonomy) -> tuple[ColumnGaps, ...]:
    """Count what is missing in each field and in each other column that may be empty.

    Args:
        items: The items of a manifest.
        taxonomy: Its fields.

    Returns:
        The fields in order, then split, box, title and the free columns.

    Example:
        >>> items = pl.DataFrame({"meta.price": [5, None], "title": ["", "A shirt"]})
        >>> [(column.name, column.missing) for column in count_gaps(items, Taxonomy(()))]
        [('title', 1), ('price', 1)]
    """
    others = [name for name in _COLUMNS if name in items.columns]
    others += [name for name in items.columns if name.startswith(META)]
    fields = [_count(items, LABEL + name, name, "field") for name in taxonomy.names]
    return (*fields, *(_count(items, name, name.removeprefix(META), "column") for name in others))


def list_gap_patterns(items: pl.DataFrame, taxonomy: Taxonomy) -> tuple[GapPattern, ...]:
    """List which fields are empty together, the commonest pattern first.

    Example:
        >>> from modiste.taxonomy import Field
        >>> items = pl.DataFrame({"label.a": ["x", None, None], "label.b": ["x", None, None]})
        >>> list_gap_patterns(items, Taxonomy((Field("a", "single", ("x",)), Field("b", "single", ("x",)))))[0]
        GapPattern(fields=('a', 'b'), count=2)
    """
    if not len(taxonomy):
        return ()
    gaps = items.select(_is_empty(items.schema[LABEL + name], LABEL + name).alias(name) for name in taxonomy.names)
    rows = gaps.group_by(taxonomy.names).len("count").rows()
    found = [
        GapPattern(tuple(name for name, empty in zip(taxonomy.names, row, strict=False) if empty), row[-1])
        for row in rows
    ]
    return tuple(sorted(found, key=lambda pattern: (-pattern.count, len(pattern.fields), pattern.fields)))


def _count(items: pl.DataFrame, column: str, name: str, kind: Literal["field", "column"]) -> ColumnGaps:
    missing = int(items.select(_is_empty(items.schema[column], column).sum()).item() or 0)
    return ColumnGaps(name, kind, items.height - missing, missing)


def _is_empty(dtype: pl.DataType, column: str) -> pl.Expr:
    empty = pl.col(column).is_null()
    if dtype == pl.String:
        return empty | (pl.col(column).str.strip_chars() == "").fill_null(True)
    if isinstance(dtype, pl.List):
        return empty | (pl.col(column).list.len() == 0).fill_null(True)
    return empty

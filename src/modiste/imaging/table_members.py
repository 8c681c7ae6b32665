"""What the pictures of a table are called: ``COLUMN/ROW``, the first row being 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from modiste.imaging.members import Member
from modiste.imaging.references import SEPARATOR, encode_part, split_reference

__all__ = ["TableMembers", "has_picture_table_suffix"]

_SUFFIXES = (".parquet", ".arrow")
_ROW = re.compile(r"0|[1-9][0-9]{0,11}")


def has_picture_table_suffix(name: str) -> bool:
    """Tell whether a name is that of a table that may hold pictures.

    Example:
        >>> has_picture_table_suffix("data/train-00000-of-00001.parquet"), has_picture_table_suffix("styles.csv")
        (True, False)
    """
    return name.lower().endswith(_SUFFIXES)


class TableMembers(Mapping[str, Member]):
    """``COLUMN/ROW`` -> member, made when asked for: a table may have millions of rows.

    Args:
        columns: The columns of pictures.
        height: The number of rows.

    Example:
        >>> members = TableMembers(["image"], 20)
        >>> members["image/17"].position, "image/20" in members
        (17, False)
    """

    def __init__(self, columns: Sequence[str], height: int) -> None:
        self._columns = columns
        self._height = height

    def __getitem__(self, name: str) -> Member:
        _, parts = split_reference(f"table{SEPARATOR}{name}")
        column, _, row = SEPARATOR.join(parts).rpartition("/")
        if column not in self._columns or not _ROW.fullmatch(row) or int(row) >= self._height:
            raise KeyError(name)
        return Member(f"{column}/{row}", int(row), 0, 0)

    def __iter__(self) -> Iterator[str]:
        return (f"{encode_part(column)}/{row}" for column in self._columns for row in range(self._height))

    def __len__(self) -> int:
        return len(self._columns) * self._height

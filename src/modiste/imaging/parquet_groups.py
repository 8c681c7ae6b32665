"""How many rows each row group of a Parquet file has, so that one group can be read at a time.

Polars reads any rows of a file but does not say where its groups begin. The footer is Thrift's compact protocol;
structures and field numbers as in parquet.thrift of Apache Parquet 2.10 (FileMetaData, RowGroup).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modiste.errors import SourceError
from modiste.imaging.storage import Stretch

__all__ = ["RowGroup", "read_row_groups"]

_MARK = b"PAR1"
_LONGEST_FOOTER = 1 << 26
_DEEPEST = 16
_ROW_GROUPS, _COLUMNS, _BYTES, _ROWS = 4, 1, 2, 3  # field numbers


@dataclass(frozen=True)
class RowGroup:
    """One row group: its first row, how many it has, and their length unpacked, in bytes."""

    first_row: int
    rows: int
    unpacked: int


def read_row_groups(stretch: Stretch, max_groups: int) -> list[RowGroup]:
    """Read the row groups from the footer of a Parquet file.

    Args:
        stretch: The file.
        max_groups: More groups than this are refused.

    Raises:
        SourceError: It is no Parquet file, damaged, cut short, encrypted, or has too many groups.
    """
    tail = stretch.read_at(max(0, stretch.length - 8), 8)
    if stretch.read_at(0, 4) != _MARK or tail[4:] != _MARK:
        raise SourceError("it is no Parquet file, or it is cut short")
    length = struct.unpack("<I", tail[:4])[0]
    if not 0 < length <= min(_LONGEST_FOOTER, stretch.length - 12):
        raise SourceError(f"it is damaged: a footer of {length:,} bytes")
    try:
        footer = _Compact(stretch.read_at(stretch.length - 8 - length, length)).read_struct(_DEEPEST)
        groups = footer.get(_ROW_GROUPS, [])
        if len(groups) > max_groups:
            raise SourceError(f"it has more than {max_groups:,} row groups")
        return _place(groups)
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"it is damaged: its footer can't be read ({error})") from error


def _place(groups: list[dict[int, Any]]) -> list[RowGroup]:
    placed: list[RowGroup] = []
    row = 0
    for group in groups:
        if group[_ROWS] < 0 or group[_BYTES] < 0:
            raise SourceError("it is damaged: a row group of fewer than no rows")
        placed.append(RowGroup(row, group[_ROWS], group[_BYTES]))
        row += group[_ROWS]
    return placed


class _Compact:
    """Thrift's compact protocol, as far as a footer needs it; texts and numbers in double precision are passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read_struct(self, depth: int) -> dict[int, Any]:
        """Return field number -> value."""
        if depth < 1:
            raise IndexError("nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._read_byte():
            delta = head >> 4
            number = number + delta if delta else self._read_signed()
            fields[number] = self._read_value(head & 15, depth)
        return fields

    def _read_value(self, kind: int, depth: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind in (9, 10):
            return self._read_list(depth)
        if kind == 12:
            return self.read_struct(depth - 1)
        readers: dict[int, Callable[[], Any]] = {
            3: self._read_byte,
            **dict.fromkeys((4, 5, 6), self._read_signed),
            7: lambda: self._skip(8),
            8: lambda: self._skip(self._read_unsigned()),
        }
        if kind not in readers:
            raise IndexError(f"a value of kind {kind}")
        return readers[kind]()

    def _read_list(self, depth: int) -> list[Any]:
        head = self._read_byte()
        count = self._read_unsigned() if head >> 4 == 15 else head >> 4
        if count > len(self._data):
            raise IndexError(f"a list of {count:,} values")
        kind = head & 15
        if kind in (1, 2):  # in lists each truth value is a byte
            return [self._read_byte() == 1 for _ in range(count)]
        return [self._read_value(kind, depth) for _ in range(count)]

    def _read_byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _read_unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._read_byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise IndexError("a number of more than 64 bits")

    def _read_signed(self) -> int:
        value = self._read_unsigned()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > len(self._data):
            raise IndexError("a text beyond the end")

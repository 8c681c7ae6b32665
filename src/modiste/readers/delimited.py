"""Text tables: their encoding, their separator, and rows that nobody quoted properly."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from modiste.errors import SourceError

__all__ = ["Delimited", "Row", "decode_text", "find_separator", "read_delimited", "read_header"]

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEADER_BYTES = 65_536
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Row:
    """One row of a text table: the line it starts on (the first line of the file is 1), and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Delimited:
    """A text table: its header, its rows (of any length), the encoding and the separator."""

    header: list[str]
    rows: list[Row]
    encoding: str
    separator: str


def decode_text(data: bytes) -> tuple[str, str]:
    """Decode text whose encoding nobody told: by its byte order mark, as UTF-8, else as Windows-1252 or Latin-1.

    Args:
        data: The bytes of a text file.

    Returns:
        The text, without its byte order mark, and the name of the encoding.

    Example:
        >>> decode_text(b"caf\\xe9")
        ('café', 'cp1252')
    """
    marked = [name for mark, name in _MARKS if data.startswith(mark)]
    for encoding in (*marked, "utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def find_separator(line: str) -> str:
    """Return the separator of a header line: the commonest of comma, semicolon, tab and bar; comma if none is there.

    Example:
        >>> find_separator("id;image;title, long")
        ';'
    """
    return max(_SEPARATORS, key=line.count)


def read_delimited(data: bytes) -> Delimited:
    r"""Read a text table: comma, semicolon, tab or bar, quoted or not, with or without a byte order mark.

    A quote that never closes, closes in the middle of a word, or would swallow whole rows is taken for a character
    (inches, say), so no row is lost to it.

    Args:
        data: The bytes of the file.

    Returns:
        The table; rows without any text are dropped, the others keep their own number of cells.

    Raises:
        SourceError: There is no header.

    Example:
        >>> table = read_delimited(b"id,name\n1,\"a,b\"\n")
        >>> table.header, table.rows[0].cells
        (['id', 'name'], ['1', 'a,b'])
    """
    text, encoding = decode_text(data)
    lines = list(io.StringIO(text, newline=""))
    separator = find_separator(next((line for line in lines if line.strip()), ""))
    rows = _iterate_rows(lines, separator)
    header = next(rows, None)
    if header is None:
        raise SourceError("the table is empty; expected a header line and one line a row")
    return Delimited([name.strip() for name in header.cells], list(rows), encoding, separator)


def read_header(data: bytes) -> list[str]:
    r"""Return the column names of a text table; none if it is empty.

    Example:
        >>> read_header(b"\xef\xbb\xbfid;image\n1;a.jpg\n")
        ['id', 'image']
    """
    start = data[:_HEADER_BYTES]
    lines = data if len(data) <= _HEADER_BYTES else start[: start.rfind(b"\n") + 1] or start
    return read_delimited(lines).header if lines.strip() else []


def _iterate_rows(lines: list[str], separator: str) -> Iterator[Row]:
    at, width = 0, 0
    while at < len(lines):
        end, cells = _read_record(lines, at, separator, width)
        if any(map(str.strip, cells)):
            width = width or len(cells)
            yield Row(at + 1, cells)
        at = end


def _read_record(lines: list[str], at: int, separator: str, width: int) -> tuple[int, list[str]]:
    """Return where the next record starts, and the cells of this one."""
    if '"' not in lines[at]:
        return at + 1, _split(lines[at], separator)
    try:
        end, cells = _read_quoted(lines, at, separator)
    except csv.Error:  # a quote that never closes, or closes in the middle of a word, is a character
        return at + 1, _split(lines[at], separator)
    unquoted = _split(lines[at], separator)
    looks_unquoted = end > at + 1 and len(unquoted) >= width > 2
    if looks_unquoted and all(_is_row(lines, number, separator, width) for number in range(at + 1, end)):
        return at + 1, unquoted
    return end, cells


def _read_quoted(lines: list[str], at: int, separator: str) -> tuple[int, list[str]]:
    reader = csv.reader((lines[number] for number in range(at, len(lines))), delimiter=separator, strict=True)
    cells = next(reader)
    return at + reader.line_num, cells


def _is_row(lines: list[str], at: int, separator: str, width: int) -> bool:
    """Tell whether a line by itself is a whole row, rather than the inside of a quoted cell."""
    try:
        end, cells = _read_quoted(lines, at, separator)
    except csv.Error:
        return False
    return end == at + 1 and len(cells) == width


def _split(line: str, separator: str) -> list[str]:
    return line.rstrip("\r\n").split(separator)

"""Lists as DeepFashion has them: a line with a count, a line with the columns' names, then a row a line."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

import polars as pl

from modiste.errors import SourceError
from modiste.readers.building import Problems
from modiste.readers.delimited import decode_text
from modiste.readers.source import File, Source

__all__ = ["HEAD_LINES", "check_count", "decode_list", "drop_repeated", "read_counted_list", "split_head", "take_rows"]

HEAD_LINES = 2
"""The line with the count and that with the columns' names."""


def decode_list(name: str, data: bytes) -> str:
    r"""Decode a list, all of it in one encoding.

    Args:
        name: Of the file, for the error.
        data: Its content.

    Raises:
        SourceError: Some lines are UTF-8 and others are not.

    Example:
        >>> decode_list("list.txt", b"1\nname\ncaf\xc3\xa9 1\n").split()[2]
        'café'
    """
    text, encoding = decode_text(data)
    if encoding in ("cp1252", "latin-1"):
        foreign = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if not line.isascii()]
        first = {_is_utf8(line): number for number, line in reversed(foreign)}
        if len(first) == 2:
            raise SourceError(
                f"{name} mixes encodings: line {first[True]} is UTF-8 and line {first[False]} is not; save it as UTF-8"
            )
    return text


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_counted_list(
    source: Source, file: File, columns: Sequence[str], problems: Problems, *, header: bool = True
) -> pl.DataFrame:
    """Read a list.

    Args:
        source: Where it is.
        file: The list.
        columns: The column names that its second line must begin with; any may be left empty.
        problems: Told if the count on the first line is wrong.
        header: Whether the second line has the columns' names; without, the rows begin there.

    Returns:
        ``line`` (from 1) and ``text`` of every row that is not blank.

    Raises:
        SourceError: It is damaged, there is no count, or a column is missing.
    """
    lines = decode_list(file.name, source.read_table(file)).split("\n")
    count, first = split_head(file.name, lines[:HEAD_LINES], columns, header=header)
    table = pl.DataFrame({"line": pl.int_range(1, len(lines) + 1, eager=True, dtype=pl.UInt32), "text": lines})
    table = table.slice(first).with_columns(pl.col("text").str.strip_chars()).filter(pl.col("text") != "")
    check_count(file.name, count, len(table), problems)
    return table


def split_head(
    name: str, head: Sequence[str], columns: Sequence[str], *, header: bool = True
) -> tuple[int | None, int]:
    """Read the first two lines of a list.

    Args:
        name: Of the file, for the error.
        head: The lines.
        columns: The column names that the second line must begin with.
        header: Whether there is such a line.

    Returns:
        The count, None if that line was cut away and the header is the first; and how many lines to skip.

    Raises:
        SourceError: There is no count, or a column is missing.

    Example:
        >>> split_head("list.txt", ["2", "image_name  x_1"], ["image_name", "x_1"])
        (2, 2)
    """
    first, second = (line.strip() for line in (*head, "", "")[:HEAD_LINES])
    if columns and first.split()[: len(columns)] == list(columns):
        return None, 1
    if not (first.isascii() and first.isdigit() and len(first) < 10):
        given = f"{first[:40]!r}" if first else "empty"
        raise SourceError(f"line 1 of {name} is {given}; expected the number of rows that the list has")
    found = second.split()
    if header and found[: len(columns)] != list(columns):
        raise SourceError(
            f"line 2 of {name} names the columns {' '.join(found)[:80] or '(none)'}; expected {' '.join(columns)}"
        )
    return int(first), 1 + header


def check_count(name: str, count: int | None, rows: int, problems: Problems) -> None:
    """Note it if the first line of a list counts other rows than there are."""
    if count is None:
        problems.remark(f"{name} line 1", "the count of rows is missing")
    elif count != rows:
        problems.remark(f"{name} line 1", f"it counts {count:,} rows, but {rows:,} follow")


def take_rows(
    table: pl.DataFrame,
    pattern: str,
    names: Sequence[str],
    *,
    name: str,
    expected: str,
    problems: Problems,
    lost: bool = False,
) -> pl.DataFrame:
    """Cut rows into columns; those that don't fit are left out and noted.

    Args:
        table: ``line`` and ``text``.
        pattern: A regular expression for the whole of a row, one group a column.
        names: The columns' names.
        name: Of the file, for the problems.
        expected: What a row should be, such as ``"a picture and four numbers"``.
        problems: Told of the rows that don't fit.
        lost: Whether a picture is left out for such a row.

    Returns:
        ``line`` and the columns, all texts.
    """
    groups = pl.col("text").str.extract_groups(pattern).struct.rename_fields(list(names))
    cut = table.select("line", groups.alias("groups")).unnest("groups")
    fits = pl.col(names[0]).is_not_null()
    note = problems.add if lost else problems.remark
    for line in cut.filter(~fits)["line"]:
        note(f"{name} line {line}", f"not {expected}")
    return cut.filter(fits)


def drop_repeated(table: pl.DataFrame, key: str, *, name: str, problems: Problems) -> pl.DataFrame:
    """Keep the first row of each key, and note the others.

    Args:
        table: Rows with ``line`` and the key.
        key: The column.
        name: Of the file, for the problems.
        problems: Told of the rows that are left out.
    """
    first = table[key].is_first_distinct()
    for line in table.filter(~first)["line"]:
        problems.remark(
            f"{posixpath.basename(name)} line {line}", "it stands in an earlier row (the first one is kept)"
        )
    return table.filter(first)

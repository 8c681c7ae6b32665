"""The files that a table may be: each writes columns of any type so that the readers get them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from modiste.errors import UnknownNameError, UsageError
from modiste.writers.delimited import to_cell, to_csv

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

__all__ = ["TABLE_FILES", "TableFile", "find_table_file"]

_EXCEL_ROWS = 1_048_575
_EPOCH = datetime(2000, 1, 1)  # a constant makes the file the same each time


@dataclass(frozen=True)
class TableFile:
    """A kind of file.

    Args:
        suffix: Of its name.
        holds_lists: Whether a cell can hold several labels by itself.
        write: Writes a table.
    """

    suffix: str
    holds_lists: bool
    write: Callable[[Path, pl.DataFrame], None]


def _write_csv(path: Path, table: pl.DataFrame) -> None:
    path.write_bytes(to_csv(_to_texts(table)))


def _write_tsv(path: Path, table: pl.DataFrame) -> None:
    path.write_bytes(to_csv(_to_texts(table), separator="\t"))


def _to_texts(table: pl.DataFrame) -> dict[str, list[str]]:
    return {column.name: [to_cell(value) for value in column.to_list()] for column in table}


def _write_json(path: Path, table: pl.DataFrame) -> None:
    table.write_json(path)


def _write_json_lines(path: Path, table: pl.DataFrame) -> None:
    table.write_ndjson(path)


def _write_parquet(path: Path, table: pl.DataFrame) -> None:
    table.write_parquet(path)


def _write_excel(path: Path, table: pl.DataFrame) -> None:
    import xlsxwriter  # type: ignore[import-untyped]

    if len(table) > _EXCEL_ROWS:
        raise UsageError(f"there are {len(table):,} items, but a sheet holds {_EXCEL_ROWS:,} rows; write .parquet")
    # Strangers name the files: nothing in a cell may become a formula or a link.
    texts_only = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **texts_only}) as book:
        book.set_properties({"created": _EPOCH})
        sheet = book.add_worksheet("items")
        sheet.freeze_panes(1, 0)
        for number, row in enumerate([tuple(table.columns), *table.iter_rows()]):
            for at, value in enumerate(row):
                _write_excel_cell(sheet, number, at, value)


def _write_excel_cell(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)) and float(f"{value:.16G}") == value and abs(value) < 2**53:
        sheet.write_number(row, column, value)  # Excel keeps sixteen digits
    else:
        sheet.write_string(row, column, to_cell(value))


TABLE_FILES: dict[str, TableFile] = {
    file.suffix: file
    for file in (
        TableFile(".csv", False, _write_csv),
        TableFile(".tsv", False, _write_tsv),
        TableFile(".xlsx", False, _write_excel),
        TableFile(".parquet", True, _write_parquet),
        TableFile(".jsonl", True, _write_json_lines),
        TableFile(".ndjson", True, _write_json_lines),
        TableFile(".json", True, _write_json),
    )
}


def find_table_file(name: str) -> TableFile:
    """Return the kind of file that a name calls for; a name without a suffix is taken for Parquet.

    Raises:
        UnknownNameError: No table ends in this suffix.

    Example:
        >>> find_table_file("shop.csv").holds_lists
        False
    """
    suffix = PurePath(name).suffix.lower() or ".parquet"
    if suffix not in TABLE_FILES:
        raise UnknownNameError("kind of table", suffix, TABLE_FILES)
    return TABLE_FILES[suffix]

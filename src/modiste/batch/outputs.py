"""The files a job leaves: each format takes the parts one by one, so that memory does not grow with their number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from modiste.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

__all__ = ["LIST_SEPARATOR", "TAG_FORMATS", "VECTOR_FORMATS", "Format", "find_format", "write_csv", "write_names"]

LIST_SEPARATOR: Final = ";"
_ROW_GROUP = 65_536
_EXCEL_ROWS = 1_048_575
_EXCEL_CELL = 32_767
_EPOCH = datetime(2000, 1, 1)  # Excel knows no time zones, and a constant makes the file the same each time


@dataclass(frozen=True)
class Format:
    """A format of output files.

    Args:
        suffix: Of the file's name.
        write: Writes the tables of some Parquet files, in order, into one file.
        max_rows: The most rows a file can hold, or None.
        has_names_beside: The file holds numbers only; ids and pictures go into a ``.json`` of the same stem.
    """

    suffix: str
    write: Callable[[Sequence[Path], Path], None]
    max_rows: int | None = None
    has_names_beside: bool = False

    def check_rows(self, rows: int) -> None:
        """Raise UsageError if so many rows do not fit."""
        if self.max_rows is not None and rows > self.max_rows:
            limit = f"a {self.suffix} file holds {self.max_rows:,} rows"
            raise UsageError(f"there are {rows:,} pictures, but {limit}; choose an output that ends in .parquet")


def find_format(output: Path, formats: Sequence[Format]) -> Format:
    """Return the format that the suffix of an output names.

    Raises:
        UnknownNameError: None of the formats has this suffix.
    """
    for known in formats:
        if output.suffix.lower() == known.suffix:
            return known
    raise UnknownNameError("output format", output.suffix or output.name, [known.suffix for known in formats])


def write_csv(parts: Iterable[Path], path: Path) -> None:
    """Write CSV: UTF-8 without BOM, lists joined by ";", nothing changed but what CSV itself quotes."""
    with path.open("wb") as file:
        for number, part in enumerate(parts):
            _join_lists(pl.read_parquet(part)).write_csv(file, include_header=number == 0)


def write_names(parts: Sequence[Path], path: Path, *, fingerprint: str) -> None:
    """Write what belongs to the rows of a ``.npy`` file: ``fingerprint``, ``item_id`` and ``image`` in their order."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"fingerprint": {json.dumps(fingerprint)}')
        for column in ("item_id", "image"):
            file.write(f', "{column}": [')
            file.write(", ".join(filter(None, (_list_names(part, column) for part in parts))))
            file.write("]")
        file.write("}\n")


def _list_names(part: Path, column: str) -> str:
    return json.dumps(pl.read_parquet(part, columns=[column])[column].to_list(), ensure_ascii=False)[1:-1]


def _write_json_lines(parts: Iterable[Path], path: Path) -> None:
    with path.open("wb") as file:
        for part in parts:
            pl.read_parquet(part).write_ndjson(file)


def _write_parquet(parts: Sequence[Path], path: Path) -> None:
    pl.scan_parquet(list(parts)).sink_parquet(path, row_group_size=_ROW_GROUP, maintain_order=True)


def _write_numpy(parts: Sequence[Path], path: Path) -> None:
    rows = sum(int(pl.scan_parquet(part).select(pl.len()).collect().item()) for part in parts)
    width = pl.read_parquet(parts[0], columns=["vector"])["vector"].to_numpy().shape[1]
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
        np.lib.format.write_array_header_1_0(file, header)
        for part in parts:
            vectors = pl.read_parquet(part, columns=["vector"])["vector"].to_numpy()
            file.write(np.ascontiguousarray(vectors, "<f4").tobytes())


def _write_excel(parts: Iterable[Path], path: Path) -> None:
    import xlsxwriter  # type: ignore[import-untyped]

    # Strangers name the files: nothing in a cell may become a formula or a link.
    texts_only = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **texts_only}) as book:
        book.set_properties({"created": _EPOCH})
        sheet = book.add_worksheet("tags")
        sheet.freeze_panes(1, 0)
        row = 0
        for part in parts:
            table = _join_lists(pl.read_parquet(part))
            if row == 0:
                _write_excel_row(sheet, 0, table.columns)
            for row, values in enumerate(table.iter_rows(), row + 1):  # noqa: B020  (goes on counting)
                _write_excel_row(sheet, row, values)


def _write_excel_row(sheet: Worksheet, row: int, values: Iterable[Any]) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row, column, value[:_EXCEL_CELL])
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif value is not None:
            sheet.write_number(row, column, value)


def _join_lists(table: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    return table.with_columns(pl.col(name).list.join(LIST_SEPARATOR) for name in lists)


_PARQUET = Format(".parquet", _write_parquet)
TAG_FORMATS: Final = (
    Format(".csv", write_csv),
    Format(".xlsx", _write_excel, max_rows=_EXCEL_ROWS),
    _PARQUET,
    Format(".jsonl", _write_json_lines),
)
VECTOR_FORMATS: Final = (_PARQUET, Format(".npy", _write_numpy, has_names_beside=True))

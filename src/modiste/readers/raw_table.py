"""Tables as columns of plain values, whatever file they come from: CSV, Excel, Parquet or JSON lines."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import polars as pl
from fastexcel import FastExcelError

from modiste.errors import SourceError
from modiste.readers.building import Problems
from modiste.readers.delimited import decode_text, read_delimited
from modiste.readers.json_text import parse_json

# It warns of every column without a cell, which is no mistake; what can't be read is raised.
logging.getLogger("fastexcel.types.dtype").setLevel(logging.ERROR)

__all__ = ["FOLDER_SUFFIXES", "TABLE_SUFFIXES", "RawTable", "load_table"]

# A .txt or .json file in a folder of pictures is more often a note than the table.
FOLDER_SUFFIXES = frozenset({".csv", ".tsv", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".jsonl", ".ndjson"})
TABLE_SUFFIXES = FOLDER_SUFFIXES | {".txt", ".json"}


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file.

    Args:
        columns: Name -> cells; a cell is a string, a number, a list ... or None.
        places: Where each row stands, such as ``"products.csv line 7"``.
        rows: How many rows the file had, the unusable ones included.
    """

    columns: dict[str, list[Any]]
    places: list[str]
    rows: int


def load_table(name: str, data: bytes, problems: Problems) -> RawTable:
    """Load a table by the suffix of its name.

    Args:
        name: The file's name.
        data: Its bytes.
        problems: Receives the rows that can't be used.

    Raises:
        SourceError: The file is damaged or empty, two of its columns have one name, or the suffix is no table's.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _LOADERS:
        raise SourceError(f"{name} is no table; expected a name that ends in {', '.join(sorted(TABLE_SUFFIXES))}")
    return _LOADERS[suffix](PurePosixPath(name).name, data, problems)


def _load_text(name: str, data: bytes, problems: Problems) -> RawTable:
    text = read_delimited(data)
    header = _check_header(name, [column or f"column {at}" for at, column in enumerate(text.header, 1)])
    kept = []
    for row in text.rows:
        if len(row.cells) == len(header):
            kept.append(row)
        else:
            problems.add(f"{name} line {row.line}", f"more or fewer cells than the {len(header)} of the header")
    columns = {column: [row.cells[at] for row in kept] for at, column in enumerate(header)}
    return RawTable(columns, [f"{name} line {row.line}" for row in kept], len(text.rows))


def _check_header(name: str, header: Sequence[str]) -> Sequence[str]:
    doubled = [column for column, count in Counter(header).items() if count > 1]
    if doubled:
        raise SourceError(f"{name} has two columns named {doubled[0]!r}; rename one of them")
    return header


def _load_json(name: str, data: bytes, problems: Problems) -> RawTable:
    text, _ = decode_text(data)
    numbered = _parse_array(name, text) if text.lstrip().startswith("[") else _parse_lines(name, text)
    kept = []
    for place, record in numbered:
        if isinstance(record, dict):
            kept.append((place, record))
        else:
            problems.add(place, "not a JSON object")
    names = dict.fromkeys(str(key) for _, record in kept for key in record)
    columns = {column: [record.get(column) for _, record in kept] for column in names}
    return RawTable(columns, [place for place, _ in kept], len(numbered))


def _parse_array(name: str, text: str) -> list[tuple[str, Any]]:
    records = _parse(text)
    if not isinstance(records, list):
        raise SourceError(f"{name} starts like a JSON array but is damaged; expected an array of objects")
    return [(f"{name} item {number}", record) for number, record in enumerate(records, 1)]


def _parse_lines(name: str, text: str) -> list[tuple[str, Any]]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [(f"{name} line {number}", _parse(line)) for number, line in lines]


def _parse(text: str) -> Any:
    """Return what a JSON text says, or None where it is damaged."""
    try:
        return parse_json(text)
    except ValueError:
        return None


def _load_excel(name: str, data: bytes, problems: Problems) -> RawTable:
    # All rows decide on a column's type: an id such as "A7" below a hundred numbers must not become null.
    frame = pl.read_excel(io.BytesIO(data), infer_schema_length=None, drop_empty_rows=False, raise_if_empty=False)
    return _from_frame(name, frame, first_row=2)


def _load_parquet(name: str, data: bytes, problems: Problems) -> RawTable:
    return _from_frame(name, pl.read_parquet(io.BytesIO(data)), first_row=1)


def _from_frame(name: str, frame: pl.DataFrame, first_row: int) -> RawTable:
    places = pl.Series([f"{name} row {number}" for number in range(first_row, first_row + len(frame))], dtype=pl.String)
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series() if frame.width else places.is_null()
    kept = frame.filter(~blank)
    columns = {column: kept[column].to_list() for column in kept.columns}
    return RawTable(columns, places.filter(~blank).to_list(), len(kept))


_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, FastExcelError, LookupError, OSError, ValueError)


def _guard(load: Callable[[str, bytes, Problems], RawTable]) -> Callable[[str, bytes, Problems], RawTable]:
    """Turn the exceptions of a library that meets a damaged file into a SourceError."""

    def guarded(name: str, data: bytes, problems: Problems) -> RawTable:
        try:
            return load(name, data, problems)
        except _DAMAGE as error:
            raise SourceError(f"{name} is damaged, or is not what its suffix says: {error}") from error

    return guarded


_LOADERS: dict[str, Callable[[str, bytes, Problems], RawTable]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _load_text),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), _load_json),
    **dict.fromkeys((".xlsx", ".xls", ".xlsb", ".ods"), _guard(_load_excel)),
    ".parquet": _guard(_load_parquet),
}

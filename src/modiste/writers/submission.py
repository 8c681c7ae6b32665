"""The file that the iMaterialist challenge of 2018 is answered with: a picture's number and its labels' numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UsageError
from modiste.readers.building import Problems
from modiste.readers.imaterialist_files import LabelMap, read_label_map
from modiste.readers.raw_table import load_table

__all__ = ["SUBMISSION_COLUMNS", "Submission", "build_submission", "write_submission"]

SUBMISSION_COLUMNS = ("image_id", "label_id")
_ID, _CONFIDENCE = "item_id", "_confidence"
_SEPARATOR = ";"  # of the labels in a CSV of tags


@dataclass(frozen=True)
class Submission:
    """What was written.

    Args:
        table: ``image_id`` and ``label_id``: numbers of labels between blanks, rising.
        empty: How many pictures have no label.
    """

    table: pl.DataFrame
    empty: int


def write_submission(tags: Path, path: Path, *, label_map: Path | None = None, overwrite: bool = False) -> Submission:
    """Turn a table of tags into the challenge's file, whole or not at all.

    Args:
        tags: What ``modiste tag`` wrote: CSV, Parquet, JSON lines or Excel.
        path: The CSV to write.
        label_map: The map of labels that named them; needed where their names are not their numbers.
        overwrite: Replace a file that exists.

    Raises:
        UsageError: The file exists, or the tags are not labels that have numbers.
        SourceError: A file can't be read, or two pictures have one name.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; choose another name, or add --overwrite")
    names = None if label_map is None else read_label_map(str(label_map), _read(label_map))
    made = build_submission(load_table(str(tags), _read(tags), Problems()).columns, names)
    waiting = path.with_name(path.name + ".part")
    made.table.write_csv(waiting)
    waiting.replace(path)
    return made


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error}") from error


def build_submission(columns: Mapping[str, Sequence[object]], label_map: LabelMap | None = None) -> Submission:
    """Build the challenge's table out of the columns of a table of tags.

    Args:
        columns: ``item_id``, and for each field ``FIELD`` and ``FIELD_confidence``; a cell holds values, as a list or
            between ";".
        label_map: What the labels are called; without it their names are their numbers.

    Raises:
        UsageError: A column is missing, or a value has no number.
        SourceError: Two pictures have one name.

    Example:
        >>> tags = {"item_id": ["test/7"], "label": [["66", "20"]], "label_confidence": [0.9]}
        >>> build_submission(tags).table.row(0)
        ('7', '20 66')
    """
    fields = [name for name in columns if name + _CONFIDENCE in columns]
    if _ID not in columns or not fields:
        raise UsageError(
            f"expected a table of 'modiste tag', with the columns {_ID}, FIELD and FIELD{_CONFIDENCE}; given "
            f"{', '.join(columns)}"
        )
    ids = [str(item).rpartition("/")[2] for item in columns[_ID]]
    doubled = pl.Series(ids, dtype=pl.String)
    if doubled.is_duplicated().any():
        raise SourceError(
            f"two pictures are called {doubled.filter(doubled.is_duplicated())[0]!r}; tag one part at a time"
        )
    numbers = _number_values(label_map)
    told = [sorted(_list_numbers(fields, columns, row, numbers)) for row in range(len(ids))]
    texts = [" ".join(map(str, own)) for own in told]
    table = pl.DataFrame(
        dict(zip(SUBMISSION_COLUMNS, (ids, texts), strict=True)), schema_overrides={"label_id": pl.String}
    )
    return Submission(table, texts.count(""))


def _number_values(label_map: LabelMap | None) -> dict[tuple[str, str], int] | None:
    if label_map is None:
        return None
    return {(label_map.tasks[number], name): number for number, name in label_map.names.items()}


def _list_numbers(
    fields: Sequence[str],
    columns: Mapping[str, Sequence[object]],
    row: int,
    numbers: Mapping[tuple[str, str], int] | None,
) -> set[int]:
    found = set()
    for field in fields:
        cell = columns[field][row]
        values = cell.split(_SEPARATOR) if isinstance(cell, str) else cell if isinstance(cell, list) else []
        found |= {_find_number(field, str(value), numbers) for value in values if value}
    return found


def _find_number(field: str, value: str, numbers: Mapping[tuple[str, str], int] | None) -> int:
    number = (
        int(value) if numbers is None and value.isascii() and value.isdigit() else (numbers or {}).get((field, value))
    )
    if number is None:
        raise UsageError(
            f"{value!r} of {field!r} has no number; name the table that names the labels: --label-map label_map.csv"
            if numbers is None
            else f"the map of labels does not name {value!r} of {field!r}; give the one that the network learnt with"
        )
    return number

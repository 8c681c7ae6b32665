"""Comma-separated text that comes back cell by cell as it was."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modiste.errors import UsageError
from modiste.readers.delimited import read_delimited

__all__ = ["check_csv", "list_free_names", "to_cell", "to_csv"]


def to_cell(value: Any) -> str:
    """Write a value as a cell: nothing for null, numbers in full, lists and records as JSON.

    Example:
        >>> to_cell(None), to_cell(0.1), to_cell(True), to_cell([1, "é"])
        ('', '0.1', 'true', '[1, "é"]')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return repr(value) if isinstance(value, float) else str(value)


def to_csv(columns: Mapping[str, Sequence[str]], *, separator: str = ",") -> bytes:
    r"""Write columns as comma-separated text in UTF-8, quoted where it must be.

    Args:
        columns: Header -> cells, all of one length.
        separator: What stands between two cells.

    Example:
        >>> to_csv({"id": ["1"], "title": ["a, b"]})
        b'id,title\n1,"a, b"\n'
    """
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return file.getvalue().encode()


def check_csv(columns: Mapping[str, Sequence[str]], *, way_out: str) -> None:
    """Raise UsageError if a cell would not come back, which may happen to text of several lines that looks like rows.

    Args:
        columns: Header -> cells, as for `to_csv`.
        way_out: What to type instead.
    """
    rows = [row for row in zip(*columns.values(), strict=True) if any("\n" in cell or "\r" in cell for cell in row)]
    names = list(columns)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    found = read_delimited(text.getvalue().encode())
    if found.header != names:
        lost = sorted(set(names) - set(found.header)) or names
        raise UsageError(f"columns would not come back from CSV by their names: {lost[:3]}. {way_out}")
    for row, back in zip(rows, [*found.rows, None], strict=False):
        if back is None or list(row) != back.cells:
            raise UsageError(f"a text of several lines would not come back from CSV: {row[0]!r}. {way_out}")
    if len(found.rows) != len(rows):
        raise UsageError(f"a text of several lines would become a row of its own in CSV. {way_out}")


def list_free_names(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return the names that can head a column beside others.

    Example:
        >>> list_free_names(["year", "id", " x"], ["id"])
        ['year']
    """
    used = set(taken)
    return [name for name in names if name not in used and name == name.strip() and name]

"""Tables of findings as files: CSV, Excel, Parquet or JSON lines, whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from modiste.batch.outputs import TAG_FORMATS, Format, find_format
from modiste.errors import UsageError

__all__ = ["choose_format", "write_table"]


def choose_format(path: Path, *, overwrite: bool = False) -> Format:
    """Return the format that a path's suffix names, and make sure that a file can be written there.

    Args:
        path: Ends in .csv, .xlsx, .parquet or .jsonl.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        UnknownNameError: The suffix names no format.
        UsageError: The file exists, or its folder does not.
    """
    chosen = find_format(path, TAG_FORMATS)
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; choose another name, or add --overwrite")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.absolute().parent} to write {path.name} into; make it first")
    return chosen


def write_table(table: pl.DataFrame, path: Path) -> Path:
    """Write a table under a temporary name beside its place, and move it there.

    Args:
        table: Any table; lists become cells with ";" in CSV and Excel.
        path: Ends in .csv, .xlsx, .parquet or .jsonl; a file that is there is replaced.

    Returns:
        The path.

    Raises:
        UnknownNameError: The suffix names no format.
        UsageError: The format does not hold so many rows, or there is no such folder.
    """
    chosen = choose_format(path, overwrite=True)
    chosen.check_rows(table.height)
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=f".{path.name}-") as folder:
        rows, waiting = Path(folder) / "rows.parquet", Path(folder) / f"table{chosen.suffix}"
        table.write_parquet(rows)
        chosen.write([rows], waiting)
        waiting.replace(path)
    return path

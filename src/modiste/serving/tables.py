"""Tables as files to download: CSV, Excel, Parquet, JSON lines, by the same hands that ``modiste tag`` writes with."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final, Literal, NamedTuple

import polars as pl

from modiste.batch.outputs import TAG_FORMATS, find_format

__all__ = ["MEDIA_TYPES", "TableFormat", "WrittenTable", "write_table"]

TableFormat = Literal["csv", "xlsx", "parquet", "jsonl"]

MEDIA_TYPES: Final[dict[TableFormat, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
}


class WrittenTable(NamedTuple):
    """A file with a table: its content, its type, and the name that a browser should give it."""

    data: bytes
    media_type: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """The header that makes a browser keep it as a file."""
        return {"Content-Disposition": f'attachment; filename="{self.name}"'}


def write_table(table: pl.DataFrame, kind: TableFormat, stem: str) -> WrittenTable:
    """Write a table.

    Args:
        table: What is written.
        kind: The format.
        stem: The file's name without its ending: plain ASCII letters.

    Raises:
        UsageError: It has more rows than the format holds.
    """
    name = f"{stem}.{kind}"
    chosen = find_format(Path(name), TAG_FORMATS)
    chosen.check_rows(table.height)
    with tempfile.TemporaryDirectory(prefix="modiste-") as folder:
        part, path = Path(folder, "part.parquet"), Path(folder, name)
        table.write_parquet(part)
        chosen.write([part], path)
        return WrittenTable(path.read_bytes(), MEDIA_TYPES[kind], name)

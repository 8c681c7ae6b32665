"""Tables on the terminal: drawn for people, aligned with blanks for files and programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import typer

__all__ = ["print_table"]


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: drawn on a terminal, aligned with blanks where the output goes into a file or a program.

    Args:
        title: Above the table.
        header: The columns' names; all empty for a table without a header.
        rows: The cells; without any, nothing is printed.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    if sys.stdout.isatty():
        _draw_table(title, header, cells)
        return
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    typer.echo(f"{title}:")
    for row in [header, *cells] if any(header) else cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(f"  {line}".rstrip())
    typer.echo()


def _draw_table(title: str, header: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_header=any(header))
    for name, column in zip(header, zip(*cells, strict=True), strict=True):
        drawn.add_column(name, justify="right" if all(map(str.isdecimal, column)) else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*map(escape, row))
    Console().print(drawn)

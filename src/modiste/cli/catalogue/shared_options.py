"""What the commands that change a catalogue share: their arguments, and what they say in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.tables import print_table

if TYPE_CHECKING:
    from modiste.catalogue.loading import LoadSummary

__all__ = ["BundleFolder", "Errors", "Place", "Source", "Threads", "report_load"]

_RUN = "How it runs"

Place = Annotated[str, typer.Argument(metavar="CATALOGUE", help="The catalogue: a folder, or milvus://HOST:PORT/NAME.")]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE", help="A folder or an archive of pictures, a table, a feed, a manifest: what a reader takes."
    ),
]
BundleFolder = Annotated[
    Path | None,
    typer.Option(help="Folder of the catalogue's bundle; by default modiste's own.", rich_help_panel=_RUN),
]
Threads = Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_RUN)]
Errors = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Table of what can't be read; by default CATALOGUE.errors.csv.",
        rich_help_panel=_RUN,
    ),
]


def report_load(verb: str, place: str, summary: LoadSummary) -> None:
    """Say what a command did, in a line each; exit with 1 if some pictures could not be read."""
    rate = f" ({summary.rate:.0f} pictures/s)" if summary.embedded else ""
    typer.echo(f"{verb} {summary.listed:,} pictures in {summary.seconds:.1f} s{rate}")
    rows = [
        ("new", summary.added, "embedded and tagged"),
        ("replaced", summary.replaced, "another picture: embedded and tagged anew"),
        ("changed", summary.changed, "price, stock, title or the like"),
        ("unchanged", summary.unchanged, "there already"),
        ("removed", summary.removed, "no longer in the source"),
    ]
    print_table("Items", ("", "items", ""), [(what, f"{n:,}", why) for what, n, why in rows if n])
    typer.echo(f"{place}: {summary.items:,} items")
    if summary.errors is not None:
        typer.echo(f"{summary.errors}: {summary.failed + summary.lost:,} that could not be used, with reasons")
    if summary.failed or summary.lost:
        raise typer.Exit(1)

"""``modiste catalogue rebuild``: a catalogue anew under another bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.catalogue.shared_options import Errors, Place, Threads
from modiste.cli.tag import tell_if_stopped

__all__ = ["rebuild"]


def rebuild(
    catalogue: Place,
    bundle: Annotated[
        Path | None, typer.Option(metavar="NEW", help="Folder of the new bundle; by default modiste's own.")
    ] = None,
    remove_unreadable: Annotated[
        bool, typer.Option("--remove-unreadable", help="Remove the items whose pictures can't be read any more.")
    ] = False,
    threads: Threads = None,
    errors: Errors = None,
) -> None:
    """Embed and tag every picture anew with another bundle; until that is done, the old one serves.

    An interrupted run goes on with the same command. Pictures that can't be read keep it from being finished: the exit
    code is then 1.

    Examples:

        modiste catalogue rebuild shop.catalogue --bundle my-bundle

        modiste catalogue rebuild shop.catalogue --bundle my-bundle --remove-unreadable
    """
    from modiste.bundle import Bundle
    from modiste.catalogue.loading import rebuild_catalogue
    from modiste.catalogue.stores import open_backend

    backend = open_backend(catalogue)
    try:
        with tell_if_stopped():
            summary = rebuild_catalogue(
                backend, Bundle.open(bundle), remove_unreadable=remove_unreadable, threads=threads, errors=errors
            )
    finally:
        backend.close()
    before = f", {summary.resumed:,} before" if summary.resumed else ""
    typer.echo(f"embedded {summary.done:,} pictures{before} in {summary.seconds:.1f} s ({summary.rate:.0f} pictures/s)")
    if summary.errors is not None:
        typer.echo(f"{summary.errors}: {summary.failed:,} that could not be read, with reasons")
    if not summary.finished:
        typer.echo("the old bundle still serves: mend these pictures and type the same, or add --remove-unreadable")
        raise typer.Exit(1)
    removed = f"; {summary.removed:,} removed" if summary.removed else ""
    typer.echo(f"{catalogue}: {summary.items:,} items, served by the new bundle{removed}")

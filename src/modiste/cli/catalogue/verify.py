"""``modiste catalogue verify``: whether a catalogue is whole."""

from __future__ import annotations

from pathlib import Path

import typer

from modiste.cli.catalogue.shared_options import Place
from modiste.errors import UsageError

__all__ = ["verify"]


def verify(catalogue: Place) -> None:
    """Check a catalogue from end to end; others may use it meanwhile. Problems are printed, the exit code is then 1.

    Examples:

        modiste catalogue verify shop.catalogue
    """
    if "://" in catalogue:
        raise UsageError(f"{catalogue} is kept by a server, which looks after it itself; expected a folder")
    from modiste.catalogue.local.database import FILE_NAME, open_database
    from modiste.catalogue.local.verification import verify as find_problems

    if not (Path(catalogue) / FILE_NAME).exists():
        open_database(Path(catalogue)).close()  # says that there is none, and how to make one
    problems = find_problems(Path(catalogue))
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        typer.echo(f"{catalogue}: {len(problems)} problems", err=True)
        raise typer.Exit(1)
    typer.echo(f"{catalogue} is whole")

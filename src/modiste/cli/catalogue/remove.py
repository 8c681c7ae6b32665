"""``modiste catalogue remove``: items out of a catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from modiste.cli.catalogue.shared_options import Place
from modiste.errors import UsageError

__all__ = ["remove"]


def remove(
    catalogue: Place,
    items: Annotated[list[str] | None, typer.Argument(metavar="ITEMS...", help="Ids of items.")] = None,
    where: Annotated[str | None, typer.Option(metavar="FILTER", help="Remove the items that pass a filter.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many would be removed, and remove nothing.")
    ] = False,
) -> None:
    """Remove items; the next search finds them no more. An id that is not there is told, and the exit code is then 1.

    Examples:

        modiste catalogue remove shop.catalogue 10001 10002

        modiste catalogue remove shop.catalogue --where "season = 'Winter' and stock = 0" --dry-run
    """
    if not items and where is None:
        raise UsageError(
            f"nothing to remove is named. Type: modiste catalogue remove {catalogue} ITEM, or --where FILTER"
        )
    from modiste.catalogue import Catalogue, parse_filter

    parsed = None if where is None else parse_filter(where)
    with Catalogue.open(catalogue) as opened:
        asked = list(dict.fromkeys(items or ()))
        known = opened.backend.get(asked)
        missing = [item_id for item_id in asked if item_id not in known]
        chosen = list(dict.fromkeys([*known, *(opened.backend.list_ids(parsed) if parsed is not None else ())]))
        removed = len(chosen) if dry_run else opened.remove(chosen)
        left = len(opened)
    for item_id in missing:
        typer.echo(f"not there: {item_id}", err=True)
    verb = "would be removed" if dry_run else "removed"
    typer.echo(f"{removed:,} items {verb}; {catalogue}: {left:,} items")
    if missing:
        raise typer.Exit(1)

"""``modiste catalogue update``: new prices, stock, titles or corrected tags of items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.catalogue.shared_options import Place
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.catalogue import Catalogue

__all__ = ["update"]

_SHOWN = 20


def update(
    catalogue: Place,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="ITEMS... NAME=VALUE...", help="Ids of items, then what is set.")
    ] = None,
    where: Annotated[str | None, typer.Option(metavar="FILTER", help="Change the items that pass a filter.")] = None,
    table: Annotated[
        Path | None, typer.Option("--from", metavar="TABLE", help="Change items as a table says: one row an item.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --from: the column of ids; by default found by its name.")
    ] = None,
) -> None:
    """Change what is known of items; their pictures stay. What can't be changed is told, and the exit code is then 1.

    Names: price, list_price, title, brand, stock (stock.M of one size), sizes ("S:3,M:0"), any field of the bundle
    (corrects it; empty takes that back), and any other name as a detail (empty removes it).

    Examples:

        modiste catalogue update shop.catalogue 10001 price=799 stock.M=3

        modiste catalogue update shop.catalogue 10001 10002 baseColour=Navy title="Navy shirt"

        modiste catalogue update shop.catalogue --where "brand = 'Alder'" campaign=spring

        modiste catalogue update shop.catalogue --from stock.csv --id-column sku
    """
    from modiste.catalogue import Catalogue

    with Catalogue.open(catalogue) as opened:
        if table is not None:
            if words or where is not None:
                raise UsageError("--from takes items and values from the table; leave out the others")
            done, problems = _update_from(opened, table, id_column)
        else:
            done, problems = _update_items(opened, words or [], where)
    for line in problems[:_SHOWN]:
        typer.echo(line, err=True)
    if len(problems) > _SHOWN:
        typer.echo(f"... and {len(problems) - _SHOWN:,} more", err=True)
    typer.echo(f"{done:,} items updated")
    if problems:
        raise typer.Exit(1)


def _update_from(opened: Catalogue, table: Path, id_column: str | None) -> tuple[int, list[str]]:
    from modiste.catalogue.loading import update_from_table

    done, missing, refused = update_from_table(opened.backend, table, id_column=id_column)
    return done, [f"{where}: {reason}" for where, reason in refused] + [f"not there: {item_id}" for item_id in missing]


def _update_items(opened: Catalogue, words: list[str], where: str | None) -> tuple[int, list[str]]:
    from modiste.catalogue import parse_filter
    from modiste.catalogue.loading import apply_settings, parse_settings

    # Ids come first, so that one with "=" in it can't be given here; a table takes any.
    first = next((place for place, word in enumerate(words) if "=" in word), len(words))
    if first == len(words) or (first == 0 and where is None):
        raise UsageError("expected items and what is set, such as: 10001 price=799; or --where FILTER, or --from TABLE")
    settings = parse_settings(words[first:], opened.info.head.taxonomy)
    kept = [] if where is None else opened.backend.list_ids(parse_filter(where))
    ids = list(dict.fromkeys([*words[:first], *kept]))
    missing = apply_settings(opened.backend, ids, settings)
    return len(ids) - len(missing), [f"not there: {item_id}" for item_id in missing]

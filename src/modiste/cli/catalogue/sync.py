"""``modiste catalogue sync``: today's feed into a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.catalogue.shared_options import BundleFolder, Errors, Place, Threads, report_load
from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.tag import tell_if_stopped

__all__ = ["sync"]


@takes_reading
def sync(
    feed: Annotated[Path, typer.Argument(metavar="FEED", help="The shop's feed: what a reader takes.")],
    catalogue: Place,
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="Remove the items that the feed no longer has; by default keep.")
    ] = False,
    bundle: BundleFolder = None,
    threads: Threads = None,
    errors: Errors = None,
    *,
    reading: Reading,
) -> None:
    """Bring a catalogue to the state of a feed: new prices and stock, new items.

    A picture whose file did not change is not embedded again; nor is that of a known item which the feed names by an
    address only.

    Examples:

        modiste catalogue sync feed.xml shop.catalogue --root fetched/

        modiste catalogue sync products.csv shop.catalogue --remove-missing
    """
    from modiste.catalogue import Catalogue

    with tell_if_stopped(), Catalogue.open(catalogue, bundle=bundle, threads=threads) as opened:
        summary = opened.sync(
            feed, remove_missing=remove_missing, reader=reading.reader, options=reading.options, errors=errors
        )
    if summary.missing and not remove_missing:
        typer.echo(f"{summary.missing:,} items are not in the feed and were kept; --remove-missing removes them")
    report_load("synced with", catalogue, summary)

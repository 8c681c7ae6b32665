"""``modiste catalogue add``: more pictures into a catalogue."""

from __future__ import annotations

from modiste.cli.catalogue.shared_options import BundleFolder, Errors, Place, Source, Threads, report_load
from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.tag import tell_if_stopped

__all__ = ["add"]


@takes_reading
def add(
    source: Source,
    catalogue: Place,
    bundle: BundleFolder = None,
    threads: Threads = None,
    errors: Errors = None,
    *,
    reading: Reading,
) -> None:
    """Add pictures to a catalogue; the next search finds them. Items that are there are brought up to date.

    Examples:

        modiste catalogue add new-arrivals/ shop.catalogue

        modiste catalogue add autumn.csv shop.catalogue --id-column sku
    """
    from modiste.catalogue import Catalogue

    with tell_if_stopped(), Catalogue.open(catalogue, bundle=bundle, threads=threads) as opened:
        summary = opened.add(source, reader=reading.reader, options=reading.options, errors=errors)
    report_load("added from", catalogue, summary)

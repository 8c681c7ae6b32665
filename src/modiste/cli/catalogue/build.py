"""``modiste catalogue build``: a shop in, a catalogue out."""

from __future__ import annotations

from modiste.cli.catalogue.shared_options import BundleFolder, Errors, Place, Source, Threads, report_load
from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.tag import tell_if_stopped

__all__ = ["build"]


@takes_reading
def build(
    source: Source,
    catalogue: Place,
    bundle: BundleFolder = None,
    threads: Threads = None,
    errors: Errors = None,
    *,
    reading: Reading,
) -> None:
    """Make a catalogue of a shop: pictures embedded and tagged, with titles, prices, sizes and all else it says.

    Pictures that can't be read and rows without a picture are listed with their reasons, and the exit code is then 1.
    An interrupted run goes on with the same command.

    Examples:

        modiste catalogue build photos/ shop.catalogue

        modiste catalogue build fashion-product-images-small.zip shop.catalogue

        modiste catalogue build feed.xml shop.catalogue --root fetched/
    """
    from modiste.catalogue.loading import build_catalogue

    with tell_if_stopped():
        summary = build_catalogue(
            source, catalogue, bundle=bundle, reader=reading.reader, options=reading.options, threads=threads,
            errors=errors,
        )  # fmt: skip
    report_load("built from", catalogue, summary)

"""``modiste embed``: product photographs in, vectors for search out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.tag import BoxColumns, BundleFolder, Overwrite, Paths, Threads, report, tell_if_stopped
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

__all__ = ["embed"]


def embed(
    paths: Paths,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: .parquet or .npy.")] = None,
    box: BoxColumns = None,
    bundle: BundleFolder = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
) -> None:
    """Turn product photographs into vectors for search.

    A .parquet output holds item_id, image, vector and the bundle's fingerprint; a .npy output holds the vectors, and
    a .json beside it the rest. Vectors of bundles with different fingerprints can't be compared.

    Examples:

        modiste embed photos/ -o vectors.parquet

        modiste embed catalogue.zip -o vectors.npy
    """
    if output is None:
        raise UsageError("modiste embed needs an output. Type: modiste embed PATHS -o vectors.parquet")
    from modiste.batch import ListingOptions, embed_files

    listing = ListingOptions(box_columns=split_names(box))
    with tell_if_stopped():
        summary = embed_files(paths, output, bundle=bundle, listing=listing, threads=threads, overwrite=overwrite)
    report("embedded", summary)

"""``modiste embed``: product photographs in, vectors for search out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.tag import report, split_names
from modiste.errors import UsageError

__all__ = ["embed"]


def embed(
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, zip or tar archives, tables, manifests.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: .parquet or .npy.")] = None,
    box: Annotated[
        str | None, typer.Option(help="Columns of the table with the box to cut out: LEFT,TOP,WIDTH,HEIGHT, or one.")
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="Folder of a bundle; by default the one inside.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")] = False,
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
    report("embedded", embed_files(paths, output, bundle=bundle, listing=listing, threads=threads, overwrite=overwrite))

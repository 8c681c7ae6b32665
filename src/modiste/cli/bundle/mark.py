"""``modiste bundle mark``: tell a bundle which items it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.errors import UsageError

__all__ = ["mark"]


def mark(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle; it gets the file training-items.npy.")],
    data: Annotated[
        Path | None, typer.Option(help="The data set it was trained on: what 'modiste data inspect' understands.")
    ] = None,
    split: Annotated[str, typer.Option(help="The part it was trained on.")] = "train",
    split_file: Annotated[
        Path | None, typer.Option(help="CSV that says which item is in which part: id,split or item,split.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="It was trained on every item; there are no parts.")] = False,
    reader: Annotated[str | None, typer.Option(help="Reader of the data; by default it is recognised.")] = None,
) -> None:
    """Tell a bundle which items it was trained on, so that nobody judges it on those unawares.

    Hashes of ids, titles and pictures are kept, which name nothing to those who have not got the data. What the bundle
    knew before stays. Answers and fingerprint stay, too. `modiste export` does this by itself.

    Examples:

        modiste bundle mark my-bundle --data fashion.zip --split-file split.csv

        modiste bundle mark my-bundle --data shop/ --all
    """
    if data is None:
        raise UsageError(
            "modiste bundle mark needs --data SOURCE, what the bundle was trained on. Type: modiste bundle mark --help"
        )
    import numpy as np

    from modiste.bundle import Bundle, keep_training_items
    from modiste.evaluation import apply_split, digest_pictures, mark_items
    from modiste.readers import read_source

    opened, manifest = Bundle.open(bundle), read_source(data, reader=reader)
    if split_file is not None:
        manifest = apply_split(manifest, split_file)
    rows = manifest if every else manifest.of_split(split)
    if not len(rows):
        found = sorted({str(part) for part in manifest.items["split"].drop_nulls()})
        raise UsageError(
            f"no item belongs to the part {split!r}; the data has {', '.join(found) or 'no parts: add --all'}"
        )
    marks, known = mark_items(rows, digest_pictures(rows.items["image"])), opened.read_training_items()
    keep_training_items(opened, marks if known is None else np.union1d(known, marks))
    typer.echo(f"{opened.path} knows {len(rows)} items it was trained on; modiste evaluate refuses to judge it on them")

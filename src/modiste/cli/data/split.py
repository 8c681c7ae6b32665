"""``modiste data split``: which items train, which choose, which judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.data.source_options import Reader, Source

__all__ = ["split"]


def split(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Split file to write (CSV of hashed ids).")],
    published: Annotated[Path, typer.Option(help="CSV with the columns id and split; its test part is sealed whole.")],
    stratum: Annotated[str, typer.Option(help="Single field of whose every value a share is taken.")],
    test: Annotated[float, typer.Option(help="Share of the items outside the published split.")] = 0.15,
    validation: Annotated[float, typer.Option(help="Share of the items outside the test part.")] = 0.06,
    seed: Annotated[int, typer.Option(help="Another seed draws other items.", min=0)] = 1,
    reader: Reader = None,
) -> None:
    """Seal a test part around a published split and draw a validation part; the rest is for training.

    Examples:

        modiste data split fashion.zip --published condition-cnn-split.csv --stratum articleType -o parts.csv
    """
    from collections import Counter

    from modiste.readers import read_source
    from modiste.splits import extend_published_split, read_published_split, write_split_file

    manifest = read_source(source, reader=reader)
    parts = extend_published_split(
        manifest, read_published_split(published), stratum=stratum, test=test, validation=validation, seed=seed
    )
    write_split_file(output, parts)
    counts = Counter(parts.values())
    typer.echo(f"{output}: {counts['test']} test, {counts['validation']} validation; the other items are for training")

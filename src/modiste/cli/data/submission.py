"""``modiste data submission``: from tags to the file that the iMaterialist challenge is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["submission"]


def submission(
    tags: Annotated[Path, typer.Argument(help="What 'modiste tag' wrote: .parquet, .csv, .jsonl or .xlsx.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The CSV to write.")],
    label_map: Annotated[
        Path | None,
        typer.Option(help="The label_map.csv that named the labels; by default their names are their numbers."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists; by default refuse.")
    ] = False,
) -> None:
    """Write tags as the iMaterialist challenge of 2018 wants them: image_id, and label_id with numbers between blanks.

    Examples:

        modiste tag test/ -o tags.parquet --bundle my-bundle

        modiste data submission tags.parquet submission.csv

        modiste data submission tags.parquet submission.csv --label-map label_map.csv
    """
    from modiste.writers.submission import write_submission

    made = write_submission(tags, output, label_map=label_map, overwrite=overwrite)
    typer.echo(f"{output}: {made.table.height} pictures, {made.empty} of them without a label")

"""``modiste tag``: product photographs in, a table out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.batch import Summary

__all__ = ["report", "split_names", "tag"]

_TABLE, _INPUT, _RUN = "What the table holds", "How pictures are read", "How it runs"


def tag(
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, zip or tar archives, tables, manifests.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write: .csv, .xlsx, .parquet or .jsonl.")
    ] = None,
    fields: Annotated[
        str | None, typer.Option(help="Fields to write, separated by commas; by default all.", rich_help_panel=_TABLE)
    ] = None,
    top_k: Annotated[
        int, typer.Option(help="Values a field gets: its answer and K-1 more.", min=1, rich_help_panel=_TABLE)
    ] = 1,
    min_confidence: Annotated[
        float,
        typer.Option(
            help="Below it the cell stays empty and the row is doubtful.", min=0, max=1, rich_help_panel=_TABLE
        ),
    ] = 0.0,
    by: Annotated[
        str, typer.Option(help="One row a picture, or one row a product.", rich_help_panel=_TABLE)
    ] = "picture",
    names: Annotated[
        Path | None,
        typer.Option("--map", help="A TOML file with your own names of fields and values.", rich_help_panel=_TABLE),
    ] = None,
    box: Annotated[
        str | None,
        typer.Option(
            help="Columns of the table with the box to cut out: LEFT,TOP,WIDTH,HEIGHT, or one.", rich_help_panel=_INPUT
        ),
    ] = None,
    product_pattern: Annotated[
        str | None,
        typer.Option(help="Regular expression; its group in the item id is the product.", rich_help_panel=_INPUT),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of a bundle; by default the one inside.", rich_help_panel=_RUN)
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_RUN)
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.", rich_help_panel=_RUN)
    ] = False,
) -> None:
    """Tag product photographs into a CSV, Excel, Parquet or JSON lines file.

    One row a picture: its fields with calibrated confidences, and whether any of them is doubtful. Pictures that
    can't be read are listed with their reasons in OUTPUT's .errors.csv, and the exit code is then 1. An interrupted
    run goes on with the same command.

    Examples:

        modiste tag photos/ -o tags.csv

        modiste tag catalogue.zip -o tags.xlsx --min-confidence 0.6

        modiste tag shop.csv -o tags.parquet --by product --map names.toml

        modiste tag photos/ -o tags.jsonl --by product --product-pattern '^([0-9]+)'
    """
    if output is None:
        raise UsageError("modiste tag needs an output. Type: modiste tag PATHS -o tags.csv")
    from modiste.batch import ListingOptions, TagOptions, tag_files
    from modiste.runtime import NameMap

    options = TagOptions(
        fields=split_names(fields),
        top_k=top_k,
        min_confidence=min_confidence,
        by=by,  # type: ignore[arg-type]
        names=NameMap() if names is None else NameMap.read(names),
    )
    listing = ListingOptions(box_columns=split_names(box), product_pattern=product_pattern)
    summary = tag_files(
        paths, output, bundle=bundle, options=options, listing=listing, threads=threads, overwrite=overwrite
    )
    report("tagged", summary, note=f", {summary.doubtful} of {summary.rows} rows doubtful")


def split_names(text: str | None) -> tuple[str, ...]:
    """Split what a user typed at its commas.

    Example:
        >>> split_names("gender, season")
        ('gender', 'season')
    """
    return tuple(part.strip() for part in text.split(",")) if text else ()


def report(verb: str, summary: Summary, *, note: str = "") -> None:
    """Say in one line what a job did; exit with 1 if some pictures failed."""
    failed = f" ({summary.failed} failed, see {summary.errors})" if summary.failed else ""
    resumed = f", {summary.resumed} of them before" if summary.resumed else ""
    done = summary.pictures - summary.failed
    typer.echo(
        f"{verb} {done} of {summary.pictures} pictures{failed}{resumed}{note}, "
        f"{summary.seconds:.1f} s, {summary.rate:.0f} pictures/s: {summary.output}"
    )
    if summary.failed:
        raise typer.Exit(1)

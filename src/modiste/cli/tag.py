"""``modiste tag``: product photographs in, a table out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.batch import Summary

__all__ = [
    "BoxColumns",
    "BundleFolder",
    "Overwrite",
    "Paths",
    "Threads",
    "report",
    "tag",
    "tell_if_stopped",
]

_TABLE, _INPUT, _RUN = "What the table holds", "How pictures are read", "How it runs"

# What `tag` and `embed` share.
Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATHS...", help="Pictures, folders, zip or tar archives, tables, manifests."),
]
BoxColumns = Annotated[
    str | None,
    typer.Option(
        help="Columns of the table with the box to cut out: four, LEFT,TOP,WIDTH,HEIGHT in pixels, or one with all "
        "four; by default whole pictures.",
        rich_help_panel=_INPUT,
    ),
]
BundleFolder = Annotated[
    Path | None, typer.Option(help="Folder of a bundle; by default the one inside modiste.", rich_help_panel=_RUN)
]
Threads = Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_RUN)]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an output that exists; by default refuse.", rich_help_panel=_RUN)
]


def tag(
    paths: Paths,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write: .csv, .xlsx, .parquet or .jsonl.")
    ] = None,
    fields: Annotated[
        str | None, typer.Option(help="Fields to write, separated by commas; by default all.", rich_help_panel=_TABLE)
    ] = None,
    top_k: Annotated[
        int, typer.Option(help="Values a single field gets: its answer and K-1 more.", min=1, rich_help_panel=_TABLE)
    ] = 1,
    min_confidence: Annotated[
        float,
        typer.Option(
            help="From 0 to 1: below it the cell stays empty and the row is doubtful.",
            min=0,
            max=1,
            rich_help_panel=_TABLE,
        ),
    ] = 0.0,
    by: Annotated[
        Literal["picture", "product"],
        typer.Option(help="One row a picture, or one row a product, its pictures fused.", rich_help_panel=_TABLE),
    ] = "picture",
    names: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="TOML file with your own names of fields and values; by default the bundle's.",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    box: BoxColumns = None,
    product_pattern: Annotated[
        str | None,
        typer.Option(
            help="With --by product: a regular expression whose one group, found in the item id, is the product.",
            rich_help_panel=_INPUT,
        ),
    ] = None,
    bundle: BundleFolder = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
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
        by=by,
        names=NameMap() if names is None else NameMap.read(names),
    )
    listing = ListingOptions(box_columns=split_names(box), product_pattern=product_pattern)
    with tell_if_stopped():
        summary = tag_files(
            paths, output, bundle=bundle, options=options, listing=listing, threads=threads, overwrite=overwrite
        )
    report("tagged", summary, note=f", {summary.doubtful} doubtful")


@contextmanager
def tell_if_stopped() -> Iterator[None]:
    """Say after Ctrl-C that nothing is lost; the exit code is 130, as of everything that is stopped so."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on where it was", err=True)
        raise typer.Exit(130) from None


def report(verb: str, summary: Summary, *, note: str = "") -> None:
    """Say in a line each what a job did and what it wrote; exit with 1 if some pictures failed."""
    done = summary.pictures - summary.failed
    resumed = f", {summary.resumed} of them before" if summary.resumed else ""
    typer.echo(
        f"{verb} {done} of {summary.pictures} pictures{resumed} in {summary.seconds:.1f} s "
        f"({summary.rate:.0f} pictures/s)"
    )
    typer.echo(f"{summary.output}: {summary.rows} rows{note}")
    if summary.failed:
        typer.echo(f"{summary.errors}: {summary.failed} that could not be read, with reasons")
        raise typer.Exit(1)

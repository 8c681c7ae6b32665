"""``modiste data fetch``: from addresses to shards of pictures with a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.source_options import (
    Fields,
    IdColumn,
    ImageColumn,
    Reader,
    Separator,
    SplitColumn,
    Table,
    TitleColumn,
    option,
)
from modiste.cli.tag import tell_if_stopped
from modiste.cli.typed_lists import split_names

if TYPE_CHECKING:
    from modiste.collect.fetching import FetchSummary

__all__ = [
    "AllowPrivate",
    "Attempts",
    "Concurrency",
    "IgnoreRobots",
    "Interval",
    "MaxBytes",
    "MaxSide",
    "Overwrite",
    "PerHost",
    "ShardPictures",
    "ShardSize",
    "Shards",
    "Timeout",
    "fetch",
    "report_fetched",
]

_KEPT, _MANNERS = "What is kept", "Speed and manners"

Shards = Annotated[str, option(_KEPT, "Archives to write: zip, or tar (WebDataset's layout).", metavar="zip|tar")]
ShardPictures = Annotated[int, typer.Option(help="Pictures of a shard at most.", min=1, rich_help_panel=_KEPT)]
ShardSize = Annotated[int, typer.Option(help="Megabytes of a shard at most.", min=1, max=4000, rich_help_panel=_KEPT)]
MaxSide = Annotated[
    int | None, typer.Option(help="Resize pictures whose longer side has more pixels.", min=1, rich_help_panel=_KEPT)
]
MaxBytes = Annotated[int, typer.Option(help="The longest file, in bytes.", min=1, rich_help_panel=_KEPT)]
HashColumn = Annotated[
    str | None, option(_KEPT, "Column with the hash that each file should have: SHA-256, SHA-1 or MD5.")
]
Overwrite = Annotated[bool, option(_KEPT, "Replace an output that modiste made before.", "--overwrite")]
Concurrency = Annotated[int, typer.Option(help="Requests at once.", min=1, rich_help_panel=_MANNERS)]
PerHost = Annotated[int, typer.Option(help="Requests at once to one host.", min=1, rich_help_panel=_MANNERS)]
Interval = Annotated[
    float, typer.Option(help="Seconds between two requests to one host.", min=0, rich_help_panel=_MANNERS)
]
Attempts = Annotated[int, typer.Option(help="Requests for one picture at most.", min=1, rich_help_panel=_MANNERS)]
Timeout = Annotated[float, typer.Option(help="Seconds for one request.", min=0.1, rich_help_panel=_MANNERS)]
AllowPrivate = Annotated[
    bool,
    option(_MANNERS, "Also reach hosts in private networks, and this machine; only for lists you trust.",
           "--allow-private"),
]  # fmt: skip
IgnoreRobots = Annotated[
    bool, option(_MANNERS, "Fetch what robots.txt or X-Robots-Tag ask not to; only where you may.", "--ignore-robots")
]


def fetch(
    source: Annotated[Path, typer.Argument(help="A text file of addresses, a table, a JSON or a manifest.")],
    output: Annotated[Path, typer.Argument(help="The folder to make.")],
    shards: Shards = "zip",
    shard_pictures: ShardPictures = 10_000,
    shard_size: ShardSize = 1000,
    max_side: MaxSide = None,
    max_bytes: MaxBytes = 20_000_000,
    hash_column: HashColumn = None,
    overwrite: Overwrite = False,
    concurrency: Concurrency = 64,
    per_host: PerHost = 8,
    interval: Interval = 0.0,
    attempts: Attempts = 4,
    timeout: Timeout = 30.0,
    allow_private: AllowPrivate = False,
    ignore_robots: IgnoreRobots = False,
    reader: Reader = None,
    table: Table = None,
    fields: Fields = None,
    separator: Separator = None,
    image_column: ImageColumn = None,
    id_column: IdColumn = None,
    split_column: SplitColumn = None,
    title_column: TitleColumn = None,
) -> None:
    """Fetch pictures by their addresses into zip or tar shards, with a manifest that every command reads.

    Each file must be a picture that decodes. What did not arrive is listed in OUTPUT.errors.csv with its reason, and
    the exit code is then 1. An interrupted run goes on with the same command.

    Examples:

        modiste data fetch urls.txt shop

        modiste data fetch products.csv shop --image-column photo_url --fields category,colour --max-side 512

        modiste data fetch train.json imaterialist --shards tar --concurrency 128 --per-host 16

        modiste data fetch feed.parquet shop --hash-column sha256 --interval 0.2
    """
    from modiste.collect.fetching import FetchOptions, fetch_pictures
    from modiste.readers import ReaderOptions

    options = FetchOptions(
        shards=shards,  # type: ignore[arg-type]  # checked there
        shard_pictures=shard_pictures,
        shard_bytes=shard_size * 1_000_000,
        max_side=max_side,
        max_bytes=max_bytes,
        hash_column=hash_column,
        concurrency=concurrency,
        per_host=per_host,
        interval=interval,
        attempts=attempts,
        timeout=timeout,
        allow_private=allow_private,
        obey_robots=not ignore_robots,
    )
    reading = ReaderOptions(
        table=table,
        fields=split_names(fields),
        separator=separator,
        image_column=image_column,
        id_column=id_column,
        split_column=split_column,
        title_column=title_column,
    )
    with tell_if_stopped():
        summary = fetch_pictures(source, output, options=options, reader=reader, reading=reading, overwrite=overwrite)
    report_fetched(summary)


def report_fetched(summary: FetchSummary) -> None:
    """Say in a line each what was fetched and where it is; exit with 1 if some pictures did not arrive."""
    before = f", {summary.resumed} of them before" if summary.resumed else ""
    typer.echo(
        f"fetched {summary.pictures} of {summary.addresses} pictures{before} in {summary.seconds:.1f} s "
        f"({summary.rate:.0f} addresses/s)"
    )
    typer.echo(f"{summary.output}: {summary.items} items; type: modiste data inspect {summary.output}")
    if summary.failed:
        typer.echo(f"{summary.errors}: {summary.failed} that did not arrive, with reasons")
        raise typer.Exit(1)

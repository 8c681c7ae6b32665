"""``modiste data collect``: a labelled set from search terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.fetch import (
    AllowPrivate,
    Attempts,
    Concurrency,
    IgnoreRobots,
    Interval,
    MaxBytes,
    MaxSide,
    Overwrite,
    PerHost,
    ShardPictures,
    Shards,
    ShardSize,
    Timeout,
    report_fetched,
)
from modiste.cli.data.source_options import option
from modiste.cli.tables import print_table
from modiste.cli.tag import tell_if_stopped
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.collect.searching import Provider

__all__ = ["collect"]

_TERMS, _SEARCH = "What is searched for", "Where"

_Texts = Annotated[
    list[str] | None, option(_TERMS, "A term, such as 'red dress' or 'red gown=dress'; may be given several times.",
                             "--terms", metavar="TEXT")
]  # fmt: skip
_File = Annotated[Path | None, option(_TERMS, "Terms, one a line; or a table with the column term and fields.")]
_Colours = Annotated[str | None, option(_TERMS, "Colours, separated by commas: each with every garment.")]
_Garments = Annotated[str | None, option(_TERMS, "Garments, separated by commas.")]
_PerTerm = Annotated[int, typer.Option(help="Pictures a term.", min=1, rich_help_panel=_TERMS)]
_Provider = Annotated[
    str, option(_SEARCH, "openverse, or a TOML file that describes a search.", metavar="openverse|FILE.toml")
]
_Licences = Annotated[str | None, option(_SEARCH, "Openverse: only these licences, such as cc0,by.")]
_LicenceTypes = Annotated[
    str | None, option(_SEARCH, "Openverse: only licences that allow these: commercial, modification.")
]


def collect(
    output: Annotated[Path, typer.Argument(help="The folder to make.")],
    terms: _Texts = None,
    terms_file: _File = None,
    colours: _Colours = None,
    garments: _Garments = None,
    per_term: _PerTerm = 100,
    provider: _Provider = "openverse",
    licences: _Licences = None,
    licence_types: _LicenceTypes = None,
    shards: Shards = "zip",
    shard_pictures: ShardPictures = 10_000,
    shard_size: ShardSize = 1000,
    max_side: MaxSide = None,
    max_bytes: MaxBytes = 20_000_000,
    overwrite: Overwrite = False,
    concurrency: Concurrency = 64,
    per_host: PerHost = 8,
    interval: Interval = 0.0,
    attempts: Attempts = 4,
    timeout: Timeout = 30.0,
    allow_private: AllowPrivate = False,
    ignore_robots: IgnoreRobots = False,
) -> None:
    """Search for terms and fetch what is found: "red dress" gives pictures with garment dress and colour red.

    Licence and creator stay with every picture; mind them. A picture that several terms find is kept once. An
    interrupted run goes on with the same command.

    Examples:

        modiste data collect dresses --terms 'red dress' --terms 'blue dress' --per-term 50

        modiste data collect shop --colours red,blue,yellow --garments dress,shirt,pullover --licence-types commercial

        modiste data collect shop --terms-file terms.csv --provider my-search.toml --max-side 512
    """
    from modiste.collect.fetching import FetchOptions
    from modiste.collect.searching import build_terms, collect_pictures

    wanted = build_terms(terms or (), file=terms_file, colours=split_names(colours), garments=split_names(garments))
    options = FetchOptions(
        shards=shards,  # type: ignore[arg-type]  # checked there
        shard_pictures=shard_pictures,
        shard_bytes=shard_size * 1_000_000,
        max_side=max_side,
        max_bytes=max_bytes,
        concurrency=concurrency,
        per_host=per_host,
        interval=interval,
        attempts=attempts,
        timeout=timeout,
        allow_private=allow_private,
        obey_robots=not ignore_robots,
    )
    search = _choose_provider(provider, split_names(licences), split_names(licence_types))
    with tell_if_stopped():
        summary = collect_pictures(
            wanted, output, provider=search, per_term=per_term, options=options, overwrite=overwrite
        )
    rows = [(count.term, count.found, count.arrived) for count in summary.terms]
    print_table("Terms", ("term", "found", "in the set"), rows)
    report_fetched(summary.fetched)


def _choose_provider(name: str, licences: tuple[str, ...], licence_types: tuple[str, ...]) -> Provider:
    from modiste.collect.searching import JsonSearch, Openverse

    if name == "openverse":
        return Openverse.from_environment(licences=licences, licence_types=licence_types)
    if licences or licence_types:
        raise UsageError("only openverse knows --licences and --licence-types; put them into the file's [parameters]")
    if not name.endswith(".toml"):
        raise UsageError(f"there is no provider {name!r}; give openverse, or a TOML file that describes a search")
    return JsonSearch.read(Path(name))

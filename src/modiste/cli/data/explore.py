"""``modiste data explore``: what is in a data set, as a page, as figures and as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.explore import Exploration

__all__ = ["explore"]

_OUTPUT, _LOOKED_AT = "What is written", "What is looked at"

_Report = Annotated[Path | None, option(_OUTPUT, "The page to write, such as out.html.", "--report", "-r")]
_Figures = Annotated[
    Path | None,
    option(_OUTPUT, "Folder for the figures as PNG; needs the extra 'report'.", "--figures", metavar="FOLDER"),
]
_Json = Annotated[Path | None, option(_OUTPUT, "File for all numbers as JSON.", "--json", metavar="FILE")]
_Sample = Annotated[
    int | None,
    typer.Option(
        help="Open at most so many pictures, drawn at random; labels are counted in all items. By default all.",
        min=1,
        rich_help_panel=_LOOKED_AT,
    ),
]
_Embeddings = Annotated[
    bool, typer.Option("--embeddings/--no-embeddings", help="Draw the map of the pictures.", rich_help_panel=_LOOKED_AT)
]
_Bundle = Annotated[
    Path | None, option(_LOOKED_AT, "Folder of the bundle that makes the map; by default the one that ships.")
]
_Seed = Annotated[int, typer.Option(help="Another seed draws other pictures.", min=0, rich_help_panel=_LOOKED_AT)]
_Threads = Annotated[
    int | None,
    typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_LOOKED_AT),
]


@takes_reading
def explore(
    source: Source,
    report: _Report = None,
    figures: _Figures = None,
    json: _Json = None,
    sample: _Sample = None,
    embeddings: _Embeddings = True,
    bundle: _Bundle = None,
    seed: _Seed = 0,
    threads: _Threads = None,
    *,
    reading: Reading,
) -> None:
    """Show what is in a data set: counts, hierarchy, gaps, parts, what goes together, pictures, a map.

    The page is one file that asks for nothing from the network. Pictures that can't be read are listed on it, and the
    exit code is then 1. docs/exploring.md explains the page and the JSON document.

    Examples:

        modiste data explore fashion-product-images-small.zip --report fashion.html

        modiste data explore photos/ --reader class-folders -r photos.html --sample 5000

        modiste data explore products.csv -r shop.html --figures figures/ --json numbers.json --no-embeddings
    """
    if report is None and figures is None and json is None:
        raise UsageError(
            "modiste data explore needs something to write. Type: modiste data explore SOURCE --report out.html"
        )
    from modiste.bundle import Bundle
    from modiste.explore import ExploreOptions, explore_manifest, list_findings
    from modiste.explore.writing import check_writable

    for file in filter(None, (report, json)):
        check_writable(file)
    if figures is not None:
        from modiste.explore.figures import check_figures

        check_figures(figures)
    manifest = reading.read(source)
    found = explore_manifest(
        manifest,
        source=source.name or str(source),
        options=ExploreOptions(sample=sample, embeddings=embeddings, seed=seed, threads=threads),
        bundle=Bundle.open(bundle) if embeddings else None,
    )
    for finding in list_findings(found):
        typer.echo(f"- {finding.text}")
    _write(found, report, figures, json)
    failed = len(found.pictures.failures)
    if failed:
        typer.echo(f"{failed} of {found.pictures.opened} pictures could not be read; the page lists them with reasons")
        raise typer.Exit(1)


def _write(found: Exploration, report: Path | None, figures: Path | None, json: Path | None) -> None:
    from modiste.explore import write_exploration, write_numbers

    if report is not None:
        typer.echo(f"{write_exploration(report, found)}: the page, {report.stat().st_size / 1e6:.1f} MB")
    if json is not None:
        typer.echo(f"{write_numbers(json, found)}: the numbers")
    if figures is not None:
        from modiste.explore.figures import write_figures

        typer.echo(f"{figures}: {len(write_figures(figures, found))} figures")

"""``modiste bench``: measurements and acceptance runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from modiste.errors import UsageError

__all__ = ["accept", "app", "search", "tag"]

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_WHAT, _WHERE = "What is judged", "Where things are"


@app.callback()
def bench() -> None:
    """Measure speed, and run the long acceptance checks."""


@app.command()
def accept(
    name: Annotated[str | None, typer.Argument(help="The run; --list shows them.")] = None,
    list_runs: Annotated[bool, typer.Option("--list", help="List the runs and stop.")] = False,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle to judge; by default the one that ships.", rich_help_panel=_WHAT)
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_WHAT)
    ] = None,
    part: Annotated[
        Literal["validation", "test"],
        typer.Option(
            help="Part that searches are judged on; 'test' is sealed: open it at the end.", rich_help_panel=_WHAT
        ),
    ] = "validation",
    data: Annotated[Path, typer.Option(help="Folder with the real pictures.", rich_help_panel=_WHERE)] = Path(
        "../shared/data"
    ),
    results: Annotated[
        Path, typer.Option(help="Folder that NAME.md and NAME.json are written to.", rich_help_panel=_WHERE)
    ] = Path("results"),
    work: Annotated[
        Path,
        typer.Option(
            help="Folder where long trainings are kept: the same command goes on after a stop.", rich_help_panel=_WHERE
        ),
    ] = Path("runs/acceptance"),
) -> None:
    """Run one acceptance check and write its table; exits with 1 where a target is missed.

    Examples:

        modiste bench accept --list

        modiste bench accept accuracy

        modiste bench accept sizes --data pictures/ --bundle my-bundle
    """
    from modiste.bench import RUNS, Setting, find_run
    from modiste.bench import accept as carry_out
    from modiste.evaluation import render_targets

    if list_runs:
        width = max(len(entry.name) for entry in RUNS) + 2
        for entry in RUNS:
            typer.echo(f"{entry.name:<{width}}{entry.description}{' (needs --data)' if entry.needs_data else ''}")
        return
    if name is None:
        raise UsageError("modiste bench accept needs the name of a run. Type: modiste bench accept --list")
    # Ended from outside, a run ends what it has started: a server, a crowd of clients.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    setting = Setting(bundle, data, threads=threads, part=part, work=work, say=lambda line: typer.echo(line, err=True))
    report = carry_out(find_run(name), setting, results=results)
    typer.echo(render_targets(report.targets))
    typer.echo(f"written: {results / name}.md, {results / name}.json")
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def tag(
    source: Annotated[
        Path | None, typer.Argument(help="Folder or archive of your own pictures; by default drawn ones.")
    ] = None,
    pictures: Annotated[int, typer.Option(help="Pictures a round.", min=32, rich_help_panel=_WHAT)] = 4096,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are shown.", min=1, rich_help_panel=_WHAT)] = 5,
    sources: Annotated[
        bool,
        typer.Option(
            help="Time Pillow and a ResNet-50 in torch as well; needs the extra train.", rich_help_panel=_WHAT
        ),
    ] = True,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle to measure; by default the one that ships.", rich_help_panel=_WHAT)
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_WHAT)
    ] = None,
) -> None:
    """Measure how many pictures a second are tagged, side by side with the network alone and with plain torch.

    Exits with 1 where a target is missed. Measure when nothing else runs.

    Examples:

        modiste bench tag

        modiste bench tag photos.zip --pictures 1000

        modiste bench tag photos/ --no-sources --threads 1
    """
    from modiste.bench import Setting, add_facts
    from modiste.bench.speed import measure_source

    setting = Setting(bundle, threads=threads, say=lambda line: typer.echo(line, err=True))
    report = add_facts(measure_source(setting, source, pictures=pictures, rounds=rounds, sources=sources), setting)
    typer.echo(report.to_markdown())
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def search(
    sizes: Annotated[
        str, typer.Option(help="Numbers of vectors, with commas: 44k,1m.", rich_help_panel=_WHAT)
    ] = "44k,1m",
    kinds: Annotated[
        str,
        typer.Option(help="Kinds of index up to 200,000 vectors, with commas; by default all.", rich_help_panel=_WHAT),
    ] = "",
    large: Annotated[
        str,
        typer.Option(
            help="Kinds, hnswlib and others above 200,000 vectors, where each takes minutes; by default exact, "
            "ivf-sq8 and hnswlib.",
            rich_help_panel=_WHAT,
        ),
    ] = "",
    peers: Annotated[
        bool, typer.Option(help="Also measure hnswlib, LanceDB and S1; needs the extra bench.", rich_help_panel=_WHAT)
    ] = True,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle to embed with; by default the one that ships.", rich_help_panel=_WHAT)
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder with the real pictures; drawn vectors without.", rich_help_panel=_WHERE)
    ] = Path("../shared/data"),
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="Vectors to begin from, .npy of modiste embed, to save the embedding.", rich_help_panel=_WHERE
        ),
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="Folder for the vectors made; 1 GB a million.", rich_help_panel=_WHERE)
    ] = None,
    results: Annotated[
        Path, typer.Option(help="Folder that search-methods.md, .json and .svg are written to.", rich_help_panel=_WHERE)
    ] = Path("results"),
) -> None:
    """Compare retrieval methods by recall, time, memory and disk; exits with 1 where a target is missed.

    Measure when nothing else runs.

    Examples:

        modiste bench search

        modiste bench search --sizes 44k --no-peers --kinds exact,ivf-sq8

        modiste bench search --sizes 44k,1m --kinds exact,ivf,ivf-sq8,hnsw-sq8 --large exact,ivf-sq8,hnswlib

        modiste bench search --sizes 44k,1m,10m --workspace /big
    """
    from modiste.bench import Setting, add_facts
    from modiste.bench.searching import compare_methods
    from modiste.bench.searching.plot import check_plot, draw_methods
    from modiste.evaluation import write_report

    check_plot()
    setting = Setting(bundle, data, say=lambda line: typer.echo(line, err=True))
    chosen, larger = ([word for word in words.split(",") if word] for words in (kinds, large))
    found = compare_methods(
        setting, sizes.split(","), vectors=vectors, workspace=workspace, peers=peers, kinds=chosen, large=larger
    )
    report = add_facts(found.report, setting)
    write_report(report, results, "search-methods")
    draw_methods(results / "search-methods.svg", found.methods, found.variance)
    typer.echo(report.to_markdown())
    if not report.passed:
        raise typer.Exit(1)

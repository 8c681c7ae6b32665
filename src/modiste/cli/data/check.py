"""``modiste data check``: what is wrong with the pictures and labels of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.cli.tables import print_table
from modiste.cli.typed_lists import split_names

if TYPE_CHECKING:
    from modiste.collect.checking import CheckResult

__all__ = ["BundleFolder", "Checks", "Judge", "MinSide", "Threads", "Work", "check"]

_OUTPUT, _CHECKED, _RUN = "What is written", "What is checked", "How it runs"

# What `check`, `clean` and `audit` share.
Checks = Annotated[str | None, option(_CHECKED, "Names of checks, separated by commas; by default all.")]
Judge = Annotated[
    str | None, option(_CHECKED, "Fields whose labels are judged, separated by commas; by default all.", "--judge")
]
MinSide = Annotated[int, typer.Option(help="A shorter side, in pixels, is tiny.", min=1, rich_help_panel=_CHECKED)]
BundleFolder = Annotated[
    Path | None, option(_RUN, "Folder of the bundle whose embeddings are used; by default the one inside modiste.")
]
Work = Annotated[
    Path | None,
    option(_RUN, "Folder that keeps what was seen: an interrupted run goes on, the next command reads nothing again."),
]
Threads = Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_RUN)]

_Output = Annotated[
    Path | None, option(_OUTPUT, "Table of findings to write: .csv, .xlsx, .parquet or .jsonl.", "-o", "--output")
]
_Report = Annotated[Path | None, option(_OUTPUT, "Page with pictures to write, such as out.html.", "--report", "-r")]
_Examples = Annotated[
    int, typer.Option(help="Findings of each check that the page shows.", min=1, max=200, rich_help_panel=_OUTPUT)
]
_Json = Annotated[bool, option(_OUTPUT, "Print everything as one JSON document.", "--json")]
_Overwrite = Annotated[bool, option(_OUTPUT, "Replace a table that exists; by default refuse.", "--overwrite")]
_OutlierField = Annotated[
    str | None, option(_CHECKED, "Field whose classes have outliers; by default the one with the most values.")
]


@takes_reading
def check(
    source: Source,
    report: _Report = None,
    output: _Output = None,
    as_json: _Json = False,
    examples: _Examples = 24,
    overwrite: _Overwrite = False,
    checks: Checks = None,
    judge: Judge = None,
    outlier_field: _OutlierField = None,
    min_side: MinSide = 32,
    bundle: BundleFolder = None,
    work: Work = None,
    threads: Threads = None,
    *,
    reading: Reading,
) -> None:
    """Check pictures and labels: unreadable, blank, copies, contradictions, outliers, likely wrong labels.

    Nothing is changed; modiste data clean writes a cleaned manifest. Findings are no failure: the exit code is 0, and 1
    only if some pictures could not be read. docs/cleaning.md explains each check.

    Examples:

        modiste data check fashion-product-images-small.zip --report check.html

        modiste data check photos/ --reader class-folders -o findings.csv --work seen/

        modiste data check products.csv --checks exact-copy,near-copy --json
    """
    from modiste.collect.checking import CheckOptions, check_manifest
    from modiste.collect.checking.tables import choose_format, write_table
    from modiste.explore.writing import check_writable

    options = CheckOptions(split_names(checks), split_names(judge), outlier_field, min_side)
    if output is not None:
        choose_format(output, overwrite=overwrite)
    if report is not None:
        check_writable(report)
    manifest = reading.read(source)
    result = check_manifest(manifest, bundle=bundle, options=options, work=work, threads=threads)
    if output is not None:
        write_table(result.findings, output)
    if report is not None:
        from modiste.explore.check_report import write_check_report

        write_check_report(report, result, source=source.name or str(source), examples=examples)
    if as_json:
        typer.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=1))
    else:
        _summarise(result)
        _tell_files(result, output, report)
    if result.unreadable:
        raise typer.Exit(1)


def _summarise(result: CheckResult) -> None:
    from modiste.collect.checking import find_check

    rows = [
        (name, find_check(name).severity, count, find_check(name).description) for name, count in result.count().items()
    ]
    print_table("Findings", ("check", "severity", "findings", "what it means"), rows)
    items = len(result.evidence.manifest)
    typer.echo(f"{items} items checked, {result.findings['item_id'].n_unique()} with a finding")
    left_out = result.evidence.manifest.problems.filter(kind="lost").height
    if left_out:
        typer.echo(f"{left_out} rows were left out by the reader; modiste data inspect says why")


def _tell_files(result: CheckResult, output: Path | None, report: Path | None) -> None:
    if output is not None:
        typer.echo(f"{output}: {result.findings.height} findings")
    if report is not None:
        typer.echo(f"{report}: the page, {report.stat().st_size / 1e6:.1f} MB")

"""``modiste evaluate``: judge a bundle, a run, or anybody's predictions, on labelled pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modiste.cli.judged_options import (
    OUT,
    WHAT,
    AllowSeen,
    AsJson,
    GroupBy,
    Reader,
    Replicates,
    Seed,
    SplitFile,
    SplitName,
    Threads,
)
from modiste.cli.judged_pages import Paired, write_pages
from modiste.cli.judged_rows import CHOSEN_BY, read_data, select_rows
from modiste.cli.judged_systems import Judged, System, count_seen, is_run, list_problems, open_system, predict
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from modiste.evaluation import Evaluation, Part, Protocol

__all__ = ["evaluate"]


def evaluate(
    predictor: Annotated[
        str,
        typer.Argument(
            help="'shipped', the folder of a bundle or of a training run, or a table of predictions (CSV, Parquet, "
            "JSON lines)."
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(help="Another system, of the same kinds, to compare with.", rich_help_panel=WHAT),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The labelled data: anything 'modiste data inspect' understands; a run's own validation part if it is "
            "left out.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    split: SplitName = None,
    split_file: SplitFile = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Rows, fields, classes and published figures: product-tagger-test, condition-cnn, autocatalog, "
            "grouped, year-shift, or a TOML file.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    fields: Annotated[
        str | None, typer.Option(help="Judge only these fields, separated by commas.", rich_help_panel=WHAT)
    ] = None,
    reader: Reader = None,
    allow_seen: AllowSeen = False,
    group_by: GroupBy = "title",
    replicates: Replicates = 1000,
    seed: Seed = 0,
    threads: Threads = None,
    as_json: AsJson = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write evaluation.md, evaluation.json, predictions.parquet and verdicts.parquet to this folder.",
            rich_help_panel=OUT,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write a page with pictures of what is right and wrong.", rich_help_panel=OUT),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="Also draw the page's figures as PNG into this folder.", rich_help_panel=OUT),
    ] = None,
    openings: Annotated[
        Path | None,
        typer.Option(
            help="CSV that notes looks at a sealed part; by default results/openings.csv, or openings.csv in --out.",
            rich_help_panel=OUT,
        ),
    ] = None,
) -> None:
    """Judge a bundle or a run on labelled pictures: accuracy, macro-F1, intervals, baselines, rows that do not leak.

    Examples:

        modiste evaluate shipped --data my-shop/

        modiste evaluate my-bundle --data fashion.zip --split-file split.csv --split test

        modiste evaluate runs/first --report judged.html

        modiste evaluate tags.csv --data fashion.zip --protocol condition-cnn --json

        modiste evaluate my-bundle --against shipped --data my-shop/ --report judged.html
    """
    if data is None and (not is_run(predictor) or protocol or split_file):
        raise UsageError(
            "modiste evaluate needs --data SOURCE, the labelled pictures to judge on. Type: "
            "modiste evaluate shipped --data SOURCE"
        )
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out is a folder for four files, but {out} is a file; name another")
    if protocol is not None and fields is not None:
        raise UsageError("a protocol says which fields are judged; leave out --fields or --protocol")
    _check_pages(report, figures)
    from modiste.bench import describe_command
    from modiste.evaluation import compare_predictions, describe_rows, judge, list_verdicts, load_protocol

    rules = None if protocol is None else load_protocol(protocol)
    system = open_system(predictor)
    other = None if against is None else open_system(against)
    manifest, name = read_data(data, reader, system)
    part, digests = select_rows(manifest, split_file, split or (None if data else CHOSEN_BY), rules, data)
    facts = count_seen(system, part.rows, digests, allowed=allow_seen)
    if other is not None:
        count_seen(other, part.rows, digests, allowed=allow_seen)
    judged = predict(system, part.rows, threads)
    wanted = list(split_names(fields)) if fields is not None else None if rules is None else list(rules.fields)
    tables = judge(
        part,
        judged.predictions,
        protocol=rules,
        fields=wanted,
        group_by=group_by,
        replicates=replicates,
        seed=seed,
    )
    classes = None if rules is None else rules.classes
    verdicts = list_verdicts(part.rows, judged.predictions, fields=wanted, classes=classes)
    paired = Paired(predictor, against or "")
    if other is not None:
        told = predict(other, part.rows, threads).predictions
        draws: dict[str, Any] = {"group_by": group_by, "replicates": replicates, "seed": seed}
        paired = paired.fill(
            compare_predictions(part.rows, judged.predictions, told, fields=wanted, classes=classes, **draws)
        )
    _record(system, name, part, rules, openings, out)
    facts = {
        "system": system.describe(),
        **({} if other is None else {"compared with": other.describe()}),
        **judged.facts,
        "data": name,
        "rows": describe_rows(part, rules),
        **facts,
        "intervals": f"95 %: Wilson's for shares, else bootstrap, by {group_by}, {replicates} draws, seed {seed}",
    }
    facts["command"] = f"`{describe_command()}`"
    _show(facts, tables, rules, judged, verdicts, paired, as_json=as_json, out=out)
    if report is not None or figures is not None:
        write_pages(
            part.rows,
            judged.predictions,
            tables,
            facts,
            paired,
            system=system,
            protocol=rules,
            page=report,
            figures=figures,
        )
    if judged.problems:
        list_problems(judged.problems)
        raise typer.Exit(1)


def _check_pages(report: Path | None, figures: Path | None) -> None:
    """Refuse places that can't be written to before the long work, not after it."""
    if report is not None:
        from modiste.explore.writing import check_writable

        check_writable(report)
    if figures is not None:
        from modiste.explore.figures import check_figures

        check_figures(figures)


def _record(
    system: System, data: str, part: Part, rules: Protocol | None, openings: Path | None, out: Path | None
) -> None:
    """Record that a sealed part was opened, before its figures are seen."""
    from modiste.bench import describe_command
    from modiste.evaluation import Opening, find_openings_file, is_sealed, record_opening

    if part.name is None or not is_sealed(part.name, rules):
        return
    path = find_openings_file(openings, out)
    if path is None:
        typer.echo(
            f"the sealed part {part.name!r} is opened, and nothing notes it: here is no folder results, and no --out "
            "is given. Type: --openings FILE",
            err=True,
        )
        return
    words = {"system": system.describe(), "data": data, "command": describe_command()}
    record_opening(path, Opening.now(protocol=rules, part=part.name, rows=len(part.rows), **words))
    typer.echo(f"the sealed part {part.name!r} is opened: noted in {path}", err=True)


def _show(
    facts: Mapping[str, str],
    tables: Mapping[str, Evaluation],
    rules: Protocol | None,
    judged: Judged,
    verdicts: pl.DataFrame,
    paired: Paired,
    *,
    as_json: bool,
    out: Path | None,
) -> None:
    from modiste.evaluation import Report, list_sections, write_report

    report = Report("Evaluation", facts, [*paired.list_sections(), *list_sections(tables, rules)])
    typer.echo(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if as_json else report.to_markdown())
    if out is not None:
        write_report(report, out, "evaluation")
        _write_table(judged.predictions.to_table(), out / "predictions.parquet")
        _write_table(verdicts, out / "verdicts.parquet")
        typer.echo(f"{out}: evaluation.md, evaluation.json, predictions.parquet and verdicts.parquet", err=True)


def _write_table(table: pl.DataFrame, path: Path) -> None:
    waiting = path.with_name(path.name + ".part")
    table.write_parquet(waiting)
    waiting.replace(path)

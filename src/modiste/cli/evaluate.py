"""``modiste evaluate``: judge a bundle, or anybody's predictions, on labelled pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from modiste.cli.tag import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from modiste.evaluation import Evaluation, Predictions, Protocol
    from modiste.manifest import Manifest

__all__ = ["evaluate"]

_WHAT, _HOW, _OUT = "What is judged", "How it is judged", "What is written"
_TABLES = (".csv", ".parquet", ".jsonl")
_SHOWN = 20


def evaluate(
    predictor: Annotated[
        str, typer.Argument(help="'shipped', a bundle's folder, or a table of predictions (CSV, Parquet, JSON lines).")
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="The labelled data: anything 'modiste data inspect' understands.", rich_help_panel=_WHAT),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Judge only this part; by default everything.", rich_help_panel=_WHAT)
    ] = None,
    split_file: Annotated[
        Path | None,
        typer.Option(help="CSV that says which item is in which part: id,split or item,split.", rich_help_panel=_WHAT),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Rows, fields, classes and published figures: product-tagger-test, condition-cnn, or a TOML file.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    fields: Annotated[
        str | None, typer.Option(help="Judge only these fields, separated by commas.", rich_help_panel=_WHAT)
    ] = None,
    reader: Annotated[
        str | None, typer.Option(help="Reader of the data; by default it is recognised.", rich_help_panel=_WHAT)
    ] = None,
    group_by: Annotated[
        Literal["title", "product", "none"],
        typer.Option(help="What bootstrap draws keep together.", rich_help_panel=_HOW),
    ] = "title",
    replicates: Annotated[
        int, typer.Option(help="Number of bootstrap draws for an interval.", min=1, rich_help_panel=_HOW)
    ] = 1000,
    seed: Annotated[
        int,
        typer.Option(
            help="Another seed draws other rows for the intervals; the same one repeats them.",
            min=0,
            rich_help_panel=_HOW,
        ),
    ] = 0,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_HOW)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=_OUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write evaluation.md, evaluation.json, predictions.parquet and verdicts.parquet to this folder.",
            rich_help_panel=_OUT,
        ),
    ] = None,
) -> None:
    """Judge a bundle on labelled pictures: accuracy, macro-F1, intervals, baselines, and the rows that do not leak.

    Examples:

        modiste evaluate shipped --data my-shop/

        modiste evaluate my-bundle --data fashion.zip --split-file split.csv --split test

        modiste evaluate tags.csv --data fashion.zip --protocol condition-cnn --json
    """
    if data is None:
        raise UsageError(
            "modiste evaluate needs --data SOURCE, the labelled pictures to judge on. Type: "
            "modiste evaluate shipped --data SOURCE"
        )
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out is a folder for four files, but {out} is a file; name another")
    if protocol is not None and fields is not None:
        raise UsageError("a protocol says which fields are judged; leave out --fields or --protocol")
    from modiste.evaluation import judge, list_verdicts, load_protocol, select_part

    rules = None if protocol is None else load_protocol(protocol)
    part = select_part(_read_data(data, reader, split_file, rules), split or (rules.part if rules else None))
    outcome = _predict(predictor, part.rows, threads)
    wanted = None if fields is None else list(split_names(fields))
    tables = judge(
        part,
        outcome.predictions,
        protocol=rules,
        fields=wanted,
        group_by=group_by,
        replicates=replicates,
        seed=seed,
    )
    facts = {
        **outcome.facts,
        "data": data.name,
        "rows": f"{len(part.rows)}, {f'part {part.name!r}' if part.name else 'every item'}",
        "intervals": f"95 %: Wilson's for shares, else bootstrap by {group_by}, {replicates} draws, seed {seed}",
    }
    verdicts = list_verdicts(
        part.rows,
        outcome.predictions,
        fields=wanted if rules is None else rules.fields,
        classes=None if rules is None else rules.classes,
    )
    _show(facts, tables, rules, outcome, verdicts, as_json=as_json, out=out)
    if outcome.problems:
        _list_problems(outcome.problems)
        raise typer.Exit(1)


class _Outcome(NamedTuple):
    predictions: Predictions
    facts: dict[str, str]
    problems: Mapping[str, str]


def _read_data(data: Path, reader: str | None, split_file: Path | None, rules: Protocol | None) -> Manifest:
    from modiste.evaluation import apply_split, find_split_file
    from modiste.readers import read_source

    manifest = read_source(data, reader=reader)
    if split_file is None and rules is not None:
        split_file = find_split_file(rules.split_file, beside=data)
    return manifest if split_file is None else apply_split(manifest, split_file)


def _predict(predictor: str, rows: Manifest, threads: int | None) -> _Outcome:
    from modiste.bundle import Bundle
    from modiste.evaluation import predict_items, read_predictions

    path = Path(predictor)
    if path.suffix.lower() in _TABLES:
        return _Outcome(read_predictions(path, rows.taxonomy), {"system": f"predictions in {path.name}"}, {})
    if predictor != "shipped" and not path.exists():
        known = "'shipped', the folder of a bundle, or a table of predictions (.csv, .parquet, .jsonl)"
        raise UsageError(f"there is nothing to judge at {predictor!r}; expected {known}")
    bundle = Bundle.open(None if predictor == "shipped" else path)
    with _show_progress(len(rows)) as advance:
        run = predict_items(bundle, rows, threads=threads, progress=advance)
    facts = {
        "system": f"{bundle.spec.name}, fingerprint {bundle.fingerprint}",
        "picture size": run.describe_sizes(),
    }
    return _Outcome(run.predictions, facts, run.problems)


@contextmanager
def _show_progress(total: int) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, and nothing where the output is no terminal."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("predicting", total=total)
        yield lambda done, _: bar.update(task, completed=done)


def _show(
    facts: Mapping[str, str],
    tables: Mapping[str, Evaluation],
    rules: Protocol | None,
    outcome: _Outcome,
    verdicts: pl.DataFrame,
    *,
    as_json: bool,
    out: Path | None,
) -> None:
    from modiste.bench import describe_command
    from modiste.evaluation import Report, list_sections, write_report

    facts = {**facts, "command": f"`{describe_command()}`"}
    report = Report("Evaluation", facts, list_sections(tables, rules))
    typer.echo(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if as_json else report.to_markdown())
    if out is not None:
        write_report(report, out, "evaluation")
        _write_table(outcome.predictions.to_table(), out / "predictions.parquet")
        _write_table(verdicts, out / "verdicts.parquet")
        typer.echo(f"{out}: evaluation.md, evaluation.json, predictions.parquet and verdicts.parquet", err=True)


def _write_table(table: pl.DataFrame, path: Path) -> None:
    waiting = path.with_name(path.name + ".part")
    table.write_parquet(waiting)
    waiting.replace(path)


def _list_problems(problems: Mapping[str, str]) -> None:
    typer.echo(f"{len(problems)} pictures could not be read and count as wrong:", err=True)
    for item, reason in list(problems.items())[:_SHOWN]:
        typer.echo(f"  {item}: {reason}", err=True)
    if len(problems) > _SHOWN:
        typer.echo(f"  and {len(problems) - _SHOWN} more", err=True)

"""``modiste compare``: several runs, bundles or tables of predictions side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from modiste.cli.judged_rows import CHOSEN_BY, read_data, select_rows
from modiste.cli.judged_systems import System, count_seen, is_run, list_problems, open_system, predict
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.evaluation import Candidate, PairedField, Part, Predictions, Report

__all__ = ["compare"]


def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            help="'shipped', folders of runs or of bundles, tables of predictions; all are compared with the first."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Labelled pictures: anything 'modiste data inspect' understands; by default the validation part that "
            "the runs share.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    split: SplitName = None,
    split_file: SplitFile = None,
    fields: Annotated[
        str | None, typer.Option(help="Compare only these fields, separated by commas.", rich_help_panel=WHAT)
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
            help="Also write comparison.md, comparison.json and comparison.csv to this folder.", rich_help_panel=OUT
        ),
    ] = None,
) -> None:
    """Put systems side by side: accuracy, training time, parameters, size, speed, and which is really better.

    Examples:

        modiste compare runs/first runs/second

        modiste compare shipped my-bundle tags.csv --data my-shop/ --out compared/
    """
    if data is None and not is_run(systems[0]):
        raise UsageError(
            "modiste compare needs --data SOURCE, labelled pictures to compare on, unless the first system is a run"
        )
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out is a folder for three files, but {out} is a file; name another")
    opened = dict(zip(_name_systems(systems), map(open_system, systems), strict=True))
    first = next(iter(opened.values()))
    manifest, told = read_data(data, reader, first)
    part, digests = select_rows(manifest, split_file, split or (None if data else CHOSEN_BY), None, data)
    if data is None:
        _check_same_rows(opened, part)
    for system in opened.values():
        count_seen(system, part.rows, digests, allowed=allow_seen)
    drawn = {"group_by": group_by, "replicates": replicates, "seed": seed}
    wanted = None if fields is None else list(split_names(fields))
    candidates, unread = _judge_all(opened, part, wanted, drawn, threads)
    report = _describe(opened, candidates, part, told, drawn)
    typer.echo(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if as_json else report.to_markdown())
    if out is not None:
        _write(report, candidates, out)
    if unread:
        list_problems(unread)
        raise typer.Exit(1)


def _name_systems(words: Sequence[str]) -> list[str]:
    """Return a name of each system: that of its file, or the whole path where two files are called alike.

    Raises:
        UsageError: A system is named twice.
    """
    if len(set(words)) < len(words):
        raise UsageError(f"a system is named twice: {' '.join(words)}")
    short = [Path(word).name or word for word in words]
    return [name if short.count(name) == 1 else word for name, word in zip(short, words, strict=True)]


def _check_same_rows(systems: dict[str, System], part: Part) -> None:
    """Refuse runs whose validation parts are not the same: each would be judged on what the others learnt from."""
    first, *_ = systems
    for name, system in systems.items():
        if system.run is not None and set(system.run.validation.item_ids) != set(part.rows.items["item_id"]):
            raise UsageError(
                f"{first} and {name} were chosen by different items, so their validation parts can't be compared. Name "
                "labelled pictures that none of them learnt from: --data SOURCE"
            )


def _judge_all(
    systems: dict[str, System], part: Part, fields: list[str] | None, drawn: dict[str, Any], threads: int | None
) -> tuple[list[Candidate], dict[str, str]]:
    from modiste.bench.costs import measure_cost
    from modiste.evaluation import Candidate, judge

    candidates: list[Candidate] = []
    unread: dict[str, str] = {}
    first: Predictions | None = None
    for name, system in systems.items():
        typer.echo(f"judging {name} on {len(part.rows)} items", err=True)
        said = predict(system, part.rows, threads)
        unread |= said.problems
        evaluation = next(iter(judge(part, said.predictions, fields=fields, **drawn).values()))
        against = () if first is None else _compare(part, said.predictions, first, fields, drawn)
        first = first or said.predictions
        cost = measure_cost(system.bundle, system.history, threads=threads)
        candidates.append(Candidate(name, evaluation, cost.to_json(), against))
    return candidates, unread


def _compare(
    part: Part, one: Predictions, first: Predictions, fields: list[str] | None, drawn: dict[str, Any]
) -> tuple[PairedField, ...]:
    """Compare with the first system by the fields that both and the data know; by none where they share none."""
    from modiste.evaluation import compare_predictions

    taxonomy = part.rows.taxonomy
    shared = [name for name in fields or taxonomy.names if name in one.taxonomy and name in first.taxonomy]
    labelled = [name for name in shared if part.rows.labels(name).null_count() < len(part.rows)]
    return compare_predictions(part.rows, one, first, fields=labelled, **drawn) if labelled else ()


def _describe(
    systems: dict[str, System], candidates: list[Candidate], part: Part, data: str, drawn: dict[str, Any]
) -> Report:
    from modiste.bench import describe_command, describe_machine
    from modiste.evaluation import Report, list_comparison

    facts = {
        **{name: system.describe() for name, system in systems.items()},
        "data": data,
        "rows": f"{len(part.rows)}, {f'part {part.name!r}' if part.name else 'every item'}",
        "intervals": f"95 %, bootstrap by {drawn['group_by']}, {drawn['replicates']} draws, seed {drawn['seed']}",
        "seconds": "of the trainings, on the machines that they ran on",
        "pictures per second": f"the network alone, 64 prepared pictures at a time; {describe_machine()}",
        "command": f"`{describe_command()}`",
    }
    return Report("Comparison", facts, list_comparison(candidates))


def _write(report: Report, candidates: list[Candidate], out: Path) -> None:
    import polars as pl

    from modiste.evaluation import list_candidates, write_report

    write_report(report, out, "comparison")
    waiting = out / "comparison.csv.part"
    pl.DataFrame(list_candidates(candidates), infer_schema_length=None).write_csv(waiting)
    waiting.replace(out / "comparison.csv")
    typer.echo(f"{out}: comparison.md, comparison.json and comparison.csv", err=True)

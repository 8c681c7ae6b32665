"""What ``modiste evaluate`` judges: a bundle, a training run as the bundle it gives, or a table of predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from modiste.errors import UsageError, import_extra

if TYPE_CHECKING:
    from modiste.bundle import Bundle
    from modiste.evaluation import Epoch, Predictions
    from modiste.manifest import Manifest
    from modiste.training import TrainingRun

__all__ = ["Judged", "System", "count_seen", "is_run", "list_problems", "open_system", "predict"]

_TABLES = (".csv", ".parquet", ".jsonl")
_SHOWN = 20


@dataclass(frozen=True)
class System:
    """A bundle, perhaps that of a run, or a table of predictions.

    Args:
        name: For people, such as ``"my-bundle"`` or ``"predictions in tags.csv"``.
        bundle: The bundle.
        table: The file of the table; there is either this or a bundle.
        run: The run that the bundle was exported from, if it was opened as a run.
    """

    name: str
    bundle: Bundle | None = None
    table: Path | None = None
    run: TrainingRun | None = None

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The epochs of a run; none of any other system."""
        from modiste.evaluation import read_history

        return () if self.run is None else read_history(self.run.history)

    def describe(self) -> str:
        """Return the name, and the fingerprint of a bundle."""
        return self.name if self.bundle is None else f"{self.name}, fingerprint {self.bundle.fingerprint}"


@dataclass(frozen=True)
class Judged:
    """What a system said.

    Args:
        predictions: Its scores and answers.
        facts: What to say of it beside the figures.
        problems: Item id -> why its picture could not be read.
    """

    predictions: Predictions
    facts: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def open_system(predictor: str) -> System:
    """Open ``shipped``, the folder of a bundle or of a run, or a table of predictions.

    Raises:
        UsageError: There is no such thing.
        BundleError: The bundle is damaged.
        RecipeError: The run has finished no epoch.
    """
    from modiste.bundle import Bundle

    path = Path(predictor)
    if path.suffix.lower() in _TABLES:
        return System(f"predictions in {path.name}", table=path)
    if predictor != "shipped" and not path.exists():
        known = "'shipped', the folder of a bundle or of a run, or a table of predictions (.csv, .parquet, .jsonl)"
        raise UsageError(f"there is nothing to judge at {predictor!r}; expected {known}")
    if is_run(predictor):
        return _open_run(path)
    bundle = Bundle.open(None if predictor == "shipped" else path)
    return System(bundle.spec.name, bundle=bundle)


def is_run(predictor: str) -> bool:
    """Say whether a word names the folder of a run of ``modiste train``."""
    return (Path(predictor) / "run.json").is_file()


def _open_run(folder: Path) -> System:
    import_extra("torch", purpose="Judging a run", extra="train")
    from modiste.training import TrainingRun, open_run_bundle

    run = TrainingRun.reopen(folder)
    bundle = open_run_bundle(run, say=lambda line: typer.echo(line, err=True))
    return System(folder.resolve().name, bundle=bundle, run=run)


def count_seen(system: System, rows: Manifest, digests: Mapping[str, str], *, allowed: bool) -> dict[str, str]:
    """Return as a fact how many of the rows a bundle was trained on.

    Args:
        system: The system; nothing is known of a table.
        rows: What it is judged on.
        digests: Picture reference -> digest of the rows' pictures; read from the pictures where they are missing.
        allowed: Whether rows that it was trained on are judged all the same.

    Raises:
        UsageError: It was trained on some, and that is not allowed.
    """
    from modiste.evaluation import check_unseen, digest_pictures, find_seen

    if system.bundle is None:
        return {}
    marks = system.bundle.read_training_items()
    if marks is None:
        return {"trained on": "unknown, the bundle does not say which items; modiste bundle mark tells it"}
    seen = find_seen(rows, marks, digests or digest_pictures(rows.items["image"]))
    if not allowed:
        check_unseen(seen, system.name)
    return {"trained on": seen.describe()}


def predict(system: System, rows: Manifest, threads: int | None) -> Judged:
    """Run a bundle on some rows, or read what a table says of them.

    Args:
        system: The system.
        rows: The items.
        threads: Cores to use; None takes all.
    """
    from modiste.evaluation import predict_items, read_predictions

    if system.bundle is None:
        return Judged(read_predictions(system.table or Path(system.name), rows.taxonomy))
    with _show_progress(len(rows)) as advance:
        run = predict_items(system.bundle, rows, threads=threads, progress=advance)
    return Judged(run.predictions, {"picture size": run.describe_sizes()}, run.problems)


def list_problems(problems: Mapping[str, str]) -> None:
    """Tell which pictures could not be read, the first twenty by name."""
    typer.echo(f"{len(problems)} pictures could not be read and count as wrong:", err=True)
    for item, reason in list(problems.items())[:_SHOWN]:
        typer.echo(f"  {item}: {reason}", err=True)
    if len(problems) > _SHOWN:
        typer.echo(f"  and {len(problems) - _SHOWN} more", err=True)


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

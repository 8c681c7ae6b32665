"""What a sweep has found: a row a training, and which one wins on the validation part."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from modiste.evaluation import Epoch, render_table, sum_seconds

__all__ = ["Outcome", "choose_winner", "list_rows", "render_outcomes", "write_outcomes"]

_NAME: Final = "sweep"
_NONE: Final = "–"


@dataclass(frozen=True)
class Outcome:
    """How a training of a sweep went.

    Args:
        folder: The name of its run's folder.
        changes: What it changed in the base recipe.
        history: Its epochs.
        problem: Why it failed; empty where it did not.
    """

    folder: str
    changes: Mapping[str, Any]
    history: tuple[Epoch, ...]
    problem: str = ""

    @property
    def last(self) -> Epoch | None:
        """The epoch whose weights would be shipped; None for one that failed."""
        return self.history[-1] if self.history and not self.problem else None


def choose_winner(outcomes: Sequence[Outcome], choose_by: str) -> Outcome | None:
    """Return the training whose last epoch is best on the validation part; None where all failed.

    Args:
        outcomes: The trainings.
        choose_by: ``"val_accuracy"``, the higher the better, or ``"val_loss"``, the lower the better. Of equal ones the
            other figure decides, then the order.
    """
    done = [outcome for outcome in outcomes if outcome.last is not None]
    return min(done, key=lambda outcome: _rank(outcome, choose_by)) if done else None


def _rank(outcome: Outcome, choose_by: str) -> tuple[float, float]:
    """Return what puts the better training first, and one that failed last."""
    if outcome.last is None:
        return math.inf, math.inf
    pair = (-outcome.last.val_accuracy, outcome.last.val_loss)
    return pair if choose_by == "val_accuracy" else (pair[1], pair[0])


def list_rows(outcomes: Sequence[Outcome], keys: Sequence[str], winner: Outcome | None) -> list[dict[str, Any]]:
    """Return a flat row a training: what was varied, then figures; what is not known is None."""
    return [
        {
            "run": outcome.folder,
            **{key: _plain(outcome.changes.get(key)) for key in keys},
            "val_accuracy": None if outcome.last is None else outcome.last.val_accuracy,
            "val_loss": None if outcome.last is None else outcome.last.val_loss,
            "epochs": len(outcome.history),
            "seconds": round(sum_seconds(outcome.history), 1),
            "winner": outcome is winner,
            "problem": outcome.problem,
        }
        for outcome in outcomes
    ]


def render_outcomes(outcomes: Sequence[Outcome], keys: Sequence[str], choose_by: str) -> str:
    """Return the table as Markdown, the best training first, and what it says."""
    winner = choose_winner(outcomes, choose_by)
    rows = list_rows(sorted(outcomes, key=lambda outcome: _rank(outcome, choose_by)), keys, winner)
    header = (*keys, "val_accuracy", "val_loss", "epochs", "minutes", "")
    cells = [
        (
            *(_NONE if row[key] is None else row[key] for key in keys),
            *(_NONE if row[name] is None else f"{row[name]:.4f}" for name in ("val_accuracy", "val_loss")),
            row["epochs"],
            f"{row['seconds'] / 60:.1f}",
            "winner" if row["winner"] else row["problem"][:80],
        )
        for row in rows
    ]
    note = (
        f"Chosen by {choose_by} of the last epoch on the validation part, whose figure flatters the winner: the best "
        f"of {len(outcomes)} is partly luck. Judge it on a test part."
    )
    return f"{render_table(header, cells)}\n\n{note}"


def write_outcomes(folder: Path, outcomes: Sequence[Outcome], keys: Sequence[str], choose_by: str) -> tuple[Path, Path]:
    """Write ``sweep.csv`` and ``sweep.json``, each whole or not at all; return their paths."""
    winner = choose_winner(outcomes, choose_by)
    rows = list_rows(outcomes, keys, winner)
    data = {"chosen by": choose_by, "winner": None if winner is None else winner.folder, "trainings": rows}
    texts = {
        folder / f"{_NAME}.csv": pl.DataFrame(_flatten(rows), infer_schema_length=None).write_csv(),
        folder / f"{_NAME}.json": json.dumps(data, indent=1, ensure_ascii=False) + "\n",
    }
    for path, text in texts.items():
        waiting = path.with_name(path.name + ".part")
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(path)
    table, whole = texts
    return table, whole


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else json.dumps(value)


def _flatten(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with text where a column would hold values of several types."""
    names = list(rows[0]) if rows else []
    mixed = {name for name in names if len({type(row[name]) for row in rows if row[name] is not None}) > 1}
    return [
        {name: str(value) if name in mixed and value is not None else value for name, value in row.items()}
        for row in rows
    ]

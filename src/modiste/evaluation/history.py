"""What a training was like, epoch by epoch: ``history.csv`` in a run's folder, written as the run goes on."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from modiste.errors import UsageError

__all__ = ["HISTORY_FILE", "Epoch", "add_epoch", "read_history", "sum_seconds"]

HISTORY_FILE: Final = "history.csv"
_MOST_BYTES: Final = 16_000_000
_DIGITS: Final = 7


class Epoch(NamedTuple):
    """One epoch of a training.

    Args:
        stage: The name of its stage.
        epoch: Its number within the stage, from 1.
        preparing: Seconds before it that belong to no epoch: decoding pictures, features of a frozen trunk.
        seconds: Seconds of its steps and of the validation after them.
        train_loss: Mean loss of its steps.
        val_loss: Validation loss after it.
        val_accuracy: Validation accuracy after it, averaged over the fields, in [0, 1].
        rate: The learning rate of the first group of parameters, which are the heads', averaged over its steps.
    """

    stage: str
    epoch: int
    preparing: float
    seconds: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    rate: float


def read_history(path: Path) -> tuple[Epoch, ...]:
    """Read the epochs of a run, in order; none where the file does not exist.

    Args:
        path: ``history.csv``.

    Raises:
        UsageError: The file is no such table.
    """
    if not path.exists():
        return ()
    if path.stat().st_size > _MOST_BYTES:
        raise UsageError(f"{path} has {path.stat().st_size:,} bytes; at most {_MOST_BYTES:,} were expected")
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
        return tuple(_parse(row) for row in _check_header(rows))
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(
            f"{path} is not the history of a run: {error}; expected the columns {', '.join(Epoch._fields)}. Remove it, "
            "or name another run"
        ) from error


def add_epoch(path: Path, epoch: Epoch) -> None:
    """Write an epoch at the end of a history, whole or not at all.

    The same epoch of the same stage, and those of the stage that follow it, are replaced: a run that was interrupted
    after this file was written, and before its checkpoint, carries out that epoch again.

    Args:
        path: ``history.csv``; made if it is not there.
        epoch: The epoch that has just ended.
    """
    kept = [old for old in read_history(path) if old.stage != epoch.stage or old.epoch < epoch.epoch]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(Epoch._fields)
    table.writerows(_format(entry) for entry in (*kept, epoch))
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(text.getvalue(), encoding="utf-8")
    waiting.replace(path)


def sum_seconds(history: Iterable[Epoch]) -> float:
    """Return how long a training took: its epochs and what was prepared for them, in seconds.

    What an interrupted run lost is in none of them.

    Example:
        >>> first = Epoch("all", 1, 5.0, 60.0, 1.0, 0.9, 0.5, 1e-3)
        >>> sum_seconds([first, first._replace(epoch=2, preparing=0.0)])
        125.0
    """
    return sum(epoch.preparing + epoch.seconds for epoch in history)


def _check_header(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    if not rows or tuple(rows[0]) != Epoch._fields:
        raise ValueError(f"its first line is {','.join(rows[0]) if rows else 'missing'}")
    return rows[1:]


def _parse(row: Sequence[str]) -> Epoch:
    stage, number, *figures = row
    if len(row) != len(Epoch._fields):
        raise ValueError(f"the line {','.join(row)} has {len(row)} cells")
    epoch = Epoch(stage, int(number), *map(float, figures))
    if epoch.epoch < 1 or not all(math.isfinite(value) for value in epoch[2:]):
        raise ValueError(f"the line {','.join(row)} holds what is no number of an epoch")
    return epoch


def _format(epoch: Epoch) -> list[str]:
    return [epoch.stage, str(epoch.epoch), *(f"{value:.{_DIGITS}g}" for value in epoch[2:])]

"""Lines on stderr: how fast it goes, how good it is, how long it takes."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import pytorch_lightning as pl

from modiste.training.recipe import StageRecipe
from modiste.training.task import as_task

__all__ = ["ProgressCount", "ProgressLines", "format_time", "say"]


def say(line: str) -> None:
    """Write a line to stderr at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def format_time(seconds: float) -> str:
    """Return a time in minutes, rounded up.

    Example:
        >>> format_time(61), format_time(3 * 3600 + 5 * 60)
        ('2 min', '3 h 05 min')
    """
    minutes = math.ceil(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


class ProgressCount:
    """Prints a line every few seconds while something is counted: how many of how many, rate, time left.

    Args:
        label: What is counted.
        total: How many there will be.
        seconds: Between two lines; short work prints none.
    """

    def __init__(self, label: str, total: int, *, seconds: float = 30.0) -> None:
        self._label, self._total, self._seconds = label, total, seconds
        self._done = 0
        self._begun = self._printed = time.monotonic()

    def advance(self, count: int) -> None:
        """Count some more."""
        self._done += count
        now = time.monotonic()
        if now - self._printed < self._seconds:
            return
        self._printed = now
        rate = self._done / (now - self._begun)
        left = format_time((self._total - self._done) / rate)
        say(f"{self._label}: {self._done} of {self._total}, {rate:.0f} a second, {left} left")


class ProgressLines(pl.Callback):
    """Prints a line every few seconds and one an epoch: rate, loss, and the time left of the whole training.

    Args:
        seconds: Between two lines.
        later_pixels: Picture pixels that the stages after this one will show, for the estimate of the time left.
    """

    def __init__(self, seconds: float = 30.0, *, later_pixels: float = 0.0) -> None:
        self._seconds = seconds
        self._later_pixels = later_pixels
        self._pictures = 0  # shown so far, in the time that was spent; the first step of the process is in neither
        self._spent = 0.0
        self._warm = False
        self._since = self._printed = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; validation and checkpoints stand outside it."""
        self._since = self._printed = time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the batch, and print a line if the last one is old enough."""
        now = time.monotonic()
        if self._warm:
            # The first step compiles and fills caches; a rate that counted it would be far too low.
            self._pictures += len(batch["known"])
            self._spent += now - self._since
        self._warm, self._since = True, now
        if now - self._printed < self._seconds or not self._spent:
            return
        self._printed = now
        stage, done = as_task(pl_module).stage, batch_idx + 1
        rate = self._pictures / self._spent
        say(
            f"{_name(trainer, stage)} step {done}/{trainer.num_training_batches}: loss {float(outputs['loss']):.4f}, "
            f"{rate:.0f} pictures/s, {format_time(self._count_left(trainer, stage, done) / rate)} left"
        )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the epoch's figures."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        head = "val_accuracy/"
        fields = " ".join(f"{n.removeprefix(head)} {v:.4f}" for n, v in metrics.items() if n.startswith(head))
        say(
            f"{_name(trainer, as_task(pl_module).stage)} done: training loss {metrics['train_loss']:.4f}, validation "
            f"loss {metrics['val_loss']:.4f}, mean accuracy {metrics['val_accuracy']:.4f}, all right "
            f"{metrics.get('val_all_right', math.nan):.4f} | {fields}"
        )

    def _count_left(self, trainer: pl.Trainer, stage: StageRecipe, done: int) -> float:
        """Return how many pictures of this stage's size are left to show in the whole training."""
        epochs = stage.epochs - trainer.current_epoch
        own = (epochs * int(trainer.num_training_batches) - done) * stage.batch_size
        return own + self._later_pixels / (stage.height * stage.width)


def _name(trainer: pl.Trainer, stage: StageRecipe) -> str:
    return f"stage {stage.name}, epoch {trainer.current_epoch + 1}/{stage.epochs}"

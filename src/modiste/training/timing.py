"""What a run notes of every epoch: its seconds, losses, accuracy and rate, in ``history.csv``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from modiste.evaluation import Epoch, add_epoch
from modiste.training.task import as_task

__all__ = ["HistoryNotes"]


class HistoryNotes(pl.Callback):
    """Notes every epoch of a stage in the run's history, before the epoch's checkpoint is written.

    Made before the stage's pictures are loaded, so that the time which that takes is noted too.

    Args:
        path: The run's ``history.csv``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ended = self._started = time.monotonic()
        self._rates: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._started = time.monotonic()
        self._rates = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note the rate of a step."""
        self._rates.append(float(trainer.optimizers[0].param_groups[0]["lr"]))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the epoch's line."""
        now, figures = time.monotonic(), trainer.callback_metrics
        epoch = Epoch(
            stage=as_task(pl_module).stage.name,
            epoch=trainer.current_epoch + 1,
            preparing=self._started - self._ended,
            seconds=now - self._started,
            train_loss=float(figures["train_loss"]),
            val_loss=float(figures["val_loss"]),
            val_accuracy=float(figures["val_accuracy"]),
            rate=sum(self._rates) / max(1, len(self._rates)),
        )
        add_epoch(self._path, epoch)
        self._ended = time.monotonic()

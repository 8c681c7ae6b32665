"""What happens around the steps of a stage: conditions, progress, gradient norms, a grid of predictions."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from modiste.training.conditions import Condition
from modiste.training.network import slice_fields
from modiste.training.task import StageTask

__all__ = ["EndConditions", "GradientNorms", "PredictionGrid", "ProgressLines"]


class EndConditions(pl.Callback):
    """Ends the stage or the whole training when the stage's conditions are met.

    ``training_ended`` says, after the stage, whether the stages that follow are to be left out.
    """

    _KEPT = ("stage_ended", "training_ended", "best", "since_best")

    def __init__(self) -> None:
        self.stage_ended = False
        self.training_ended = False
        self.best = math.inf
        self.since_best = 0

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the epoch's figures; runs before the checkpoint is written, so that it holds the verdict."""
        stage = pl_module.stage
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.since_best = 0 if values["val_loss"] < self.best else self.since_best + 1
        self.best = min(self.best, values["val_loss"])
        epoch = trainer.current_epoch + 1
        values |= {"epoch": epoch, "epochs_without_improvement": self.since_best}
        self.training_ended = stage.stop_when is not None and Condition.parse(stage.stop_when).holds(values)
        advance = stage.advance_when is not None and Condition.parse(stage.advance_when).holds(values)
        self.stage_ended = self.training_ended or advance or epoch >= stage.epochs
        trainer.should_stop = trainer.should_stop or self.stage_ended

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this callback."""
        return {name: getattr(self, name) for name in self._KEPT}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what a checkpoint kept."""
        for name in self._KEPT:
            setattr(self, name, state_dict[name])


class ProgressLines(pl.Callback):
    """Prints a line every few seconds and one an epoch: rate, loss, and the time left of the whole training.

    Args:
        seconds: Between two lines.
        later_pictures: Picture pixels that the stages after this one will show, for the estimate of the time left.
    """

    def __init__(self, seconds: float = 30.0, *, later_pixels: float = 0.0) -> None:
        self._seconds = seconds
        self._later_pixels = later_pixels
        self._steps_done = 0
        self._spent = 0.0
        self._started = self._printed = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; validation and checkpoints stand outside it."""
        self._started = self._printed = time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Print a line if the last one is old enough."""
        now = time.monotonic()
        if now - self._printed < self._seconds:
            return
        self._printed = now
        stage = pl_module.stage
        done = batch_idx + 1
        spent = self._spent + now - self._started
        rate = (self._steps_done + done) * stage.batch_size / spent
        self._say(
            f"{self._name(trainer, pl_module)} step {done}/{trainer.num_training_batches}: "
            f"loss {float(outputs['loss']):.4f}, {rate:.0f} pictures/s, {self._left(trainer, stage, rate, done)} left"
        )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the epoch's figures."""
        self._steps_done += int(trainer.num_training_batches)
        self._spent += time.monotonic() - self._started
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        fields = " ".join(f"{n.rpartition('/')[2]} {v:.4f}" for n, v in metrics.items() if n.startswith("val_accuracy/"))
        self._say(
            f"{self._name(trainer, pl_module)} done: training loss {metrics['train_loss']:.4f}, validation loss "
            f"{metrics['val_loss']:.4f}, mean accuracy {metrics['val_accuracy']:.4f}, all right "
            f"{metrics['val_all_right']:.4f} | {fields}"
        )

    def _left(self, trainer: pl.Trainer, stage: Any, rate: float, done: int) -> str:
        epochs = stage.epochs - trainer.current_epoch
        pictures = (epochs * trainer.num_training_batches - done) * stage.batch_size
        pictures += self._later_pixels / (stage.height * stage.width)
        minutes = math.ceil(pictures / rate / 60)
        return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"

    @staticmethod
    def _name(trainer: pl.Trainer, task: pl.LightningModule) -> str:
        return f"stage {task.stage.name}, epoch {trainer.current_epoch + 1}/{task.stage.epochs}"

    @staticmethod
    def _say(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class GradientNorms(pl.Callback):
    """Logs the norm of the gradients of the trunk and of the heads, every so many steps."""

    def __init__(self, every: int = 50) -> None:
        self._every = every

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Log the norms."""
        if trainer.global_step % self._every:
            return
        for name in ("trunk", "heads"):
            module = getattr(pl_module.network, name)
            gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
            if gradients:
                pl_module.log(f"gradient_norm/{name}", torch.nn.utils.get_total_norm(gradients))


class PredictionGrid(pl.Callback):
    """Puts a grid of validation pictures with what is said of them into TensorBoard, once an epoch."""

    def __init__(self, count: int = 16, columns: int = 4) -> None:
        self._count = count
        self._columns = columns

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the grid from the first batch of the validation part."""
        if trainer.sanity_checking or not trainer.loggers:
            return
        batch = next(iter(trainer.val_dataloaders))  # type: ignore[arg-type]
        if "pictures" not in batch or not isinstance(pl_module, StageTask):
            return
        few = {name: value[: self._count].to(pl_module.device) for name, value in batch.items()}
        with torch.inference_mode():
            logits = pl_module._answer(few, training=False, index=0).logits.cpu()
        tiles = [self._draw(pl_module, few, logits, row) for row in range(len(few["known"]))]
        grid = np.concatenate(
            [np.concatenate(tiles[i : i + self._columns], axis=1) for i in range(0, len(tiles), self._columns)], axis=0
        ) if len(tiles) % self._columns == 0 else np.concatenate(tiles, axis=1)
        trainer.loggers[0].experiment.add_image("predictions", grid, trainer.global_step, dataformats="HWC")  # type: ignore[attr-defined]

    def _draw(self, task: StageTask, batch: dict[str, Tensor], logits: Tensor, row: int) -> np.ndarray:
        picture = Image.fromarray(batch["pictures"][row].cpu().numpy())
        tile = Image.new("RGB", (220, max(picture.height, 12 * len(task.taxonomy)) + 8), "white")
        tile.paste(picture, (2, 2))
        pen = ImageDraw.Draw(tile)
        for line, field in enumerate(task.taxonomy):
            columns = slice_fields(task.taxonomy)[field.name]
            best = int(logits[row, columns].argmax())
            right = bool(batch["targets"][row, columns][best])
            known = bool(batch["known"][row, line])
            colour = "black" if not known else "darkgreen" if right else "darkred"
            text = field.values[best].encode("ascii", "replace").decode()
            pen.text((picture.width + 6, 2 + 12 * line), text, fill=colour)
        return np.asarray(tile)

"""What happens around the steps of a stage: conditions, gradient norms, a grid of predictions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from modiste.errors import RecipeError
from modiste.runtime.scores import slice_fields
from modiste.training.conditions import Condition
from modiste.training.task import StageTask, as_task

__all__ = ["EndConditions", "GradientNorms", "PredictionGrid", "arrange_tiles"]

_LINE = 12  # pixels a line of text
_TEXT = 160  # pixels of text beside a picture


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
        """Look at the epoch's figures; runs before the checkpoint is written, so that it holds the verdict.

        Raises:
            RecipeError: A loss is not a finite number; the last checkpoint stays what it was.
        """
        stage = as_task(pl_module).stage
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if not (math.isfinite(values["train_loss"]) and math.isfinite(values["val_loss"])):
            raise RecipeError(
                f"the loss of stage {stage.name!r} is no number any more: its rates are too high. Lower rate and "
                "trunk_rate, or set clip_gradients = 1.0, and choose another --out"
            )
        self.since_best = 0 if values["val_loss"] < self.best else self.since_best + 1
        self.best = min(self.best, values["val_loss"])
        epoch = trainer.current_epoch + 1
        values |= {"epoch": epoch, "epochs_without_improvement": self.since_best}
        self.training_ended = _is_met(stage.stop_when, values)
        self.stage_ended = self.training_ended or _is_met(stage.advance_when, values) or epoch >= stage.epochs
        trainer.should_stop = trainer.should_stop or self.stage_ended

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this callback."""
        return {name: getattr(self, name) for name in self._KEPT}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what a checkpoint kept."""
        for name in self._KEPT:
            setattr(self, name, state_dict[name])


def _is_met(text: str | None, values: dict[str, float]) -> bool:
    return text is not None and Condition.parse(text).holds(values)


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
        network = as_task(pl_module).network
        for name, module in (("trunk", network.trunk), ("heads", network.heads)):
            gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
            if gradients and isinstance(trainer.logger, TensorBoardLogger):
                norm = torch.nn.utils.get_total_norm(gradients)
                # Not pl_module.log, which would write only at the logger's own steps.
                trainer.logger.log_metrics({f"gradient_norm/{name}": float(norm)}, step=trainer.global_step)


class PredictionGrid(pl.Callback):
    """Puts a grid of validation pictures with what is said of them into TensorBoard, once an epoch.

    Green is right, red is wrong, black is an answer whose label is not known. A stage on cached features has no
    pictures and gets no grid.
    """

    def __init__(self, count: int = 16, columns: int = 4) -> None:
        self._count = count
        self._columns = columns

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the grid from the first batch of the validation part."""
        logger, task = trainer.logger, as_task(pl_module)
        batch = next(iter(task.trainer.datamodule.val_dataloader()))  # type: ignore[attr-defined]
        if trainer.sanity_checking or "pictures" not in batch or not isinstance(logger, TensorBoardLogger):
            return
        few: dict[str, Tensor] = {name: value[: self._count].to(task.device) for name, value in batch.items()}
        with torch.inference_mode():
            logits = task.answer(few).logits.cpu()
        tiles = [_draw_tile(task, few, logits, row) for row in range(len(logits))]
        grid = arrange_tiles(tiles, columns=self._columns)
        logger.experiment.add_image("predictions", grid, trainer.global_step, dataformats="HWC")


def arrange_tiles(tiles: list[NDArray[np.uint8]], *, columns: int) -> NDArray[np.uint8]:
    """Return tiles [height, width, 3] of one size as one picture, row by row; the last row is filled with white."""
    columns = min(columns, len(tiles))
    blank = np.full_like(tiles[0], 255)
    padded = [*tiles, *[blank] * (-len(tiles) % columns)]
    rows = [np.concatenate(padded[i : i + columns], axis=1) for i in range(0, len(padded), columns)]
    return np.concatenate(rows, axis=0)


def _draw_tile(task: StageTask, batch: dict[str, Tensor], logits: Tensor, row: int) -> NDArray[np.uint8]:
    picture = Image.fromarray(batch["pictures"][row].cpu().numpy())
    height = max(picture.height, _LINE * len(task.taxonomy)) + 8
    tile = Image.new("RGB", (picture.width + _TEXT, height), "white")
    tile.paste(picture, (2, 2))
    pen = ImageDraw.Draw(tile)
    columns = slice_fields(task.taxonomy)
    for line, field in enumerate(task.taxonomy):
        best = int(logits[row, columns[field.name]].argmax())
        right = bool(batch["targets"][row, columns[field.name]][best])
        known = bool(batch["known"][row, line])
        colour = "black" if not known else "darkgreen" if right else "darkred"
        # Pillow's built-in font has no other letters.
        text = field.values[best].encode("ascii", "replace").decode()
        pen.text((picture.width + 6, 2 + _LINE * line), text, fill=colour)
    return np.asarray(tile)

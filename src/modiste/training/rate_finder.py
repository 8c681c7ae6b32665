"""Which rate to learn at: a short training whose rate rises from step to step, and where its loss falls fastest."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import ArrayLike, NDArray

from modiste.errors import RecipeError, import_extra
from modiste.training.fitting import open_stage, quiet
from modiste.training.run import TrainingRun
from modiste.training.task import as_task

__all__ = ["RateSearch", "find_rate", "smooth_losses", "suggest_rate", "write_rate_search"]

_LOWEST: Final = 1e-6
_HIGHEST: Final = 10.0
_WIDTH: Final = 0.02  # of the window that smooths, as a share of the steps
_DIVERGED: Final = 3.0  # times the lowest loss so far
_MEMORY: Final = 0.8  # of the running mean by which divergence is seen
_FEWEST: Final = 10  # steps without which there is no slope


@dataclass(frozen=True)
class RateSearch:
    """What a short training with a rising rate has shown.

    Args:
        stage: The stage whose rate was looked for.
        rates: Of the heads, one a step, rising; those of the trunk rise in proportion.
        losses: One a step.
        smoothed: The losses, smoothed (`smooth_losses`).
        suggested: The rate at which the smoothed loss falls fastest.
    """

    stage: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggested: float


def find_rate(run: TrainingRun, *, device: str = "auto", steps: int = 120) -> RateSearch:
    """Train the stage of a run that comes next for some steps, at rates from 1e-6 to 10, and keep nothing of it.

    The rates rise by the same factor every step; it ends early where the loss has left its lowest value far behind.

    Args:
        run: What `TrainingRun.prepare` made.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        steps: How many, at least 20.

    Raises:
        RecipeError: Every stage is done, or the loss is no number before there is anything to see.

    Reference:
        Smith 2017, "Cyclical Learning Rates for Training Neural Networks", arXiv 1506.01186, section 3.3.
    """
    task, data, accelerator = open_stage(run, device=device)
    ramp = _RateRamp(np.geomspace(_LOWEST, _HIGHEST, max(20, steps)))
    trainer = pl.Trainer(
        accelerator=accelerator,
        devices=1,
        max_steps=len(ramp.rates),
        callbacks=[ramp],
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
        default_root_dir=run.folder,
    )
    with quiet():
        trainer.fit(task, datamodule=data)
    losses = ramp.losses
    if len(losses) < _FEWEST:
        raise RecipeError(
            f"the loss of stage {task.stage.name!r} is no number after {len(losses)} steps; look at [loss]"
        )
    rates = ramp.rates[: len(losses)]
    smoothed = smooth_losses(losses)
    suggested = suggest_rate(rates, smoothed)
    return RateSearch(task.stage.name, tuple(map(float, rates)), tuple(losses), tuple(map(float, smoothed)), suggested)


def smooth_losses(losses: ArrayLike) -> NDArray[np.float64]:
    """Return each loss averaged with its neighbours, near ones counting more, so that nothing is moved to a later step.

    Args:
        losses: [n], one a step.

    Example:
        >>> smooth_losses([1.0, 1.0, 1.0]).tolist()
        [1.0, 1.0, 1.0]
    """
    values = np.asarray(losses, np.float64)
    width = max(1.0, _WIDTH * len(values))
    apart = np.arange(len(values))[:, None] - np.arange(len(values))
    weights = np.exp(-0.5 * (apart / width) ** 2)
    smoothed: NDArray[np.float64] = weights @ values / weights.sum(axis=1)
    return smoothed


def suggest_rate(rates: ArrayLike, smoothed: ArrayLike) -> float:
    """Return the rate at which the loss falls fastest, by the logarithm of the rate, before it is lowest.

    Args:
        rates: [n], rising.
        smoothed: [n], the smoothed losses.

    Example:
        >>> suggest_rate([1e-4, 1e-3, 1e-2, 1e-1, 1.0], [3.0, 2.9, 2.0, 1.1, 5.0])
        0.01
    """
    places, values = np.log(np.asarray(rates, np.float64)), np.asarray(smoothed, np.float64)
    lowest = max(1, int(values.argmin()))
    slopes = np.gradient(values, places)[: lowest + 1]
    return float(np.asarray(rates)[int(slopes.argmin())])


class _RateRamp(pl.Callback):
    """Sets the rate of each step, notes its loss, and ends where the loss diverges."""

    def __init__(self, rates: NDArray[np.float64]) -> None:
        self.rates = rates
        self.losses: list[float] = []
        self._mean, self._lowest = 0.0, math.inf

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Set the rates, after the schedule has set its own."""
        factor = self.rates[min(len(self.losses), len(self.rates) - 1)] / as_task(pl_module).stage.rate
        for group in optimizer.param_groups:
            group["lr"] = group["highest_rate"] * factor

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note the loss that the step began with."""
        loss = float(outputs["loss"].detach())
        if math.isfinite(loss):
            self.losses.append(loss)
            self._mean = _MEMORY * self._mean + (1 - _MEMORY) * loss
            corrected = self._mean / (1 - _MEMORY ** len(self.losses))
            self._lowest = min(self._lowest, corrected)
        trainer.should_stop = not math.isfinite(loss) or corrected > _DIVERGED * self._lowest


def write_rate_search(search: RateSearch, folder: Path) -> tuple[Path, Path]:
    """Write a search as ``rate-STAGE.json`` and draw it as ``rate-STAGE.png``, each whole or not at all.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    import_extra("matplotlib.figure", purpose="The figure of --find-rate", extra="report")
    from modiste.explore.figures import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"rate-{search.stage}.json"
    waiting = data.with_name(data.name + ".part")
    waiting.write_text(json.dumps(asdict(search), indent=1), encoding="utf-8")
    waiting.replace(data)
    figure = save_figure(folder / f"rate-{search.stage}.png", (7, 3.6), lambda figure: _draw(figure, search))
    return data, figure


def _draw(figure: Any, search: RateSearch) -> None:
    from modiste.explore.figures import ACCENT, SOFT, open_axes

    axes = open_axes(figure, f"Stage {search.stage}: the loss falls fastest at {search.suggested:.2g}")
    axes.plot(search.rates, search.losses, color=SOFT, linewidth=0.6, alpha=0.6)
    axes.plot(search.rates, search.smoothed, color=ACCENT, linewidth=1.8)
    axes.axvline(search.suggested, color=ACCENT, linestyle=":", linewidth=1.2)
    axes.set_xscale("log")
    low, high = min(search.smoothed), max(search.smoothed[: max(1, len(search.smoothed) // 2)])
    axes.set_ylim(low - 0.1 * (high - low) - 1e-9, high + 0.6 * (high - low) + 1e-9)
    axes.set_xlabel("rate of the heads", fontsize=8, color=SOFT)
    axes.set_ylabel("training loss", fontsize=8, color=SOFT)

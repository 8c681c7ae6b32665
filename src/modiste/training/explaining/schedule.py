"""How the rates of a stage move, as numbers that can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.training.explaining.parameters import ParameterBlock
from modiste.training.optimisers import schedule_rate
from modiste.training.recipe import StageRecipe

__all__ = ["RateCurve", "compute_curve", "join_curves"]

_POINTS: Final = 201


class RateCurve(NamedTuple):
    """The rates of a stage.

    Args:
        epochs: float64 [points], from 0 to the stage's number of epochs.
        rates: Block -> float64 [points]; only those that learn, and of the trunk only the highest and the lowest.
    """

    epochs: NDArray[np.float64]
    rates: dict[str, NDArray[np.float64]]


def compute_curve(stage: StageRecipe, blocks: Sequence[ParameterBlock], *, steps: int) -> RateCurve:
    """Compute the rates of a stage, as the training sets them.

    Args:
        stage: The stage.
        blocks: Its blocks, the heads first.
        steps: How many steps it has.
    """
    progress = np.linspace(0, 1, _POINTS)
    factors = np.array([schedule_rate(stage, float(share), steps=steps) for share in progress])
    heads, *trunk = [block for block in blocks if block.name == "heads" or not block.frozen]
    lines = {"heads": heads.rate}
    if trunk:
        lines["highest block"] = trunk[0].rate
    if len(trunk) > 1:
        lines["lowest learning block"] = trunk[-1].rate
    return RateCurve(progress * stage.epochs, {name: rate * factors for name, rate in lines.items() if rate})


def join_curves(curves: Sequence[RateCurve]) -> RateCurve:
    """Put the curves of stages one behind the other; a block that keeps its weights has no rate (nan) meanwhile."""
    names = list(dict.fromkeys(name for curve in curves for name in curve.rates))
    ends = np.cumsum([0.0, *(curve.epochs[-1] for curve in curves)])
    epochs = np.concatenate([start + curve.epochs for start, curve in zip(ends, curves, strict=False)])
    nothing = np.full(_POINTS, np.nan)
    rates = {name: np.concatenate([curve.rates.get(name, nothing) for curve in curves]) for name in names}
    return RateCurve(epochs, rates)

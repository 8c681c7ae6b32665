"""Which parameters learn at which rate, and how the rate moves: functions of depth and of progress."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from modiste.errors import RecipeError
from modiste.training.cycles import find_place
from modiste.training.network import TaggerNetwork
from modiste.training.recipe import StageRecipe
from modiste.training.trunks import list_trunk_blocks

__all__ = ["build_optimiser", "freeze_blocks", "group_parameters", "schedule_rate"]

_FLOOR = 0.01


def group_parameters(network: TaggerNetwork, stage: StageRecipe) -> list[dict[str, Any]]:
    """Return the parameter groups of a stage: one a block of the trunk and one for the heads, each in two.

    A block further down gets the rate of the one above it times ``rate_decay``, and its weight decay times
    ``weight_decay_factor``. Biases and the weights of norms, which have one dimension, are never decayed. Parameters
    that are frozen are in no group.
    """
    blocks = list_trunk_blocks(network.trunk)
    parameters = dict(network.trunk.named_parameters())
    groups = _split("heads", list(network.heads.parameters()), stage.rate, stage.weight_decay)
    top = stage.rate if stage.trunk_rate is None else stage.trunk_rate
    for depth, names in enumerate(reversed(blocks)):
        rate = top * stage.rate_decay**depth
        decay = stage.weight_decay * stage.weight_decay_factor**depth
        block = f"block{len(blocks) - 1 - depth}"
        groups += _split(block, [parameters[name] for name in names], rate, decay)
    return groups


def _split(name: str, parameters: list[nn.Parameter], rate: float, decay: float) -> list[dict[str, Any]]:
    learning = [parameter for parameter in parameters if parameter.requires_grad]
    decayed = [parameter for parameter in learning if parameter.ndim > 1]
    plain = [parameter for parameter in learning if parameter.ndim <= 1]
    groups = [
        {"name": name, "params": decayed, "lr": rate, "highest_rate": rate, "weight_decay": decay},
        {"name": f"{name}.norms", "params": plain, "lr": rate, "highest_rate": rate, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def freeze_blocks(network: TaggerNetwork, stage: StageRecipe) -> None:
    """Make the trunk's lowest blocks keep their weights, as the stage says, and all others learn.

    Raises:
        RecipeError: The trunk has fewer blocks than the stage freezes.
    """
    blocks = list_trunk_blocks(network.trunk)
    count = len(blocks) if stage.frozen == "trunk" else 0 if stage.frozen == "none" else int(stage.frozen)
    if count > len(blocks):
        raise RecipeError(f"frozen = {count} in stage {stage.name!r}: the trunk has {len(blocks)} blocks; write less")
    frozen = {name for block in blocks[:count] for name in block}
    for name, parameter in network.trunk.named_parameters():
        parameter.requires_grad_(name not in frozen)


def build_optimiser(network: TaggerNetwork, stage: StageRecipe) -> torch.optim.Optimizer:
    """Build the optimiser of a stage over the groups of `group_parameters`."""
    groups = group_parameters(network, stage)
    if stage.optimiser == "sgd":
        momentum = 0.9 if stage.momentum is None else stage.momentum
        return torch.optim.SGD(groups, momentum=momentum, nesterov=momentum > 0)
    if stage.optimiser == "rmsprop":
        # Hinton's numbers, as in Keras; torch's own forget more slowly.
        return torch.optim.RMSprop(groups, alpha=0.9, eps=1e-7, momentum=stage.momentum or 0.0)
    if stage.optimiser == "adam":
        return torch.optim.Adam(groups)
    # Fused, a GPU takes a step of all weights of a group at once; processors keep the order of additions that they had.
    on_gpu = next(network.parameters()).is_cuda
    return torch.optim.AdamW(groups, betas=(0.9, 0.99), fused=on_gpu or None)


def schedule_rate(stage: StageRecipe, progress: float, *, steps: int | None = None) -> float:
    """Return the factor on every rate at a point of a stage.

    Args:
        stage: Its schedule and warm-up. ``one_cycle`` rises to 1 along half a cosine and falls along another;
            ``cosine`` rises in a straight line; ``constant`` stays at 1 after it has risen; ``restarts`` falls from 1
            along half a cosine in every cycle; ``exponential`` is ``decay_rate ** (steps done / decay_steps)``.
        progress: Share of the stage's steps that are done, in [0, 1].
        steps: How many steps the stage has, which ``exponential`` needs to know.

    Returns:
        A factor in [0.01, 1]; of ``exponential`` in (0, 1].

    Raises:
        ValueError: The schedule is ``exponential``, and no number of steps is given.

    Reference:
        Smith and Topin 2018, "Super-convergence", arXiv 1708.07120; Loshchilov and Hutter 2017, "SGDR: Stochastic
        Gradient Descent with Warm Restarts", arXiv 1608.03983, equation 5.
    """
    if stage.schedule == "exponential":
        if steps is None:
            raise ValueError("the exponential schedule counts steps; give how many the stage has")
        return float((stage.decay_rate or 0.9) ** (progress * steps / (stage.decay_steps or 10_000)))
    if stage.schedule == "restarts":
        done = find_place(progress * stage.epochs, stage.cycle_length or 1, stage.cycle_mult or 1)
        return _between(1, _FLOOR, _ease(done))
    if progress < stage.warmup:
        risen = progress / stage.warmup
        return _between(_FLOOR, 1, risen if stage.schedule != "one_cycle" else _ease(risen))
    if stage.schedule == "constant":
        return 1.0
    fallen = (progress - stage.warmup) / max(1e-9, 1 - stage.warmup)
    return _between(1, _FLOOR, _ease(min(1.0, fallen)))


def _ease(share: float) -> float:
    return (1 - math.cos(math.pi * share)) / 2


def _between(start: float, stop: float, share: float) -> float:
    return start + (stop - start) * share

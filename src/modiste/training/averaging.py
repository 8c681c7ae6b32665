"""The exponential moving average of a network's weights: what is judged and shipped."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from modiste.training.network import TaggerNetwork

__all__ = ["build_average"]

Tensors = list[Tensor] | tuple[Tensor, ...]


def build_average(network: TaggerNetwork, decay: float) -> AveragedModel | None:
    """Return a copy of a network whose weights and statistics follow the network's slowly; None for the decay 0.

    Args:
        network: The network to follow.
        decay: Share of the average that a step keeps, in [0, 1). In the first steps less is kept, so that the
            random weights of the start are soon forgotten: ``min(decay, (1 + steps) / (10 + steps))``.
    """
    if not decay:
        return None
    average = AveragedModel(network, multi_avg_fn=_follow(decay), use_buffers=True)
    return average.requires_grad_(False).eval()


def _follow(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    @torch.no_grad()
    def follow(averaged: Tensors, current: Tensors, steps: Tensor | int) -> None:
        kept = min(decay, (1 + int(steps)) / (10 + int(steps)))
        # torch hands over the tensors of one type at a time; counters of batches are whole numbers and are copied.
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - kept)
        else:
            torch._foreach_copy_(averaged, current)

    return follow

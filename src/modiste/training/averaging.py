"""The exponential moving average of a network's weights: what is judged and shipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from modiste.training.network import TaggerNetwork

__all__ = ["AveragedNetwork", "build_average"]

Tensors = list[Tensor] | tuple[Tensor, ...]


class AveragedNetwork(AveragedModel):
    """A copy of a network whose weights and statistics follow the network's slowly.

    Args:
        network: The network to follow.
        decay: Share of the average that a step keeps, in (0, 1). In the first steps less is kept, so that the
            random weights of the start are soon forgotten: ``min(decay, (1 + steps) / (10 + steps))``.
    """

    def __init__(self, network: TaggerNetwork, decay: float) -> None:
        super().__init__(network, multi_avg_fn=_follow(decay), use_buffers=True)
        self.requires_grad_(requires_grad=False)
        self.eval()

    @property
    def network(self) -> TaggerNetwork:
        """The network with the averaged weights."""
        return cast(TaggerNetwork, self.module)


def build_average(network: TaggerNetwork, decay: float) -> AveragedNetwork | None:
    """Return the average of a network; None for the decay 0, which says that there is to be none."""
    return AveragedNetwork(network, decay) if decay else None


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

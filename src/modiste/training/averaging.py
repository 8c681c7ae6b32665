"""The exponential moving average of a network's weights: what is judged and shipped."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
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
        super().__init__(network, multi_avg_fn=self._follow, use_buffers=True)
        self._decay = decay
        self._steps: int | None = None  # not known until it is asked for
        self.register_load_state_dict_post_hook(_count_anew)  # type: ignore[no-untyped-call]
        self.requires_grad_(requires_grad=False)
        self.eval()

    def update_parameters(self, model: nn.Module) -> None:
        """Move the average a little towards the network."""
        # Counted here: to ask a GPU for its counter would be to wait, at every step, for all that it has to do.
        self._steps = int(self.n_averaged) if self._steps is None else self._steps
        super().update_parameters(model)
        self._steps += 1

    @torch.no_grad()
    def _follow(self, averaged: Tensors, current: Tensors, _: Tensor | int) -> None:
        steps = self._steps or 0
        kept = min(self._decay, (1 + steps) / (10 + steps))
        # torch hands over the tensors of one type at a time; counters of batches are whole numbers and are copied.
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - kept)
        else:
            torch._foreach_copy_(averaged, current)

    @property
    def network(self) -> TaggerNetwork:
        """The network with the averaged weights."""
        return cast(TaggerNetwork, self.module)


def build_average(network: TaggerNetwork, decay: float) -> AveragedNetwork | None:
    """Return the average of a network; None for the decay 0, which says that there is to be none."""
    return AveragedNetwork(network, decay) if decay else None


def _count_anew(average: nn.Module, _: Any) -> None:
    """Take the number of steps from what was loaded, at the next step."""
    cast(AveragedNetwork, average)._steps = None

"""Which parameters learn in a stage, and how fast: the groups that the optimiser gets, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from modiste.training.network import TaggerNetwork
from modiste.training.optimisers import freeze_blocks, group_parameters
from modiste.training.recipe import StageRecipe
from modiste.training.trunks import list_trunk_blocks

__all__ = ["ParameterBlock", "list_parameters"]


class ParameterBlock(NamedTuple):
    """A block of the network in one stage.

    Args:
        name: ``heads``, or ``block`` and its number, 0 next to the picture.
        layers: The names of its first and of its last layer.
        parameters: How many numbers it has.
        rate: Its highest rate; None where it keeps its weights.
        weight_decay: Of its weights; biases and norms have none. None where it keeps its weights.
    """

    name: str
    layers: str
    parameters: int
    rate: float | None
    weight_decay: float | None

    @property
    def frozen(self) -> bool:
        """Whether it keeps its weights."""
        return self.rate is None


def list_parameters(network: TaggerNetwork, stage: StageRecipe) -> tuple[ParameterBlock, ...]:
    """List the blocks of a network in a stage, the heads first and then the trunk from its highest block down.

    Args:
        network: The network; what is frozen in it is changed.
        stage: Its rates, and what is frozen.

    Raises:
        RecipeError: The trunk has fewer blocks than the stage freezes.
    """
    freeze_blocks(network, stage)
    groups = group_parameters(network, stage)
    learning = {id(parameter): group for group in groups for parameter in group["params"]}
    trunk = dict(network.trunk.named_parameters())
    blocks = [("heads", dict(network.heads.named_parameters()))]
    names = list_trunk_blocks(network.trunk)
    blocks += [(f"block {at}", {name: trunk[name] for name in names[at]}) for at in reversed(range(len(names)))]
    return tuple(_describe(name, own, learning) for name, own in blocks)


def _describe(name: str, parameters: dict[str, nn.Parameter], learning: dict[int, dict[str, float]]) -> ParameterBlock:
    groups = [learning[id(parameter)] for parameter in parameters.values() if id(parameter) in learning]
    count = sum(parameter.numel() for parameter in parameters.values())
    return ParameterBlock(
        name,
        _name_layers(list(parameters)),
        count,
        max((group["highest_rate"] for group in groups), default=None),
        max((group["weight_decay"] for group in groups), default=None),
    )


def _name_layers(names: Sequence[str]) -> str:
    layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))
    return layers[0] if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"

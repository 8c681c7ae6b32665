"""The network: a trunk with its heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modiste.taxonomy import Taxonomy
from modiste.training.heads import Heads, Output, build_heads
from modiste.training.recipe import Recipe
from modiste.training.trunks import build_trunk

__all__ = ["Output", "TaggerNetwork", "build_network"]


class TaggerNetwork(nn.Module):
    """A trunk with its heads: pictures [n, 3, height, width], normalised, to an `Output`."""

    def __init__(self, trunk: nn.Module, heads: Heads) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = heads

    def forward(self, pictures: Tensor, targets: Tensor | None = None) -> Output:
        """Return what the network says of a batch; the labels are for heads that learn with them (`Heads`)."""
        output: Output = self.heads(self.trunk(pictures), targets)
        return output


def build_network(recipe: Recipe, taxonomy: Taxonomy) -> TaggerNetwork:
    """Build the network that a recipe describes for the fields of a taxonomy.

    Raises:
        RecipeError: timm has no such trunk, its weights are missing, or the heads' levels do not fit the fields.
    """
    trunk = build_trunk(recipe.trunk.name, weights=recipe.trunk.weights, drop_path=recipe.trunk.drop_path)
    heads = build_heads(recipe.heads, int(trunk.num_features), taxonomy)  # type: ignore[arg-type]
    return TaggerNetwork(trunk, heads).to(memory_format=torch.channels_last)

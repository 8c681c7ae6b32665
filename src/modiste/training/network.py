"""The network: a trunk, one linear head a field, and an embedding of unit length."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modiste.taxonomy import Taxonomy
from modiste.training.recipe import Recipe
from modiste.training.trunks import build_trunk

__all__ = ["Heads", "Output", "TaggerNetwork", "build_network"]


class Output(NamedTuple):
    """What the network says of a batch.

    ``logits`` [n, values of all fields], ``embedding`` [n, width] of unit length, and ``embedding_logits``
    [n, values of all fields]: the same answers read off the embedding alone, which is what trains it.
    """

    logits: Tensor
    embedding: Tensor
    embedding_logits: Tensor


class Heads(nn.Module):
    """From a trunk's features [n, width] to an `Output`.

    The embedding is trained by a cosine classifier for every field (normalised softmax; Wang et al. 2017,
    "NormFace", arXiv 1704.06369): pictures that share their labels end up close to each other.
    """

    def __init__(self, features: int, values: int, *, embedding: int, dropout: float, scale: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(features, values)
        self.embed = nn.Linear(features, embedding)
        self.proxies = nn.Parameter(torch.randn(values, embedding))
        self.scale = scale
        nn.init.zeros_(self.classify.bias)
        nn.init.normal_(self.classify.weight, std=0.01)

    def forward(self, features: Tensor) -> Output:
        """Return the logits, the embedding and the embedding's own logits."""
        embedding = F.normalize(self.embed(features), dim=1)
        cosines = embedding @ F.normalize(self.proxies, dim=1).T  # [n, values], in [-1, 1]
        return Output(self.classify(self.dropout(features)), embedding, self.scale * cosines)


class TaggerNetwork(nn.Module):
    """A trunk with its heads: pictures [n, 3, height, width], normalised, to an `Output`."""

    def __init__(self, trunk: nn.Module, heads: Heads) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = heads

    def forward(self, pictures: Tensor) -> Output:
        """Return what the network says of a batch."""
        output: Output = self.heads(self.trunk(pictures))
        return output


def build_network(recipe: Recipe, taxonomy: Taxonomy) -> TaggerNetwork:
    """Build the network that a recipe describes for the fields of a taxonomy."""
    trunk = build_trunk(recipe.trunk.name, weights=recipe.trunk.weights, drop_path=recipe.trunk.drop_path)
    heads = Heads(
        int(trunk.num_features),  # type: ignore[arg-type]
        sum(len(field) for field in taxonomy),
        embedding=recipe.heads.embedding,
        dropout=recipe.heads.dropout,
        scale=recipe.heads.embedding_scale,
    )
    return TaggerNetwork(trunk, heads).to(memory_format=torch.channels_last)

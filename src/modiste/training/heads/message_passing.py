"""Heads that pass messages along a hierarchy: a branch a level, and a block between the branches and the outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from modiste.taxonomy import Taxonomy
from modiste.training.heads.heads import Heads
from modiste.training.heads.levels import Levels, check_levels

__all__ = ["MessagePassing", "MessagePassingHeads"]


class MessagePassing(nn.Module):
    """The message passing block: from one vector a level to one vector a level, all [n, width].

    Two passes over the levels run side by side, and their results are added. The first goes down: the first level's
    final layer reads its own branch, every other level's reads the sum of its own branch and of a message of the
    first level. The second goes up: the final layers of the other levels read their own branches, and the first
    level's reads the sum of its own branch and of a message of each of the others. Branches and messages go through
    a dense layer each; every dense layer is followed by ReLU, every final one by dropout as well.

    Args:
        levels: How many; 6 * levels - 2 dense layers are made, 16 for three.
        width: Of every vector.
        dropout: After the final layers.

    Reference:
        B. Q. Ferreira et al., "A unified model with structured output for fashion images classification" (2018),
        arXiv:1806.09445, figure 7: messages are passed between the first level and the others, not among the others.
    """

    def __init__(self, levels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.down = _Pass(levels, width, dropout)
        self.up = _Pass(levels, width, dropout)

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        """Return the levels' vectors; the first branch is that of the first level."""
        down, up, others = self.down, self.up, range(1, len(branches))
        first = down.finish(0, down.read(0, branches[0]))
        told = [down.finish(at, down.read(at, branches[at]) + down.message(at, first)) for at in others]
        heard = [up.finish(at, up.read(at, branches[at])) for at in others]
        messages = torch.stack([up.message(at, vector) for at, vector in zip(others, heard, strict=True)]).sum(dim=0)
        answer = up.finish(0, up.read(0, branches[0]) + messages)
        return [first + answer, *(one + other for one, other in zip(told, heard, strict=True))]


class _Pass(nn.Module):
    """The dense layers of one direction: each level's own, its final one, and one a message."""

    def __init__(self, levels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.own = nn.ModuleList(build_dense(width, width) for _ in range(levels))
        self.messages = nn.ModuleList(build_dense(width, width) for _ in range(levels - 1))
        self.final = nn.ModuleList(build_dense(width, width) for _ in range(levels))
        self.dropout = nn.Dropout(dropout)

    def read(self, level: int, branch: Tensor) -> Tensor:
        read: Tensor = self.own[level](branch)
        return read

    def message(self, level: int, vector: Tensor) -> Tensor:
        """Return the message between the first level and another one."""
        message: Tensor = self.messages[level - 1](vector)
        return message

    def finish(self, level: int, vector: Tensor) -> Tensor:
        finished: Tensor = self.dropout(self.final[level](vector))
        return finished


class MessagePassingHeads(Heads):
    """Trunk features, one dense branch a level, the message passing block, and one linear layer a field.

    Args:
        features: Width of the trunk's features.
        taxonomy: The fields.
        levels: The fields of each level, the most general first.
        width: Of the branches and of the block.
        embedding: Width of the embedding, which reads the trunk's features.
        dropout: After the block's final layers.
        scale: Factor on the cosines of the embedding.

    Raises:
        RecipeError: The levels do not name every field once.
    """

    def __init__(
        self,
        features: int,
        taxonomy: Taxonomy,
        *,
        levels: Levels,
        width: int,
        embedding: int,
        dropout: float,
        scale: float,
    ) -> None:
        super().__init__(features, sum(map(len, taxonomy)), embedding=embedding, scale=scale)
        check_levels(levels, taxonomy)
        self.branches = nn.ModuleList(build_dense(features, width) for _ in levels)
        self.block = MessagePassing(len(levels), width, dropout)
        self._levels = [next(at for at, names in enumerate(levels) if field.name in names) for field in taxonomy]
        self.outputs = nn.ModuleList(_initialise(nn.Linear(width, len(field))) for field in taxonomy)

    def classify_features(self, features: Tensor, targets: Tensor | None) -> Tensor:
        """Return the logits; the labels play no part."""
        vectors = self.block([branch(features) for branch in self.branches])
        return torch.cat([output(vectors[at]) for output, at in zip(self.outputs, self._levels, strict=True)], dim=1)


def build_dense(given: int, width: int) -> nn.Sequential:
    """Return a linear layer with ReLU, begun as Keras begins one: Glorot's uniform weights, no biases."""
    return nn.Sequential(_initialise(nn.Linear(given, width)), nn.ReLU())


def _initialise(layer: nn.Linear) -> nn.Linear:
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer

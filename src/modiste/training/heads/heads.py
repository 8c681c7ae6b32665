"""What every kind of heads has: an embedding with its own answers, and a price of its weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modiste.errors import ExportError

__all__ = ["Heads", "Output"]


class Output(NamedTuple):
    """What the network says of a batch.

    ``logits`` [n, values of all fields], ``embedding`` [n, width] of unit length, and ``embedding_logits``
    [n, values of all fields]: the same answers read off the embedding alone, which is what trains it.
    """

    logits: Tensor
    embedding: Tensor
    embedding_logits: Tensor


class Heads(nn.Module, ABC):
    """From a trunk's features [n, width] to an `Output`; each kind says in `classify_features` how the logits come.

    The embedding is trained by a cosine classifier for every field (normalised softmax; Wang et al. 2017,
    "NormFace", arXiv 1704.06369): pictures that share their labels end up close to each other.

    Args:
        features: Width of the trunk's features.
        values: How many values all fields have.
        embedding: Width of the embedding.
        scale: Factor on the cosines.
    """

    def __init__(self, features: int, values: int, *, embedding: int, scale: float) -> None:
        super().__init__()
        self.embed = nn.Linear(features, embedding)
        self.proxies = nn.Parameter(torch.randn(values, embedding))
        self.scale = scale

    def forward(self, features: Tensor, targets: Tensor | None = None) -> Output:
        """Return the logits, the embedding and the embedding's own logits.

        Args:
            features: [n, width].
            targets: float [n, values of all fields], the labels, in training alone; a field of zeros is not known.
        """
        embedding = F.normalize(self.embed(features), dim=1)
        cosines = embedding @ F.normalize(self.proxies, dim=1).T  # [n, values], in [-1, 1]
        return Output(self.classify_features(features, targets), embedding, self.scale * cosines)

    @abstractmethod
    def classify_features(self, features: Tensor, targets: Tensor | None) -> Tensor:
        """Return the logits [n, values of all fields], in the taxonomy's order."""

    def keep_values(self, positions: Sequence[int]) -> None:
        """Forget the answers to all other values, for good: what a bundle does not say is not in its weights.

        Args:
            positions: Of the values that are kept, in the taxonomy's order.

        Raises:
            ExportError: These heads connect the fields, so that none can be left out.
        """
        self.proxies = nn.Parameter(self.proxies[list(positions)].detach())
        self._keep_answers(positions)

    def _keep_answers(self, positions: Sequence[int]) -> None:
        """Keep what leads to the logits of some values; for heads that connect no fields."""
        raise ExportError(
            f"{type(self).__name__} connect the fields, so that none can be left out of the bundle; train with "
            "heads.kind = 'linear' or 'embedding'"
        )

    def sum_squares(self) -> Tensor:
        """Return the sum of the squares of the weights of the layers that lead to the logits: what ``l2`` charges.

        Biases and the embedding are left out.
        """
        weights = [module.weight for module in self.modules() if isinstance(module, nn.Linear)]
        return torch.stack([weight.square().sum() for weight in weights if weight is not self.embed.weight]).sum()

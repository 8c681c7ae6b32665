"""Flat heads: every field reads the features on its own."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from modiste.training.heads.heads import Heads

__all__ = ["LinearHeads", "build_classifier", "keep_rows"]


class LinearHeads(Heads):
    """One linear layer for the values of all fields.

    Args:
        features: Width of the trunk's features.
        values: How many values all fields have.
        embedding: Width of the embedding.
        dropout: Share of the features that are dropped before the layer.
        scale: Factor on the cosines of the embedding.
    """

    def __init__(self, features: int, values: int, *, embedding: int, dropout: float, scale: float) -> None:
        super().__init__(features, values, embedding=embedding, scale=scale)
        self.dropout = nn.Dropout(dropout)
        self.classify = build_classifier(features, values)

    def classify_features(self, features: Tensor, targets: Tensor | None) -> Tensor:
        """Return the logits; the labels play no part."""
        logits: Tensor = self.classify(self.dropout(features))
        return logits

    def _keep_answers(self, positions: Sequence[int]) -> None:
        self.classify = keep_rows(self.classify, positions)


def build_classifier(features: int, values: int) -> nn.Linear:
    """Return a linear layer that says nothing yet: small weights, no biases."""
    layer = nn.Linear(features, values)
    nn.init.zeros_(layer.bias)
    nn.init.normal_(layer.weight, std=0.01)
    return layer


def keep_rows(layer: nn.Linear, rows: Sequence[int]) -> nn.Linear:
    """Return a layer that gives some of another's outputs."""
    kept = nn.Linear(layer.in_features, len(rows)).to(layer.weight)
    kept.weight.data = layer.weight.data[list(rows)]
    kept.bias.data = layer.bias.data[list(rows)]
    return kept

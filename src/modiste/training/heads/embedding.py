"""Heads in a row: the embedding reads the features, and the answers read the embedding."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from modiste.training.heads.heads import Heads
from modiste.training.heads.linear import build_classifier, keep_rows

__all__ = ["EmbeddingHeads"]


class EmbeddingHeads(Heads):
    """One linear layer to the embedding, and one from there to the values of all fields, as the similarity system has.

    The answers read the embedding before it is brought to unit length, so that classification shapes it; how long it
    is then says how sure the answers are.

    Args:
        features: Width of the trunk's features.
        values: How many values all fields have.
        embedding: Width of the embedding.
        dropout: Share of the embedding that is dropped before the answers.
        scale: Factor on the cosines of the embedding.
    """

    def __init__(self, features: int, values: int, *, embedding: int, dropout: float, scale: float) -> None:
        super().__init__(features, values, embedding=embedding, scale=scale)
        self.dropout = nn.Dropout(dropout)
        self.answer = build_classifier(embedding, values)  # not `classify`: its name says what reads the features

    def classify_features(self, features: Tensor, targets: Tensor | None) -> Tensor:
        """Return the logits; the labels play no part."""
        logits: Tensor = self.answer(self.dropout(self.embed(features)))
        return logits

    def _keep_answers(self, positions: Sequence[int]) -> None:
        self.answer = keep_rows(self.answer, positions)

    def sum_squares(self) -> Tensor:
        """Return the sum of the squares of the weights of both layers."""
        return torch.stack([layer.weight.square().sum() for layer in (self.embed, self.answer)]).sum()

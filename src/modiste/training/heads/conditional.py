"""Conditional heads: what is said of a level depends on what is said of the level above."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.heads.heads import Heads
from modiste.training.heads.levels import Levels, check_levels
from modiste.training.heads.linear import build_classifier

__all__ = ["ConditionalHeads"]


class ConditionalHeads(Heads):
    """One linear layer, and a matrix from the probabilities of each level to the logits of the next.

    ``logits = W features + b + M probabilities of the level above``. In training the level above is what the label
    says (teacher forcing), or the prediction where the label is not known; at evaluation it is the prediction, which
    itself depends on the level above it.

    Args:
        features: Width of the trunk's features.
        taxonomy: The fields.
        levels: The fields of each level, the most general first; those that others depend on have one value.
        embedding: Width of the embedding.
        dropout: Share of the features that are dropped before the linear layer.
        scale: Factor on the cosines of the embedding.

    Raises:
        RecipeError: The levels do not name every field once, or a field of many values is not on the last one.

    Reference:
        B. Kolisnik et al., "Condition-CNN: A hierarchical multi-label fashion image classification model", Expert
        Systems with Applications 182 (2021), doi:10.1016/j.eswa.2021.115195.
    """

    def __init__(
        self, features: int, taxonomy: Taxonomy, *, levels: Levels, embedding: int, dropout: float, scale: float
    ) -> None:
        values = sum(map(len, taxonomy))
        super().__init__(features, values, embedding=embedding, scale=scale)
        check_levels(levels, taxonomy, multi_on_top=False)
        self._names, self._levels, self._columns = taxonomy.names, levels, slice_fields(taxonomy)
        self.dropout = nn.Dropout(dropout)
        self.classify = build_classifier(features, values)
        sizes = [sum(len(taxonomy[name]) for name in level) for level in levels]
        # One matrix a pair of levels; it begins at nothing, as flat heads do.
        self.conditions = nn.ModuleList(nn.Linear(*pair, bias=False) for pair in pairwise(sizes))
        for matrix in self.conditions:
            nn.init.zeros_(matrix.weight)  # type: ignore[arg-type]

    def classify_features(self, features: Tensor, targets: Tensor | None) -> Tensor:
        """Return the logits; labels that are given stand in for the predictions that the next level depends on."""
        own = self.classify(self.dropout(features))
        logits: dict[str, Tensor] = {}
        above: Tensor | None = None
        for depth, level in enumerate(self._levels):
            answers = torch.cat([own[:, self._columns[name]] for name in level], dim=1)
            if above is not None:
                answers = answers + self.conditions[depth - 1](above)
            widths = [self._columns[name].stop - self._columns[name].start for name in level]
            logits.update(zip(level, torch.split(answers, widths, dim=1), strict=True))
            if depth + 1 < len(self._levels):
                above = torch.cat([self._tell(name, logits[name], targets) for name in level], dim=1)
        return torch.cat([logits[name] for name in self._names], dim=1)

    def _tell(self, name: str, logits: Tensor, targets: Tensor | None) -> Tensor:
        """Return the probabilities [n, values] of one field that the next level is told."""
        predicted = logits.softmax(dim=1)
        if targets is None:
            return predicted
        true = targets[:, self._columns[name]]
        return torch.where(true.sum(dim=1, keepdim=True) > 0, true, predicted)

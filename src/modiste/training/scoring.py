"""Probabilities from logits, in torch."""

from __future__ import annotations

import torch
from torch import Tensor

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy

__all__ = ["score_values"]


def score_values(logits: Tensor, taxonomy: Taxonomy) -> Tensor:
    """Return the probabilities of logits [n, values of all fields]; those of a ``single`` field sum to 1."""
    columns = slice_fields(taxonomy)
    scores = [
        logits[:, columns[field.name]].softmax(dim=1)
        if field.kind == "single"
        else logits[:, columns[field.name]].sigmoid()
        for field in taxonomy
    ]
    return torch.cat(scores, dim=1)

"""The triplet loss on the embedding: what shares a value is to lie closer than what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from modiste.errors import import_extra
from modiste.training.recipe import LossRecipe

__all__ = ["TripletLoss", "draw_triplets"]

Triplets = tuple[Tensor, Tensor, Tensor]


class TripletLoss:
    """The mean of ``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` over the triplets that cost anything.

    Distances are Euclidean between embeddings of unit length. The triplets of a batch are: for ``random`` one an item;
    for ``semi_hard`` all whose negative is further away than the positive, but by less than the margin; for ``hard``
    one an item, of the furthest positive and the nearest negative. Loss and miners are pytorch-metric-learning's.

    Args:
        recipe: Margin and miner.

    Raises:
        MissingExtraError: pytorch-metric-learning is not installed.

    Reference:
        Schroff et al. 2015, "FaceNet", arXiv 1503.03832; Hermans et al. 2017, "In Defense of the Triplet Loss for
        Person Re-Identification", arXiv 1703.07737.
    """

    def __init__(self, recipe: LossRecipe) -> None:
        losses: Any = import_extra("pytorch_metric_learning.losses", purpose="A triplet loss", extra="train")
        self._charge = losses.TripletMarginLoss(margin=recipe.triplet_margin)
        self._mine = _build_miner(recipe)

    def __call__(self, embedding: Tensor, values: Tensor) -> Tensor:
        """Return the loss of a batch, a scalar; 0 where it holds no triplet.

        Args:
            embedding: [n, width], of unit length.
            values: int64 [n], the position of each item's value.
        """
        loss: Tensor = self._charge(embedding, indices_tuple=self._mine(embedding, values))
        return loss


def draw_triplets(embedding: Tensor, values: Tensor) -> Triplets:
    """Draw one triplet for each item that has both another item of its value and one of another value.

    Args:
        embedding: Not looked at.
        values: int64 [n].

    Returns:
        Positions of anchors, positives and negatives, int64 [triplets]; torch's random state decides.

    Example:
        >>> anchors, positives, negatives = draw_triplets(torch.empty(0), torch.tensor([0, 0, 1]))
        >>> anchors.tolist(), positives.tolist(), negatives.tolist()
        ([0, 1], [1, 0], [2, 2])
    """
    same = values[:, None] == values
    positives, negatives = same.clone().fill_diagonal_(fill_value=False), ~same
    anchors = torch.nonzero(positives.any(dim=1) & negatives.any(dim=1)).squeeze(1)
    return anchors, _draw_one(positives[anchors]), _draw_one(negatives[anchors])


def _draw_one(allowed: Tensor) -> Tensor:
    """Return a position that is allowed, at random, for each row of [n, m]."""
    # Drawn on the CPU, whose random state the step has seeded, so that every device draws the same.
    draws = torch.rand(allowed.shape).to(allowed.device)
    return torch.where(allowed, draws, -1.0).argmax(dim=1)


def _build_miner(recipe: LossRecipe) -> Callable[[Tensor, Tensor], Triplets]:
    if recipe.miner == "random":
        return draw_triplets
    miners: Any = import_extra("pytorch_metric_learning.miners", purpose="Mining of triplets", extra="train")
    if recipe.miner == "hard":
        miner: Callable[[Tensor, Tensor], Triplets] = miners.BatchHardMiner()
    else:
        miner = miners.TripletMarginMiner(margin=recipe.triplet_margin, type_of_triplets="semihard")
    return miner

"""Pictures blended with one another, and their labels alike (mixup)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["LabelledBatch", "blend"]


class LabelledBatch(NamedTuple):
    """What a step learns from.

    ``pictures`` float [n, 3, height, width]; ``targets`` float [n, values of all fields]; ``known`` bool [n, fields].
    """

    pictures: Tensor
    targets: Tensor
    known: Tensor


def blend(batch: LabelledBatch, share: float, *, generator: torch.Generator) -> LabelledBatch:
    """Blend some pictures of a batch with another one of it, each by a part of its own.

    Args:
        batch: The pictures, changed already.
        share: Of the pictures that are blended, in [0, 1]; the part of the other one is drawn from 0 to 1/2, so that
            a picture stays the more visible one of the two.
        generator: Where the random numbers come from.

    Returns:
        A batch of the same shapes. A blended picture's label of a field is known where both labels are.

    Reference:
        Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", arXiv 1710.09412, with alpha = 1.
    """
    count = len(batch.pictures)
    other = torch.randperm(count, generator=generator)
    draws = torch.rand(2, count, generator=generator)
    part = torch.where(draws[0] < share, draws[1] / 2, 0.0).to(batch.pictures)
    other, alone = other.to(part.device), (part == 0)[:, None]
    return LabelledBatch(
        torch.lerp(batch.pictures, batch.pictures[other], part.view(-1, 1, 1, 1)),
        torch.lerp(batch.targets, batch.targets[other], part.view(-1, 1)),
        batch.known & (batch.known[other] | alone),
    )

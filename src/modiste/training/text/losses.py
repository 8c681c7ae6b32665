"""The loss that pulls texts to the pictures they fit, and away from all others of the batch."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["contrastive_loss"]


def contrastive_loss(texts: Tensor, pictures: Tensor, fits: Tensor, scale: Tensor) -> Tensor:
    """Return the symmetric contrastive loss with several right answers.

    Needs:
        Unit vectors: float [n, d] of texts and of pictures; bool [n, n]: which text fits which picture, true on the
        diagonal at least; the factor on cosines (an inverse temperature).

    Returns:
        The mean of the cross-entropies of texts choosing among pictures and of pictures choosing among texts, where
        the target is spread evenly over all that fit. With one fit each it is InfoNCE.

    Related:
        Khosla et al., "Supervised Contrastive Learning", 2020, equation 2, has the same targets within one tower.

    Example:
        >>> vectors = torch.eye(2)
        >>> float(contrastive_loss(vectors, vectors, torch.eye(2) > 0, torch.tensor(100.0)).round(decimals=3))
        0.0

    Reference:
        Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
    """
    logits = scale * (texts @ pictures.T)
    wanted = fits.float()
    by_text = -(wanted / wanted.sum(dim=1, keepdim=True) * logits.log_softmax(dim=1)).sum(dim=1)
    by_picture = -(wanted / wanted.sum(dim=0, keepdim=True) * logits.log_softmax(dim=0)).sum(dim=0)
    return torch.stack([by_text.mean(), by_picture.mean()]).mean()

"""What the answers of a field with any number of values are charged."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["charge_values"]

_SMALLEST = 1e-8


def charge_values(
    logits: Tensor, targets: Tensor, *, gamma: float = 0.0, gamma_negative: float = 0.0, clip: float = 0.0
) -> Tensor:
    """Return the loss of every value of every item.

    With p the sigmoid of a logit, a true value is charged ``-(1 - p)^gamma log p``, and one that is not true
    ``-q^gamma_negative log(1 - q)`` with ``q = max(p - clip, 0)``. All 0 is binary cross-entropy; the same gamma on
    both sides and no clip is the focal loss; more on the negative side and a clip is the asymmetric loss.

    Args:
        logits: [n, values].
        targets: [n, values], in [0, 1]; between, both sides are charged by their share.
        gamma: Focusing of the true values, 0 or above: the surer an answer, the less it is charged.
        gamma_negative: The same of the values that are not true.
        clip: In [0, 1): what is not true and less likely than this costs nothing.

    Returns:
        [n, values], 0 or above.

    Reference:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", arXiv 1708.02002, equation 4; Ridnik et al. 2021,
        "Asymmetric Loss For Multi-Label Classification", arXiv 2009.14119, equations 5 and 7.

    Example:
        >>> round(charge_values(torch.zeros(1, 1), torch.ones(1, 1)).item(), 4)  # -log(1/2)
        0.6931
        >>> round(charge_values(torch.zeros(1, 1), torch.ones(1, 1), gamma=1.0).item(), 4)
        0.3466
    """
    missed = F.softplus(-logits)  # -log p, exact where p is next to nothing
    if gamma:
        missed = missed * torch.sigmoid(-logits) ** gamma
    return targets * missed + (1 - targets) * _charge_negative(logits, gamma_negative, clip)


def _charge_negative(logits: Tensor, gamma: float, clip: float) -> Tensor:
    if not clip:
        charged = F.softplus(logits)
        return charged * torch.sigmoid(logits) ** gamma if gamma else charged
    shifted = (torch.sigmoid(logits) - clip).clamp(min=0)
    charged = -torch.log((1 - shifted).clamp(min=_SMALLEST))
    # The gradient of 0^gamma is not a number for gamma below 1, and multiplying keeps it that.
    return charged * shifted.clamp(min=_SMALLEST) ** gamma if gamma else charged

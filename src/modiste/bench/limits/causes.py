"""What limits each field: shares of its errors that each measured cause accounts for, and the largest of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.limits.rarity import Bin, Shortfall
from modiste.evaluation import Interval

__all__ = ["ADVICE", "FieldLimits", "choose_cause", "share_of_rare", "share_of_unseen"]

RARE_BELOW: Final = 100  # training rows

ADVICE: Final[Mapping[str, str]] = {
    "labels": "labels smoothed by the network's own answers; beyond that nothing is to be had",
    "rare classes": "logit adjustment, balanced sampling, more neighbours' labels for rare classes",
    "new products": "stronger augmentation, a longer training, averaged weights, an ensemble to distil from",
    "resolution": "a larger input",
    "neighbouring hues": "a branch for the colours of the product's pixels; losses that know the families",
    "launch": "neighbours' labels; a head for the year that is there in training only",
    "hidden in titles": "heads for brand and title words that are there in training only; neighbours' labels",
}


@dataclass(frozen=True)
class FieldLimits:
    """One field's line of the summary.

    Args:
        rows: Validation rows whose label is known.
        now: Accuracy on them.
        unseen: Accuracy on its rows of which the training part has neither title nor picture.
        macro: Macro-F1 on them, and with rare classes solved or left out.
        missed: Classes that are never told: value, validation rows.
        ceiling: Highest accuracy, by labels of the same picture.
        shares: Cause -> the share of the errors that it accounts for. They overlap, and need not add up to 1.
    """

    rows: int
    now: Interval
    unseen: Interval
    macro: Shortfall
    missed: Sequence[tuple[str, int]]
    ceiling: Interval
    shares: Mapping[str, float]


def choose_cause(shares: Mapping[str, float]) -> str:
    """Return the cause with the largest share, the first of equal ones; ``"none found"`` where no share is above 0.

    Example:
        >>> choose_cause({"labels": 0.2, "resolution": 0.3})
        'resolution'
    """
    largest = max(shares, key=lambda cause: shares[cause])
    return largest if shares[largest] > 0 else "none found"


def share_of_rare(bins: Sequence[Bin], *, below: int = RARE_BELOW) -> float:
    """Return the share of the errors whose true class has fewer training rows than that."""
    return sum(item.errors for item in bins if item.most is not None and item.most < below)


def share_of_unseen(hits: NDArray[np.bool_], unseen: NDArray[np.bool_]) -> float:
    """Return the share of the errors that would vanish if unseen rows were told as well as the others.

    Args:
        hits: bool [n]; with an error at least.
        unseen: bool [n]; with rows of either kind.

    Example:
        >>> share_of_unseen(np.array([True, True, True, False]), np.array([False, False, True, True]))
        1.0
    """
    lost = (hits[~unseen].mean() - hits[unseen].mean()) * unseen.sum()
    return float(max(0.0, lost) / (~hits).sum())

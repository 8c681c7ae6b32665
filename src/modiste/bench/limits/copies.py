"""Pairs of products that show the same picture, and how often their labels differ: what no look at a picture can tell.

Two people who label the same picture give two draws from the labels that such a picture gets. How often these differ
is the error of the nearest neighbour rule with endless data, which bounds the error of every rule (Cover and Hart).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.bench.limits.material import Material
from modiste.evaluation import Interval, bootstrap_mean
from modiste.imaging.perceptual import find_near_hashes
from modiste.splits import NearLimits

__all__ = [
    "NEAR_LIMITS",
    "Disagreement",
    "bound_accuracy",
    "list_equal",
    "list_near",
    "measure_disagreement",
    "split_by_title",
]

Pairs = NDArray[np.int64]
Labels = NDArray[np.int64]
NEAR_LIMITS = NearLimits(bits=2, lightness=5, colour=4)


@dataclass(frozen=True)
class Disagreement:
    """How often the labels of like pictures differ.

    Args:
        rows: How many products have a partner, and both a label.
        groups: How many groups of copies and titles they come from, which the interval draws.
        rate: Share of a product's partners that have another label, averaged.
        low: Accuracy that can be reached at least: 1 less the rate.
        high: Accuracy that nothing can exceed; its ends are the bounds of the ends of the rate.
    """

    rows: int
    groups: int
    rate: Interval
    low: float
    high: Interval


def bound_accuracy(disagreement: float, classes: int) -> tuple[float, float]:
    """Return the accuracies between which the best rule lies, given how often two labels of one picture differ.

    Both labels are taken to be drawn independently from the same chances. With R for the disagreement and M classes,
    the smallest error R* of any rule obeys ``(M - 1) / M * (1 - sqrt(1 - M / (M - 1) * R)) <= R* <= R``; for small R
    the lower end is R / 2, which is what two people of equal error rate e, R = 2 e (1 - e), amount to.

    Args:
        disagreement: R in [0, 1]; what lies above (M - 1) / M, plain guessing, counts as that.
        classes: M, at least 2.

    Returns:
        The lower and the higher accuracy.

    Reference:
        T. Cover, P. Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information Theory 13 (1967)
        21-27.

    Example:
        >>> low, high = bound_accuracy(2 * 0.1 * 0.9, 2)
        >>> round(low, 3), round(high, 3)
        (0.82, 0.9)
    """
    most = (classes - 1) / classes
    least = most * (1 - math.sqrt(1 - min(disagreement, most) / most))
    return 1 - disagreement, 1 - least


def list_equal(keys: Sequence[str]) -> Pairs:
    """Return all pairs of rows with equal keys, int64 [pairs, 2], the smaller row first."""
    members: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        members.setdefault(key, []).append(row)
    found = [(left, right) for rows in members.values() for place, left in enumerate(rows) for right in rows[:place]]
    return np.sort(np.array(found, np.int64).reshape(-1, 2), axis=1)


def list_near(material: Material, limits: NearLimits = NEAR_LIMITS) -> Pairs:
    """Return the pairs of rows whose pictures look the same but for compression, equal ones too, int64 [pairs, 2].

    No network takes part: one that was taught the labels would call alike what is labelled alike.

    Args:
        material: Its looks are compared.
        limits: How far two may differ.
    """
    looks = [material.prints.looks[reference] for reference in material.rows.items["image"]]
    hashes = np.array([look.hash for look in looks], np.uint64)
    cells = np.stack([look.cells for look in looks]).astype(np.int16)  # [n, 64, 3]
    most = np.array([limits.lightness, limits.colour, limits.colour])
    parts = [np.empty((0, 2), np.int64)]
    for left, right in find_near_hashes(hashes, limits.bits):
        near = (np.abs(cells[left] - cells[right]) <= most).all(axis=(1, 2))
        parts.append(np.sort(np.stack([left[near], right[near]], axis=1), axis=1))
    return np.unique(np.concatenate(parts), axis=0)


def split_by_title(pairs: Pairs, titles: Labels) -> Pairs:
    """Return the pairs whose titles differ: they were entered as different products."""
    return np.asarray(pairs[titles[pairs[:, 0]] != titles[pairs[:, 1]]], np.int64)


def measure_disagreement(
    pairs: Pairs, labels: Labels, groups: Labels, *, classes: int, replicates: int = 1000
) -> Disagreement | None:
    """Say how often the labels of paired rows differ; each row counts once, however many partners it has.

    Args:
        pairs: int64 [pairs, 2].
        labels: int64 [n], -1 where unknown; pairs with an unknown label are left out.
        groups: int64 [n]; what the interval draws together.
        classes: How many values the field has.
        replicates: Draws.

    Returns:
        The figures; None where no pair has two labels.
    """
    known = pairs[(labels[pairs] >= 0).all(axis=1)]
    if not len(known):
        return None
    both = np.concatenate([known, known[:, ::-1]])
    differs = labels[both[:, 0]] != labels[both[:, 1]]
    rows, places, partners = np.unique(both[:, 0], return_inverse=True, return_counts=True)
    shares = np.bincount(places, weights=differs) / partners
    rate = bootstrap_mean(shares, groups=groups[rows], replicates=replicates)
    low, value = bound_accuracy(rate.value, classes)
    worst, best = (bound_accuracy(end, classes)[1] for end in (rate.high, rate.low))
    high = Interval(value, worst, best, rate.level, f"Cover and Hart's bound of: {rate.method}")
    return Disagreement(len(rows), len(np.unique(groups[rows])), rate, low, high)

"""Confident learning: which labels are likely wrong (Northcutt, Jiang and Chuang, J. Artif. Intell. Res. 70, 2021)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Suspects", "count_confident_joint", "find_suspects", "self_confidence_thresholds"]

_RAREST = 1e-3


class Suspects(NamedTuple):
    """The rows whose label is likely wrong, the most surprising first.

    ``rows`` int64 [m]; ``expected`` int64 [m], the class each should have; ``log_odds`` float64 [m], above 0: the
    logarithm of how many times likelier that is than the stated one; ``surprise`` float64 [m], see `find_suspects`.
    """

    rows: NDArray[np.int64]
    expected: NDArray[np.int64]
    log_odds: NDArray[np.float64]
    surprise: NDArray[np.float64]


def self_confidence_thresholds(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each class the mean probability of that class over the rows that are labelled so.

    Args:
        labels: int64 [n]; -1 for rows without a label.
        probabilities: float64 [n, classes], out of sample.

    Returns:
        float64 [classes]; infinite for a class without rows, which nothing can then belong to.

    Example:
        >>> told = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
        >>> self_confidence_thresholds(np.array([0, 0, 1]), told).round(2).tolist()
        [0.7, 0.8]
    """
    known = np.flatnonzero(labels >= 0)
    counts = np.bincount(labels[known], minlength=probabilities.shape[1])
    own = probabilities[known, labels[known]].astype(np.float64)
    sums = np.bincount(labels[known], weights=own, minlength=probabilities.shape[1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def _assign(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class each row confidently belongs to, or -1: the likeliest of those that reach their thresholds."""
    thresholds = self_confidence_thresholds(labels, probabilities)
    reached = probabilities >= thresholds
    likeliest = np.where(reached, probabilities, -1.0).argmax(axis=1)
    return np.asarray(np.where(reached.any(axis=1) & (labels >= 0), likeliest, -1))


def count_confident_joint(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the rows by their stated class and by the class they confidently belong to.

    A row belongs to class j if its probability of j reaches the threshold of j (`self_confidence_thresholds`); of
    several such classes it belongs to the likeliest.

    Args:
        labels: int64 [n]; -1 for rows without a label.
        probabilities: float64 [n, classes], out of sample.

    Returns:
        int64 [classes, classes]: stated by true. What lies off the diagonal are the likely errors.
    """
    classes = probabilities.shape[1]
    assigned = _assign(labels, probabilities)
    counted = assigned >= 0
    flat = labels[counted] * classes + assigned[counted]
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes)


def find_suspects(labels: NDArray[np.int64], probabilities: NDArray[np.float64], *, min_odds: float = 1.0) -> Suspects:
    """Find the rows that likely belong to another class, ranked by how surprising that is.

    A row is a suspect if it lies off the diagonal of the confident joint, or if it reaches no class's threshold and its
    likeliest class is not the stated one. The paper ranks by the difference of the two probabilities, which is near 1
    for a shirt called a blouse and for a shirt called a watch alike. Here they are ranked by the log-odds, less the
    logarithm of the mean probability of the expected class among all rows that are stated so (at least 1/1000): what is
    confused all the time surprises less.

    Args:
        labels: int64 [n]; -1 for rows without a label, which are never found.
        probabilities: float64 [n, classes], out of sample.
        min_odds: How many times as likely as the stated class the expected one must be, 1 or more.
    """
    assigned = _assign(labels, probabilities)
    expected = np.where(assigned >= 0, assigned, probabilities.argmax(axis=1))
    rows = np.flatnonzero((labels >= 0) & (expected != labels))
    chances = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    log_odds = chances[rows, expected[rows]] - chances[rows, labels[rows]]
    rows, log_odds = rows[log_odds > 0], log_odds[log_odds > 0]
    usual = _average_by_class(labels, probabilities)[labels[rows], expected[rows]]
    surprise = log_odds - np.log(np.maximum(usual, _RAREST))
    order = np.argsort(-surprise, kind="stable")
    order = order[log_odds[order] >= np.log(min_odds)]
    return Suspects(rows[order], expected[rows][order], log_odds[order], surprise[order])


def _average_by_class(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean probabilities of the rows of each stated class: float64 [classes, classes]."""
    classes = probabilities.shape[1]
    known = np.flatnonzero(labels >= 0)
    order = known[np.argsort(labels[known], kind="stable")]
    stated, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    means = np.zeros((classes, classes))
    if len(order):
        means[stated] = np.add.reduceat(probabilities[order], starts, axis=0) / counts[:, None]
    return means

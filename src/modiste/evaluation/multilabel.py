"""Metrics of fields with any number of values: F1, precision and recall at k, average precision.

Tables are [n, values]: ``truth`` says which values a row has, ``answer`` which were given, ``scores`` how likely each
is (higher is more likely). What is not a number is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_truths

__all__ = [
    "MultiScores",
    "average_precision",
    "mean_average_precision",
    "multilabel_macro_f1",
    "score_at_k",
    "score_values",
]

Table = NDArray[np.bool_]


@dataclass(frozen=True)
class MultiScores:
    """Precision, recall and F1, each in [0, 1], higher is better."""

    precision: float
    recall: float
    f1: float


def score_values(truth: ArrayLike, answer: ArrayLike, *, weights: ArrayLike | None = None) -> MultiScores:
    """Return micro-averaged precision, recall and F1: every pair of row and value is one decision.

    Args:
        truth: bool [n, values].
        answer: bool [n, values].
        weights: float [n]; how often each row counts, by default once.

    Returns:
        The scores; 0 where a denominator is 0.

    Raises:
        ValueError: The shapes differ or are not [n, values].

    Example:
        >>> score_values([[True, False], [True, True]], [[True, True], [True, False]])
        MultiScores(precision=0.6666666666666666, recall=0.6666666666666666, f1=0.6666666666666666)
    """
    hits, support, answered = (column.sum() for column in _count(truth, answer, weights))
    return MultiScores(_ratio(hits, answered), _ratio(hits, support), _ratio(2 * hits, support + answered))


def multilabel_macro_f1(truth: ArrayLike, answer: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean of the values' F1 over the values present in the truth; nan where none is.

    Args:
        truth: bool [n, values].
        answer: bool [n, values].
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: The shapes differ or are not [n, values].

    Example:
        >>> multilabel_macro_f1([[True, False], [True, True]], [[True, True], [True, True]])
        0.8333333333333333
    """
    hits, support, answered = _count(truth, answer, weights)
    present = support > 0
    return float(np.mean(2 * hits[present] / (support + answered)[present])) if present.any() else float("nan")


def score_at_k(truth: ArrayLike, scores: ArrayLike, *, k: int | None = None) -> MultiScores:
    """Return precision, recall and F1 of each row's ``k`` highest scores, averaged over the rows with a true value.

    Args:
        truth: bool [n, values].
        scores: float [n, values]; of equal scores the lower index comes first.
        k: How many values each row answers. By default as many as it truly has, which makes the three equal.

    Raises:
        ValueError: The shapes differ, ``k`` is not between 1 and the number of values, or no row has a true value.

    Example:
        >>> score_at_k([[True, True, False]], [[0.9, 0.2, 0.5]])
        MultiScores(precision=0.5, recall=0.5, f1=0.5)

    Reference:
        B. Q. Ferreira et al., "A unified model with structured output for fashion images classification" (2018),
        arXiv:1806.09445: k is the number of labels that a product is annotated with.
    """
    table, ranked = _check_pair(truth, read_floats(scores, "scores"))
    wanted = table.sum(axis=1)
    if not wanted.any() or (k is not None and not 1 <= k <= table.shape[1]):
        raise ValueError(f"expected a row with a true value and k between 1 and {table.shape[1]}; given k={k}")
    table, ranked, wanted = table[wanted > 0], ranked[wanted > 0], wanted[wanted > 0]
    rank = np.argsort(np.argsort(-ranked, axis=1, kind="stable"), axis=1, kind="stable")
    given = wanted if k is None else np.full_like(wanted, k)
    hits = (table & (rank < given[:, None])).sum(axis=1)
    return MultiScores(
        float(np.mean(hits / given)), float(np.mean(hits / wanted)), float(np.mean(2 * hits / (given + wanted)))
    )


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the stepwise precision-recall curve of one value, in [0, 1], higher is better.

    AP is the sum over thresholds of (R_i - R_{i-1}) P_i; rows of equal score pass a threshold together.

    Args:
        truth: bool [n]; the row has the value.
        scores: float [n].

    Returns:
        The average precision; nan where no row has the value.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> average_precision([True, False, True], [0.9, 0.8, 0.7])
        0.8333333333333333

    Reference:
        scikit-learn, ``sklearn.metrics.average_precision_score``, which interpolates nothing either.
    """
    column, ranked = read_truths(truth, "true values"), read_floats(scores, "scores")
    if column.ndim != 1 or column.shape != ranked.shape:
        raise ValueError(f"expected truth [n] and scores [n]; given {column.shape} and {ranked.shape}")
    if not column.any():
        return float("nan")
    order = np.argsort(-ranked, kind="stable")
    last = np.append(np.diff(ranked[order]) != 0, True)
    hits = np.cumsum(column[order])[last]
    precision = hits / (np.flatnonzero(last) + 1)
    return float(np.diff(hits, prepend=0) @ precision / hits[-1])


def mean_average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the mean of `average_precision` over the values present in the truth; nan where none is.

    Args:
        truth: bool [n, values].
        scores: float [n, values].

    Raises:
        ValueError: The shapes differ or are not [n, values].

    Example:
        >>> mean_average_precision([[True, False], [False, False]], [[0.9, 0.1], [0.2, 0.3]])
        1.0
    """
    table, ranked = _check_pair(truth, read_floats(scores, "scores"))
    present = np.flatnonzero(table.any(axis=0))
    figures = [average_precision(table[:, value], ranked[:, value]) for value in present]
    return float(np.mean(figures)) if figures else float("nan")


def _check_pair(truth: ArrayLike, other: NDArray[np.float64]) -> tuple[Table, NDArray[np.float64]]:
    table = read_truths(truth, "true values")
    if table.ndim != 2 or table.shape != other.shape:
        raise ValueError(f"expected two tables [n, values] of one shape; given {table.shape} and {other.shape}")
    return table, other


def _count(
    truth: ArrayLike, answer: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the weight of the hits, the true rows and the answered rows of every value, each [values]."""
    table, given = _check_pair(truth, read_floats(answer, "answers"))
    counts = np.ones(len(table)) if weights is None else read_floats(weights, "weights")
    if counts.shape != (len(table),):
        raise ValueError(f"expected {len(table)} weights, one a row; given {counts.shape}")
    return counts @ (table * given), counts @ table, counts @ given


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else 0.0

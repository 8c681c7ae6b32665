"""Metrics of fields with one value: accuracy, F1, recall, top-k, confusion, and several fields together.

Every function is pure. Classes are indices in label order; an answer of -1 says that the system gave none, which
counts as wrong everywhere. Unknown labels are left out by the caller. ``weights`` says how often each row counts, so
that a bootstrap replicate is a call and no copy. What is not a number is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_integers, read_truths

__all__ = [
    "ClassScores",
    "accuracy",
    "balanced_accuracy",
    "confusion_matrix",
    "exact_match",
    "macro_f1",
    "mean_accuracy",
    "score_classes",
    "top_k_accuracy",
]

Labels = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of every class.

    Args:
        precision: float64 [classes]; 0 where the class was never answered.
        recall: float64 [classes]; 0 where the class does not occur.
        f1: float64 [classes].
        support: float64 [classes]; how many rows have the class (the sum of their weights).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.float64]

    def weighted(self) -> tuple[float, float, float]:
        """Return precision, recall and F1 averaged by support: the OP, OR and OF1 of Ferreira et al. 2018."""
        share = self.support / self.support.sum()
        return float(share @ self.precision), float(share @ self.recall), float(share @ self.f1)


def accuracy(truth: ArrayLike, answer: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the share of rows that are right, in [0, 1], higher is better.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: There are no rows, the lengths differ, or a true class is negative.

    Example:
        >>> accuracy([0, 1, 1], [0, 1, 0])
        0.6666666666666666
    """
    true, given, counts = _check(truth, answer, weights)
    return float((true == given) @ counts / counts.sum())


def score_classes(
    truth: ArrayLike, answer: ArrayLike, *, classes: int | None = None, weights: ArrayLike | None = None
) -> ClassScores:
    """Return precision, recall, F1 and support of every class.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        classes: How many classes there are; by default the highest index seen, plus one.
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: As `accuracy`, or an index lies outside the classes.

    Example:
        >>> score_classes([0, 1, 1], [0, 1, 0]).recall
        array([1. , 0.5])
    """
    true, given, counts = _check(truth, answer, weights)
    hits, support, answered = _count(true, given, counts, _check_classes(true, given, classes))
    return ClassScores(
        precision=_divide(hits, answered),
        recall=_divide(hits, support),
        f1=_divide(2 * hits, support + answered),
        support=support,
    )


def macro_f1(truth: ArrayLike, answer: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean of the classes' F1 over the classes present in the truth, in [0, 1], higher is better.

    A class that is answered but never true lowers the F1 of the classes it was mistaken for, and is no term of the
    mean. scikit-learn's default averages over such classes too, with an F1 of 0; ``labels=numpy.unique(truth)``
    makes it agree with this function.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: As `accuracy`.

    Example:
        >>> macro_f1([0, 0, 1, 1], [0, 0, 1, 2])
        0.8333333333333333
    """
    true, given, counts = _check(truth, answer, weights)
    hits, support, answered = _count(true, given, counts, _check_classes(true, given, None))
    present = support > 0
    return float(np.mean(2 * hits[present] / (support + answered)[present]))


def balanced_accuracy(truth: ArrayLike, answer: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean of the recalls of the classes present in the truth, in [0, 1], higher is better.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: As `accuracy`.

    Example:
        >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
        0.5
    """
    scores = score_classes(truth, answer, weights=weights)
    return float(np.mean(scores.recall[scores.support > 0]))


def top_k_accuracy(truth: ArrayLike, scores: ArrayLike, *, k: int) -> float:
    """Return the share of rows whose true class is among the ``k`` highest scores, in [0, 1], higher is better.

    Args:
        truth: int [n]; class indices, 0 or above.
        scores: float [n, classes]; higher is more likely. Of equal scores the lower index comes first.
        k: At least 1.

    Raises:
        ValueError: There are no rows, ``k`` is below 1, or the shapes do not fit.

    Example:
        >>> top_k_accuracy([2, 0], [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], k=2)
        0.0
    """
    table = read_floats(scores, "scores")
    true, _, _ = _check(truth, truth, None)
    if table.ndim != 2 or len(table) != len(true) or true.max() >= table.shape[1] or k < 1:
        raise ValueError(
            f"{len(true)} rows need scores [rows, classes] and k of at least 1; given {table.shape}, k={k}"
        )
    own = table[np.arange(len(true)), true][:, None]
    before = np.arange(table.shape[1])[None, :] < true[:, None]
    rank = ((table > own) | ((table == own) & before)).sum(axis=1)
    return float(np.mean(rank < k))


def confusion_matrix(truth: ArrayLike, answer: ArrayLike, *, classes: int | None = None) -> NDArray[np.int64]:
    """Return how often each class was answered for each true class.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices; rows with -1 are in no cell.
        classes: How many classes there are; by default the highest index seen, plus one.

    Returns:
        int64 [classes, classes]; a row a true class, a column an answered one.

    Raises:
        ValueError: As `score_classes`.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
        [[1, 0], [1, 1]]
    """
    true, given, _ = _check(truth, answer, None)
    size = _check_classes(true, given, classes)
    kept = given >= 0
    return np.bincount(true[kept] * size + given[kept], minlength=size * size).reshape(size, size)


def mean_accuracy(hits: ArrayLike, known: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean of the fields' accuracies, each over the rows whose label is known, in [0, 1].

    Args:
        hits: bool [n, fields]; the answer is right. What it says where the label is unknown does not matter.
        known: bool [n, fields]; the label is known.
        weights: float [n]; how often each row counts, by default once.

    Returns:
        The mean over the fields that have a known row; nan where none has.

    Raises:
        ValueError: The shapes differ or are not [n, fields].

    Example:
        >>> mean_accuracy([[True, True], [False, True]], [[True, True], [True, False]])
        0.75
    """
    right, told, counts = _check_fields(hits, known, weights)
    return _mean_accuracy(right, told, counts)


def exact_match(
    hits: ArrayLike,
    known: ArrayLike,
    *,
    rows: Literal["complete", "any"] = "complete",
    weights: ArrayLike | None = None,
) -> float:
    """Return the share of rows whose known fields are all right, in [0, 1], higher is better.

    Args:
        hits: bool [n, fields]; the answer is right.
        known: bool [n, fields]; the label is known.
        rows: ``"complete"``: only rows with every label known count. ``"any"``: every row with a known label
            counts, and its unknown fields are not asked.
        weights: float [n]; how often each row counts, by default once.

    Returns:
        The share; nan where no row counts.

    Raises:
        ValueError: The shapes differ or are not [n, fields].

    Example:
        >>> exact_match([[True, True], [True, False]], [[True, True], [True, False]])
        1.0
        >>> exact_match([[True, False], [True, False]], [[True, True], [True, False]], rows="any")
        0.5
    """
    right, told, counts = _check_fields(hits, known, weights)
    asked = told.all(axis=1) if rows == "complete" else told.any(axis=1)
    total = counts[asked].sum()
    return float(counts[asked] @ (right | ~told)[asked].all(axis=1) / total) if total else float("nan")


def _mean_accuracy(right: NDArray[np.bool_], told: NDArray[np.bool_], counts: Weights) -> float:
    totals = counts @ told
    reached = counts @ (right & told)
    asked = totals > 0
    return float(np.mean(reached[asked] / totals[asked])) if asked.any() else float("nan")


def _check(truth: ArrayLike, answer: ArrayLike, weights: ArrayLike | None) -> tuple[Labels, Labels, Weights]:
    true, given = read_integers(truth, "true classes"), read_integers(answer, "answers")
    if true.ndim != 1 or not len(true) or true.shape != given.shape:
        raise ValueError(f"expected two arrays [n] of one length, n of at least 1; given {true.shape}, {given.shape}")
    if true.min() < 0 or given.min() < -1:
        raise ValueError("true classes are 0 or above and answers -1 or above; leave rows with unknown labels out")
    return true, given, _check_weights(weights, len(true))


def _check_weights(weights: ArrayLike | None, rows: int) -> Weights:
    counts = np.ones(rows) if weights is None else read_floats(weights, "weights")
    if counts.shape != (rows,) or counts.min(initial=0) < 0 or not counts.sum() > 0:
        raise ValueError(f"expected {rows} weights of 0 or above, not all 0; given the shape {counts.shape}")
    return counts


def _check_fields(
    hits: ArrayLike, known: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Weights]:
    right, told = read_truths(hits, "hits"), read_truths(known, "what is known")
    if right.ndim != 2 or right.shape != told.shape:
        raise ValueError(f"expected two tables [n, fields] of one shape; given {right.shape} and {told.shape}")
    return right, told, _check_weights(weights, len(right))


def _check_classes(true: Labels, given: Labels, classes: int | None) -> int:
    highest = int(max(true.max(), given.max())) + 1
    if classes is not None and classes < highest:
        raise ValueError(f"class {highest - 1} occurs, but there are only {classes} classes")
    return highest if classes is None else classes


def _count(true: Labels, given: Labels, counts: Weights, classes: int) -> tuple[Weights, Weights, Weights]:
    """Return the weight of the right rows, the true rows and the answered rows of every class."""
    hits = np.asarray(np.bincount(true, weights=counts * (true == given), minlength=classes), dtype=np.float64)
    support = np.asarray(np.bincount(true, weights=counts, minlength=classes), dtype=np.float64)
    answered = np.asarray(np.bincount(given + 1, weights=counts, minlength=classes + 1)[1:], dtype=np.float64)
    return hits, support, answered


def _divide(numerator: Weights, denominator: Weights) -> Weights:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)

"""Precision, recall and F1 of many classes as one number each: micro, macro and weighted, along a hierarchy, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.errors import UnknownNameError
from modiste.evaluation.finite import read_floats, read_integers, read_truths
from modiste.evaluation.metrics import accuracy
from modiste.evaluation.multilabel import MultiScores, score_values

__all__ = ["AVERAGES", "Average", "average_classes", "average_values", "score_hierarchy"]

Average = Literal["micro", "macro", "weighted"]
AVERAGES: tuple[Average, ...] = ("micro", "macro", "weighted")
Table = NDArray[np.bool_]


def average_classes(
    truth: ArrayLike, answer: ArrayLike, *, average: Average, weights: ArrayLike | None = None
) -> MultiScores:
    """Return precision, recall and F1 of a field with one value, averaged over its classes, higher is better.

    Args:
        truth: int [n]; class indices, 0 or above.
        answer: int [n]; class indices, -1 for no answer.
        average: ``"micro"`` counts all rows together: precision is the share of the answers that are right, recall
            that of the rows. ``"macro"`` is the mean over the classes present in the truth, ``"weighted"`` the same
            weighted by how often they occur.
        weights: float [n]; how often each row counts, by default once.

    Raises:
        ValueError: There are no rows, the lengths differ, a true class is negative, or something is no number.
        UnknownNameError: There is no such average.

    Example:
        >>> average_classes([0, 0, 1, 1], [0, 0, 1, -1], average="micro").precision
        1.0
        >>> average_classes([0, 0, 1, 1], [0, 0, 1, -1], average="macro").recall
        0.75
    """
    accuracy(truth, answer, weights=weights)  # refuses what is no problem of classes
    true, given = read_integers(truth, "true classes"), read_integers(answer, "answers")
    classes = np.arange(max(int(true.max()), int(given.max())) + 1)
    return average_values(true[:, None] == classes, given[:, None] == classes, average=average, weights=weights)


def average_values(
    truth: ArrayLike, answer: ArrayLike, *, average: Average, weights: ArrayLike | None = None
) -> MultiScores:
    """Return precision, recall and F1 of a field with any number of values, averaged over its values.

    Args:
        truth: bool [n, values].
        answer: bool [n, values].
        average: As for `average_classes`; macro and weighted averages are over the values present in the truth.
        weights: float [n]; how often each row counts, by default once.

    Returns:
        The scores; a value's is 0 where its denominator is 0. Macro and weighted ones are nan where no row has a value.

    Raises:
        ValueError: The shapes differ or are not [n, values], or something is no number.
        UnknownNameError: There is no such average.

    Example:
        >>> average_values([[True, False], [True, True]], [[True, True], [True, True]], average="macro").precision
        0.75
    """
    if average not in AVERAGES:
        raise UnknownNameError("average", average, AVERAGES)
    if average == "micro":
        return score_values(truth, answer, weights=weights)
    table, given = read_truths(truth, "true values"), read_truths(answer, "answers")
    score_values(table, given, weights=weights)  # refuses shapes that do not fit
    counts = np.ones(len(table)) if weights is None else read_floats(weights, "weights")
    hits, support, answered = counts @ (table & given), counts @ table, counts @ given
    if not support.any():
        return MultiScores(float("nan"), float("nan"), float("nan"))
    share = support / support.sum() if average == "weighted" else (support > 0) / (support > 0).sum()
    ratios = [_divide(hits, answered), _divide(hits, support), _divide(2 * hits, support + answered)]
    return MultiScores(*(float(share @ ratio) for ratio in ratios))


def score_hierarchy(
    truth: ArrayLike, answer: ArrayLike, *, parents: Sequence[Sequence[int]] | None = None
) -> MultiScores:
    """Return hierarchical precision, recall and F1: every node counts with its ancestors, higher is better.

    A heel taken for a flat is half right, a heel taken for a watch is all wrong. The sets of all rows are added up
    (micro-average).

    Args:
        truth: bool [n, nodes]; the nodes of the hierarchy that a row belongs to, at least the most specific ones.
        answer: bool [n, nodes]; those that were answered; a row without an answer has none.
        parents: Node -> its parents' indices; each row's nodes are completed by all their ancestors. Where it is not
            given, the tables hold the ancestors already.

    Raises:
        ValueError: The shapes differ or are not [n, nodes], or ``parents`` is not one entry a node.

    Example:
        >>> shoes, heels, flats = 0, 1, 2
        >>> tree = [[], [shoes], [shoes]]
        >>> score_hierarchy([[False, True, False]], [[False, False, True]], parents=tree)
        MultiScores(precision=0.5, recall=0.5, f1=0.5)

    Reference:
        S. Kiritchenko, S. Matwin, R. Nock and A. F. Famili, "Learning and Evaluation in the Presence of Class
        Hierarchies" (Canadian AI 2006); C. N. Silla and A. A. Freitas, "A survey of hierarchical classification across
        different application domains", Data Mining and Knowledge Discovery 22 (2011), section 6.
    """
    table, given = read_truths(truth, "true nodes"), read_truths(answer, "answered nodes")
    if parents is None:
        return score_values(table, given)
    if table.ndim != 2 or len(parents) != table.shape[1]:
        raise ValueError(f"expected one list of parents a node; given {len(parents)} for a table of {table.shape}")
    reach = _find_ancestors(parents)
    return score_values(_complete(table, reach), _complete(given, reach))


def _divide(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def _find_ancestors(parents: Sequence[Sequence[int]]) -> Table:
    """Return which nodes each node belongs to, itself included: bool [nodes, nodes]."""
    reach = np.eye(len(parents), dtype=np.bool_)
    for node, above in enumerate(parents):
        reach[node, list(above)] = True
    while True:
        further = (reach.astype(np.int64) @ reach) > 0
        if (further == reach).all():
            return reach
        reach = further


def _complete(table: Table, reach: Table) -> Table:
    return np.asarray((table.astype(np.int64) @ reach) > 0)

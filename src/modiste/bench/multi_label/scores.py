"""Micro-F1 of a system under several thresholds, each chosen on the validation part, with intervals by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.evaluation import Interval, bootstrap_interval, choose_f1_threshold, choose_f1_thresholds

__all__ = ["THRESHOLDS", "Judged", "answer_commonest", "compare_f1", "find_limits", "judge_scores", "measure_f1"]

THRESHOLDS: Final = ("at .5", "at .75", "one global", "one a label")
Truth = NDArray[np.bool_]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """What a system answers of the test part, by threshold.

    Args:
        name: Of the system.
        answers: Threshold -> bool [n, labels].
        chosen_by: Threshold -> micro-F1 on the validation part, by which the best is chosen.
    """

    name: str
    answers: Mapping[str, Truth]
    chosen_by: Mapping[str, float]

    def find_best(self) -> str:
        """Return the threshold with the highest micro-F1 on the validation part."""
        return max(self.chosen_by, key=lambda name: self.chosen_by[name])


def judge_scores(name: str, validation: tuple[Truth, Scores], test: Scores) -> Judged:
    """Choose thresholds on the validation part, and answer the test part by each.

    Args:
        name: Of the system.
        validation: bool [m, labels] and scores [m, labels] in [0, 1].
        test: [n, labels] in [0, 1].
    """
    limits = find_limits(*validation)
    truth, scores = validation
    return Judged(
        name,
        {kind: test >= limit for kind, limit in limits.items()},
        {kind: measure_f1(truth, scores >= limit).value for kind, limit in limits.items()},
    )


def find_limits(truth: Truth, scores: Scores) -> dict[str, NDArray[np.float64]]:
    """Return threshold -> [labels], the score from which each label is given.

    Args:
        truth: bool [m, labels].
        scores: [m, labels] in [0, 1].

    Example:
        >>> found = find_limits(np.array([[True], [False]]), np.array([[0.4], [0.2]], np.float32))
        >>> found["one global"].round(4).tolist(), found["at .75"].tolist()
        ([0.3], [0.75])
    """
    labels = [str(at) for at in range(truth.shape[1])]
    everything, _ = choose_f1_threshold(truth.ravel(), scores.ravel())
    own = choose_f1_thresholds(truth, scores, labels)
    found = (0.5, 0.75, everything, [own[label] for label in labels])
    limits = (np.broadcast_to(np.asarray(limit, np.float64), (len(labels),)) for limit in found)
    return dict(zip(THRESHOLDS, limits, strict=True))


def answer_commonest(train: Truth, validation: Truth, rows: int) -> tuple[int, Truth]:
    """Return the answer of a system that gives every picture the same labels, the commonest ones of the training part.

    Args:
        train: bool [m, labels].
        validation: Decides how many labels are given.
        rows: How many rows to answer.

    Returns:
        How many labels are given, and bool [rows, labels].
    """
    order = np.argsort(-train.sum(axis=0), kind="stable")

    def give(count: int, rows: int) -> Truth:
        answer = np.zeros((rows, train.shape[1]), np.bool_)
        answer[:, order[:count]] = True
        return answer

    counts = range(1, min(len(order), 50) + 1)
    best = max(counts, key=lambda count: measure_f1(validation, give(count, len(validation))).value)
    return best, give(best, rows)


def measure_f1(
    truth: Truth, answer: Truth, *, groups: NDArray[np.int64] | None = None, replicates: int = 0
) -> Interval:
    """Return micro-F1, with its interval where replicates are asked for.

    Args:
        truth: bool [n, labels].
        answer: bool [n, labels].
        groups: [n]; rows of equal value are drawn together.
        replicates: Bootstrap draws; 0: the figure alone.

    Example:
        >>> measure_f1(np.array([[True, False], [True, True]]), np.array([[True, True], [True, False]])).value
        0.6666666666666666
    """
    counts = _count(truth, answer)
    if not replicates:
        value = _f1(counts, np.ones(len(truth)))
        return Interval(value, value, value)
    return bootstrap_interval(lambda weights: _f1(counts, weights), len(truth), groups=groups, replicates=replicates)


def compare_f1(truth: Truth, first: Truth, second: Truth, *, groups: NDArray[np.int64], replicates: int) -> Interval:
    """Return how much higher the first answer's micro-F1 is, with a paired bootstrap interval over whole groups."""
    one, two = _count(truth, first), _count(truth, second)
    return bootstrap_interval(
        lambda weights: _f1(one, weights) - _f1(two, weights), len(truth), groups=groups, replicates=replicates
    )


def _count(truth: Truth, answer: Truth) -> NDArray[np.float64]:
    """Return [2, n]: the labels that are right of each row, and the sum of those that are true and those given."""
    return np.stack([(truth & answer).sum(axis=1), truth.sum(axis=1) + answer.sum(axis=1)]).astype(np.float64)


def _f1(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    hits, both = counts @ weights
    return float(2 * hits / both) if both else 0.0

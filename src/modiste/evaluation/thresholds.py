"""From which score on a value of a multi field is given: one threshold a value, fitted on the validation part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_truths

__all__ = ["choose_f1_threshold", "choose_f1_thresholds"]

_UNSEEN = 0.5


def choose_f1_threshold(truth: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """Return the threshold with the highest F1 of one value, and that F1.

    Of equal F1 the higher threshold wins, which answers less. The threshold stands half-way between the lowest
    score it keeps and the highest it drops, so that rounding changes no answer.

    Args:
        truth: bool [n]; the row has the value.
        scores: float [n]; a row is answered where its score is at least the threshold.

    Returns:
        Threshold and F1; 0.5 and nan where no row has the value.

    Raises:
        ValueError: The shapes differ or there are no rows.

    Example:
        >>> choose_f1_threshold([True, True, False], [0.9, 0.4, 0.2])
        (0.30000000000000004, 1.0)
    """
    column, ranked = read_truths(truth, "true values"), read_floats(scores, "scores")
    if column.ndim != 1 or column.shape != ranked.shape or not len(column):
        raise ValueError(f"expected truth [n] and scores [n] with rows; given {column.shape} and {ranked.shape}")
    if not column.any():
        return _UNSEEN, float("nan")
    order = np.argsort(-ranked, kind="stable")
    falling = ranked[order]
    cuts = np.flatnonzero(np.append(np.diff(falling) != 0, True))
    f1 = 2 * np.cumsum(column[order])[cuts] / (cuts + 1 + column.sum())
    best = int(np.argmax(f1))
    return _halve(falling, int(cuts[best])), float(f1[best])


def choose_f1_thresholds(truth: ArrayLike, scores: ArrayLike, values: Sequence[str]) -> dict[str, float]:
    """Return value -> the threshold with the highest F1, for the ``thresholds`` of a bundle.

    Args:
        truth: bool [n, values]; only rows whose labels are known.
        scores: float [n, values].
        values: The names of the columns, in label order.

    Raises:
        ValueError: The shapes differ or do not fit the values.

    Example:
        >>> choose_f1_thresholds([[True], [False]], [[0.75], [0.25]], ["striped"])
        {'striped': 0.5}
    """
    table, ranked = read_truths(truth, "true values"), read_floats(scores, "scores")
    if table.ndim != 2 or table.shape != ranked.shape or table.shape[1] != len(values):
        raise ValueError(f"expected [n, {len(values)}] for truth and scores; given {table.shape} and {ranked.shape}")
    return {name: choose_f1_threshold(table[:, i], ranked[:, i])[0] for i, name in enumerate(values)}


def _halve(falling: NDArray[np.float64], last: int) -> float:
    kept = float(falling[last])
    return kept if last + 1 == len(falling) else (kept + float(falling[last + 1])) / 2

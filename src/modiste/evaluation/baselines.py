"""What no picture is needed for: the answers of systems that only know how often each value occurs in training."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_integers, read_truths

__all__ = ["answer_majority", "answer_majority_given_parent", "answer_majority_multi"]

Labels = NDArray[np.int64]


def answer_majority(training: ArrayLike, rows: int) -> Labels:
    """Return the most frequent class of the training part for every row.

    Args:
        training: int [m]; class indices of the training rows, -1 for unknown.
        rows: How many rows to answer.

    Returns:
        int64 [rows]; all -1 where no training label is known. Of equally frequent classes the lower index wins.

    Example:
        >>> answer_majority([2, 2, 0, -1], rows=2).tolist()
        [2, 2]
    """
    seen = _known(training)
    return np.full(rows, int(np.bincount(seen).argmax()) if len(seen) else -1, dtype=np.int64)


def answer_majority_given_parent(child: ArrayLike, parent: ArrayLike, given: ArrayLike) -> Labels:
    """Return for every row the class that is most frequent in training among the rows with its parent class.

    Args:
        child: int [m]; class indices of the training rows, -1 for unknown.
        parent: int [m]; their parent's class indices, -1 for unknown.
        given: int [n]; the parent's class of the rows to answer. With the true one this is an oracle.

    Returns:
        int64 [n]; the overall majority where the parent class is unknown or unseen.

    Raises:
        ValueError: The training columns differ in length.

    Example:
        >>> answer_majority_given_parent([0, 0, 1, 2, 2], [0, 0, 0, 1, 1], [1, 0, -1]).tolist()
        [2, 0, 0]
    """
    children, parents = read_integers(child, "labels"), read_integers(parent, "parents")
    if children.shape != parents.shape:
        raise ValueError(f"expected one parent a row; given {children.shape} and {parents.shape}")
    asked = read_integers(given, "parents")
    answers = answer_majority(children, len(asked))
    for value in np.unique(asked[asked >= 0]):
        under = _known(children[parents == value])
        if len(under):
            answers[asked == value] = int(np.bincount(under).argmax())
    return answers


def answer_majority_multi(training: ArrayLike, rows: int) -> NDArray[np.bool_]:
    """Return for every row the values that more than half of the training rows have, or else the most frequent one.

    Args:
        training: bool [m, values].
        rows: How many rows to answer.

    Returns:
        bool [rows, values].

    Raises:
        ValueError: The table is not [m, values].

    Example:
        >>> answer_majority_multi([[True, False], [False, False], [False, True]], rows=1).tolist()
        [[True, False]]
    """
    table = read_truths(training, "labels")
    if table.ndim != 2:
        raise ValueError(f"expected a table [m, values]; given {table.shape}")
    share = table.mean(axis=0) if len(table) else np.zeros(table.shape[1])
    answer = share > 0.5
    if not answer.any() and share.max(initial=0) > 0:
        answer[int(share.argmax())] = True
    return np.tile(answer, (rows, 1))


def _known(labels: ArrayLike) -> Labels:
    column = read_integers(labels, "labels")
    return column[column >= 0]

"""The k largest of many approximate scores, without sorting or partitioning them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_rounding", "select_largest"]

_COLUMNS_EACH = 32  # maxima for each of the k: the k-th of them is then close to the k-th of all
_FEWEST_COLUMNS = 512
_UNIT = 2.0**-24  # half a step of float32 at 1


def find_rounding(dimension: int, norm: float) -> float:
    """Return how far a float32 dot product can lie from the true one, whatever the order of its sum.

    The bound is d u / (1 - d u) |x| |y| with u the unit roundoff (Higham, Accuracy and Stability of Numerical
    Algorithms, 2nd edition, 3.5), for rows of unit length within 1e-3.

    Args:
        dimension: The width of the vectors.
        norm: The length of the query.
    """
    steps = dimension * _UNIT
    return 1.001 * steps / (1 - steps) * norm


def select_largest(scores: NDArray[np.float32], k: int, margin: float) -> NDArray[np.int64]:
    """Return the places of all scores that may be among the k largest, given that each is off by up to a margin.

    The scores are looked at as a table of which column maxima are taken; the k-th largest maximum is at most the k-th
    largest score, so everything that counts lies above it. Both passes run at the speed of memory, which
    `numpy.argpartition` does not.

    Args:
        scores: float32 [n]; -inf is never selected.
        k: At least 1.
        margin: The largest error of a score.

    Returns:
        int64 [m] ascending; m is little above k unless many scores are equal within the margin.

    Example:
        >>> select_largest(np.array([0.1, 0.9, 0.5, 0.8], np.float32), 2, 0.01).tolist()
        [1, 3]
        >>> select_largest(np.array([-np.inf, 0.9, -np.inf], np.float32), 2, 0.01).tolist()
        [1]
    """
    columns = max(_FEWEST_COLUMNS, _COLUMNS_EACH * k)
    count = len(scores) // columns
    if count >= 2:
        maxima = scores[: count * columns].reshape(count, columns).max(axis=0)
        maxima = np.concatenate([maxima, scores[count * columns :]])
    else:
        maxima = scores
    if k >= len(maxima):
        return np.flatnonzero(scores > -np.inf)
    bound = np.partition(maxima, len(maxima) - k)[len(maxima) - k]
    if bound == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    return np.flatnonzero(scores >= np.nextafter(np.float32(bound - 2 * margin), np.float32(-np.inf)))

"""Diversity: answers that resemble the query, but not each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["diversify"]


def diversify(values: NDArray[np.float32], vectors: NDArray[np.float32], diversity: float) -> NDArray[np.int64]:
    """Order answers by maximal marginal relevance.

    The next answer is always the one with the highest ``(1 - diversity) * value - diversity * nearest``, where nearest
    is its highest cosine with an answer before it.

    Args:
        values: [n], how well each answers the query, in about [-1, 1].
        vectors: [n, d] of unit length.
        diversity: 0, the order of the values, to 1, as unlike each other as can be; the first is the best in any case.

    Returns:
        int64 [n]: the places of the answers in their new order; any start of it is what fewer answers would give.

    Reference:
        Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
        Summaries", SIGIR 1998.

    Example:
        >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
        >>> diversify(np.array([0.9, 0.8, 0.5], np.float32), vectors, 0.5).tolist()
        [0, 2, 1]
    """
    alike = vectors @ vectors.T  # [n, n]
    order = np.empty(len(values), np.int64)
    left = np.ones(len(values), bool)
    nearest = np.zeros(len(values), np.float32)
    for place in range(len(values)):
        gain = values if place == 0 else (1 - diversity) * values - diversity * nearest
        best = int(np.argmax(np.where(left, gain, -np.inf)))
        order[place], left[best] = best, False
        nearest = alike[best] if place == 0 else np.maximum(nearest, alike[best])
    return order

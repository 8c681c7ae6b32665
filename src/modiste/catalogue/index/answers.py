"""Answers of an index: rows with exact cosines, in one order for every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Neighbours", "Rows", "pad_answers", "rank_rows", "score_rows"]

Rows = NDArray[np.int64]
_BLOCK = 4096  # rows that are scored at once: 8 MB of float64 at a width of 256


class Neighbours(NamedTuple):
    """The nearest rows of q queries, the best first, ties by row.

    ``rows`` int64 [q, k], -1 where there are fewer than k; ``scores`` float32 [q, k], higher is better, -inf there.
    """

    rows: Rows
    scores: NDArray[np.float32]


def score_rows(vectors: NDArray[np.float32], rows: Rows, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the dot products of some rows with a query, rounded once: the same numbers whatever asks for them.

    Products of float32 are exact in float64, and their sum is far closer to the truth than float32 can tell, so that
    no block size, thread or kind of index shows in a score.

    Args:
        vectors: float32 [n, d].
        rows: int64 [m].
        query: float32 [d].

    Returns:
        float32 [m].
    """
    wide = query.astype(np.float64)
    if len(rows) <= _BLOCK:
        return _score(vectors, rows, wide)
    blocks = [_score(vectors, rows[start : start + _BLOCK], wide) for start in range(0, len(rows), _BLOCK)]
    return np.concatenate(blocks)


def rank_rows(
    vectors: NDArray[np.float32], rows: Rows, query: NDArray[np.float32], k: int
) -> tuple[Rows, NDArray[np.float32]]:
    """Return the best k of some distinct rows with their exact scores, the best first, ties by row."""
    scores = score_rows(vectors, rows, query)
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def pad_answers(answers: Sequence[tuple[Rows, NDArray[np.float32]]], k: int) -> Neighbours:
    """Return answers of up to k rows each as arrays [q, k]."""
    if len(answers) == 1 and len(answers[0][0]) == k:
        rows, scores = answers[0]
        return Neighbours(rows[None], scores[None])
    padded = Neighbours(np.full((len(answers), k), -1, np.int64), np.full((len(answers), k), -np.inf, np.float32))
    for place, (rows, scores) in enumerate(answers):
        padded.rows[place, : len(rows)] = rows
        padded.scores[place, : len(rows)] = scores
    return padded


def _score(vectors: NDArray[np.float32], rows: Rows, wide: NDArray[np.float64]) -> NDArray[np.float32]:
    # Each row is summed up alone, in the order of its numbers: a product of matrices may sum up in another order.
    scores: NDArray[np.float64] = np.einsum("md,d->m", vectors.take(rows, axis=0).astype(np.float64), wide)
    return scores.astype(np.float32)

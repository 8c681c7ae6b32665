"""How good a search is: what stands at the head of its rankings, one figure a query.

A ranking is a row of relevances, bool [n], the best answer first. A query for which nothing is relevant can't be
answered well or badly: its figures are nan (`RetrievalScores.answerable`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_truths

__all__ = ["RetrievalScores", "rank_gallery", "score_rankings", "score_retrieval"]

_CHUNK = 512  # queries that are ranked at a time: 512 rankings of 40,000 items take 160 MB


@dataclass(frozen=True)
class RetrievalScores:
    """Figures of q queries, each float64 [q] in [0, 1], higher is better; nan where nothing is relevant.

    Args:
        precision: The share of the first k answers that is relevant.
        hit: 1 where at least one of the first k is relevant ("R@k" where one answer is sought), else 0.
        recall: The share of what is relevant that the first k answers hold.
        average_precision: The mean of the precisions at each relevant answer, over the whole ranking.
        reciprocal_rank: 1 divided by the place of the first relevant answer.
    """

    precision: NDArray[np.float64]
    hit: NDArray[np.float64]
    recall: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    reciprocal_rank: NDArray[np.float64]

    @property
    def answerable(self) -> NDArray[np.bool_]:
        """The queries for which something is relevant, bool [q]."""
        return np.isfinite(self.average_precision)


def score_rankings(relevant: ArrayLike, *, k: int = 10) -> RetrievalScores:
    """Score rankings.

    Args:
        relevant: bool [q, n]; each row a ranking, the best answer first.
        k: How many answers are looked at; where the ranking is shorter, the missing ones count as wrong.

    Raises:
        ValueError: ``k`` is below 1, or the table is not [q, n].

    Example:
        >>> scores = score_rankings([[True, False, True], [False, False, True]], k=2)
        >>> scores.precision.tolist(), scores.reciprocal_rank.round(2).tolist()
        ([0.5, 0.0], [1.0, 0.33])
        >>> scores.average_precision.round(2).tolist()
        [0.83, 0.33]

    Reference:
        C. D. Manning, P. Raghavan and H. Schütze, "Introduction to Information Retrieval" (2008), chapter 8.4.
    """
    table = read_truths(relevant, "what is relevant")
    if table.ndim != 2 or k < 1:
        raise ValueError(f"expected rankings [q, n] and k of at least 1; given {list(table.shape)} and k={k}")
    total = table.sum(axis=1)
    some = total > 0
    hits = table[:, :k].sum(axis=1)
    found = np.cumsum(table, axis=1)
    precisions = found / np.arange(1, table.shape[1] + 1)
    asked = np.maximum(total, 1)
    first = table.argmax(axis=1) if table.shape[1] else np.zeros(len(table), np.int64)
    figures = RetrievalScores(
        precision=hits / k,
        hit=(hits > 0).astype(np.float64),
        recall=hits / asked,
        average_precision=(precisions * table).sum(axis=1) / asked,
        reciprocal_rank=1.0 / (first + 1),
    )
    return RetrievalScores(
        **{entry.name: np.where(some, getattr(figures, entry.name), np.nan) for entry in fields(figures)}
    )


def rank_gallery(
    queries: NDArray[np.float32], gallery: NDArray[np.float32], *, own: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Order a gallery for each query by the inner product, highest first; of equal ones the lower row comes first.

    Args:
        queries: float32 [q, width].
        gallery: float32 [n, width].
        own: int64 [q], the row of the gallery that is the query itself and is no answer; -1 where it is not there.

    Returns:
        int64 [q, n], or [q, n - 1] where ``own`` is given: then a query that is not in the gallery loses its last.

    Raises:
        ValueError: A number is none, or infinite.

    Example:
        >>> items = np.eye(3, dtype=np.float32)
        >>> rank_gallery(items[:1], items, own=np.array([0])).tolist()
        [[1, 2]]
    """
    scores = queries @ gallery.T
    if not np.isfinite(scores).all():
        raise ValueError("queries and gallery must be finite numbers; leave out rows that are not")
    if own is None:
        return np.argsort(-scores, axis=1, kind="stable")
    inside = np.flatnonzero(own >= 0)
    scores[inside, own[inside]] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :-1]


def score_retrieval(
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    *,
    find_relevant: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
    own: NDArray[np.int64] | None = None,
    k: int = 10,
) -> RetrievalScores:
    """Rank a gallery for each query and score the rankings, some hundred queries at a time.

    Args:
        queries: float32 [q, width].
        gallery: float32 [n, width].
        find_relevant: Positions of queries, int64 [m] -> bool [m, n]: which items of the gallery are relevant.
        own: As for `rank_gallery`.
        k: As for `score_rankings`.

    Example:
        >>> items, kinds = np.eye(3, dtype=np.float32), np.array([0, 1, 0])
        >>> same = lambda rows: kinds[rows][:, None] == kinds
        >>> score_retrieval(items, items, find_relevant=same, own=np.arange(3), k=1).hit.tolist()
        [0.0, nan, 1.0]
    """
    parts = []
    for start in range(0, len(queries), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(queries)))
        order = rank_gallery(queries[rows], gallery, own=None if own is None else own[rows])
        parts.append(score_rankings(np.take_along_axis(find_relevant(rows), order, axis=1), k=k))
    return _build(lambda name: np.concatenate([np.empty(0), *(getattr(part, name) for part in parts)]))


def _build(make: Callable[[str], NDArray[np.float64]]) -> RetrievalScores:
    return RetrievalScores(**{entry.name: make(entry.name) for entry in fields(RetrievalScores)})

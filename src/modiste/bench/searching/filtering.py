"""What filters cost and lose."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.bench.searching.measuring import Ground, K, time_search
from modiste.bench.searching.methods import Search
from modiste.catalogue.index import ExactIndex, VectorIndex
from modiste.catalogue.index.answers import Rows
from modiste.catalogue.index.threads import use_threads

__all__ = ["SHARES", "Filtered", "measure_filters", "measure_product"]

SHARES = (0.01, 0.1, 0.9)
_ROUNDS = 7
_QUERIES = 40


@dataclass(frozen=True)
class Filtered:
    """Search under a filter.

    Args:
        kind: The index's kind.
        share: Of the rows that are kept.
        recall: recall@10 against brute force over the kept rows.
        cost: Time of a query, times that of unfiltered exact search: each round's ratio.
    """

    kind: str
    share: float
    recall: float
    cost: tuple[float, ...]


def measure_filters(ground: Ground, indices: Sequence[VectorIndex]) -> list[Filtered]:
    """Measure each index under masks that keep 1, 10 and 90 per cent of the rows, drawn at random."""
    queries = ground.queries[:_QUERIES]
    found = []
    for share in SHARES:
        keep = np.random.default_rng(7).random(len(ground.vectors)) < share
        wanted = np.stack([_search_naively(ground, query, keep) for query in queries])
        for index in indices:
            rows = index.search(queries, K, keep=keep).rows
            hits = sum(len(set(one) & set(other)) for one, other in zip(rows.tolist(), wanted.tolist(), strict=True))
            ratios = _time_pairs(_search(ExactIndex(ground.vectors, 1)), _search(index, keep), queries)
            found.append(Filtered(index.kind, share, hits / wanted.size, ratios))
    return found


def measure_product(ground: Ground) -> dict[int | None, tuple[float, ...]]:
    """Time exact search beside the bare product of numpy: threads -> each round's ratio; None is numpy's own choice."""
    vectors = np.asarray(ground.vectors)
    ratios = {}
    for threads in (1, 2, None):
        with use_threads(threads):
            ratios[threads] = _time_pairs(
                lambda queries, _: np.asarray(vectors @ queries[0]),
                _search(ExactIndex(vectors, threads)),
                ground.queries[:_QUERIES],
            )
    return ratios


def _search(index: VectorIndex, keep: NDArray[np.bool_] | None = None) -> Search:
    return lambda queries, k: index.search(queries, k, keep=keep).rows


def _time_pairs(bare: Search, own: Search, queries: NDArray[np.float32]) -> tuple[float, ...]:
    """Return how many times longer one way takes than the other, round after round."""
    ratios = []
    for _ in range(_ROUNDS):
        slow = statistics.median(time_search(bare, queries))
        ratios.append(statistics.median(time_search(own, queries)) / slow)
    return tuple(ratios)


def _search_naively(ground: Ground, query: NDArray[np.float32], keep: NDArray[np.bool_]) -> Rows:
    """Return the ten best kept rows by a full sort, in float64."""
    rows = np.flatnonzero(keep)
    scores = np.concatenate(
        [ground.vectors[some].astype(np.float64) @ query for some in np.array_split(rows, max(1, len(rows) // 50_000))]
    ).astype(np.float32)
    best: Rows = rows[np.lexsort((rows, -scores))[:K]]
    return best

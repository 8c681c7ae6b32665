"""The naive reference: every product in float64, rounded once, sorted by score and row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def search_naively(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int, keep: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows = np.full((len(queries), k), -1, np.int64)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    for place, query in enumerate(queries):
        allowed = [row for row in range(len(vectors)) if keep is None or keep[row]]
        said = {row: np.float32(np.sum(vectors[row].astype(np.float64) * query.astype(np.float64))) for row in allowed}
        best = sorted(allowed, key=lambda row: (-said[row], row))[:k]
        rows[place, : len(best)] = best
        scores[place, : len(best)] = [said[row] for row in best]
    return rows, scores


def draw_clusters(n: int, dimension: int, *, seed: int, clusters: int = 40, spread: float = 0.6) -> NDArray[np.float32]:
    """Draw vectors of unit length around centres, as products lie around their types."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, dimension))
    drawn = centres[rng.integers(clusters, size=n)] + spread * rng.standard_normal((n, dimension))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def measure_recall(found: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """Return the share of wanted rows that were found."""
    hits = sum(len(set(one) & set(other)) for one, other in zip(found.tolist(), wanted.tolist(), strict=True))
    return hits / wanted.size

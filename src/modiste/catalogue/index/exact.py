"""Exact search: one product with every vector, and a cheap choice of the largest."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.answers import Neighbours, Rows, pad_answers, rank_rows
from modiste.catalogue.index.checking import check_keep, check_queries, check_vectors
from modiste.catalogue.index.saving import write_index
from modiste.catalogue.index.selecting import find_rounding, select_largest
from modiste.catalogue.index.threads import use_threads

__all__ = ["ExactIndex"]

_GATHERED_SHARE = 4  # below a quarter of the rows it is cheaper to fetch the kept ones than to score all
_GATHERED_ROWS = 512  # fetched at once: 0.5 MB at a width of 256, which stays in the cache of a core
_BLOCK_BYTES = 64_000_000  # of the scores of one block of queries


@dataclass(frozen=True, eq=False)
class ExactIndex:
    """Compares a query with every vector.

    Args:
        vectors: float32 [n, d] of unit length, in memory or mapped; they are not copied.
        threads: Of a search; None leaves it to numpy.

    Raises:
        UsageError: The vectors are not float32 [n, d].

    Example:
        >>> points = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
        >>> ExactIndex(points).search(points[:1], 2).rows.tolist()
        [[0, 1]]
    """

    vectors: NDArray[np.float32]
    threads: int | None = None

    def __post_init__(self) -> None:
        check_vectors(self.vectors)
        object.__setattr__(
            self, "vectors", np.asarray(self.vectors)
        )  # plain, also where it is mapped: quicker to touch

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return "exact"

    @property
    def size(self) -> int:
        """How many rows it knows."""
        return len(self.vectors)

    @property
    def nbytes(self) -> int:
        """Nothing: it holds only the vectors that it was given."""
        return 0

    def search(self, queries: NDArray[np.float32], k: int, *, keep: NDArray[np.bool_] | None = None) -> Neighbours:
        """Find the nearest rows of q queries; see `VectorIndex.search`."""
        queries = check_queries(queries, k, self.vectors.shape[1])
        check_keep(keep, self.size)
        with use_threads(self.threads):
            return self._search(queries, k, keep)

    def with_threads(self, threads: int | None) -> ExactIndex:
        """Return the same index, searched by another number of threads; nothing is copied."""
        return dataclasses.replace(self, threads=threads)

    def save(self, path: Path) -> None:
        """Write a file that says that the search is exact; it holds no vectors."""
        write_index(path, self.kind, self.vectors)

    def _search(self, queries: NDArray[np.float32], k: int, keep: NDArray[np.bool_] | None) -> Neighbours:
        rows = None
        if keep is not None and np.count_nonzero(keep) * _GATHERED_SHARE < self.size:
            rows = np.flatnonzero(keep)
        width = self.size if rows is None else len(rows)
        block = max(1, _BLOCK_BYTES // (4 * max(1, width)))
        answers = []
        for start in range(0, len(queries), block):
            some = queries[start : start + block]
            scores = self._score_all(some, keep) if rows is None else self._score_gathered(some, rows)
            answers += [self._choose(query, line, rows, k) for query, line in zip(some, scores, strict=True)]
        return pad_answers(answers, k)

    def _score_all(self, queries: NDArray[np.float32], keep: NDArray[np.bool_] | None) -> NDArray[np.float32]:
        """Return roughly rounded scores [q, n]; -inf where a row is not kept."""
        scores = (self.vectors @ queries[0])[None] if len(queries) == 1 else queries @ self.vectors.T
        if keep is not None:
            np.copyto(scores, -np.inf, where=~keep)
        return scores

    def _score_gathered(self, queries: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """Return roughly rounded scores [q, m] of some rows."""
        scores = np.empty((len(queries), len(rows)), np.float32)
        for start in range(0, len(rows), _GATHERED_ROWS):
            stop = start + _GATHERED_ROWS
            np.matmul(queries, self.vectors.take(rows[start:stop], axis=0).T, out=scores[:, start:stop])
        return scores

    def _choose(
        self, query: NDArray[np.float32], scores: NDArray[np.float32], rows: Rows | None, k: int
    ) -> tuple[Rows, NDArray[np.float32]]:
        margin = find_rounding(len(query), float(np.linalg.norm(query)))
        found = select_largest(scores, k, margin)
        return rank_rows(self.vectors, found if rows is None else rows[found], query, k)

"""An index and what came after it: new rows are searched exactly, dead ones are never answered."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.answers import Neighbours, pad_answers
from modiste.catalogue.index.checking import check_keep, check_queries
from modiste.catalogue.index.exact import ExactIndex
from modiste.catalogue.index.vector_index import VectorIndex
from modiste.errors import UsageError

__all__ = ["MergedIndex"]

_SPARE = 8  # rows asked for above k, in case that some of them are dead


@dataclass(frozen=True, eq=False)
class MergedIndex:
    """An index over the first rows, exact search over the others, and neither answers dead rows.

    Making one costs nothing, so that a new one is made whenever rows were added or died.

    Args:
        base: The index of rows 0 to base.size - 1.
        vectors: float32 [n, d]; those from base.size on are the tail. It may also be the tail alone, see ``tail_only``.
        alive: bool [n]; False where a row must not be answered.
        threads: Of the search of the tail; None leaves it to numpy.
        tail_only: ``vectors`` holds only the rows from base.size on, [n - base.size, d].

    Raises:
        UsageError: The lengths do not fit each other.

    Example:
        >>> points = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
        >>> merged = MergedIndex(ExactIndex(points[:2]), points, np.array([True, False, True]))
        >>> merged.search(points[:1], 2).rows.tolist()
        [[0, 2]]
    """

    base: VectorIndex
    vectors: NDArray[np.float32]
    alive: NDArray[np.bool_]
    threads: int | None = None
    tail_only: bool = False

    def __post_init__(self) -> None:
        check_keep(self.alive, self.size)
        if len(self.vectors) + (self.base.size if self.tail_only else 0) != self.size or self.size < self.base.size:
            raise UsageError(
                f"an index of {self.base.size} rows was given {len(self.vectors)} vectors "
                f"{'after them' if self.tail_only else 'in all'} and a mask of {self.size}; expected as many"
            )

    @property
    def kind(self) -> str:
        """The name of the base's kind."""
        return self.base.kind

    @property
    def size(self) -> int:
        """How many rows there are, dead ones included."""
        return len(self.alive)

    @property
    def nbytes(self) -> int:
        """Bytes that the base holds besides the vectors."""
        return self.base.nbytes

    @property
    def tail(self) -> NDArray[np.float32]:
        """The vectors of the rows that the base does not know."""
        return self.vectors if self.tail_only else self.vectors[self.base.size :]

    def search(self, queries: NDArray[np.float32], k: int, *, keep: NDArray[np.bool_] | None = None) -> Neighbours:
        """Find the nearest living rows of q queries; see `VectorIndex.search`."""
        queries = check_queries(queries, k, self.vectors.shape[1])
        check_keep(keep, self.size)
        known = self.base.size
        parts = []
        if known:
            parts.append(self._search_base(queries, k, None if keep is None else (keep & self.alive)[:known]))
        if known < self.size or not known:
            mask = self.alive[known:] if keep is None else keep[known:] & self.alive[known:]
            found = ExactIndex(self.tail, self.threads).search(queries, k, keep=None if mask.all() else mask)
            parts.append(Neighbours(np.where(found.rows < 0, -1, found.rows + known), found.scores))
        return parts[0] if len(parts) == 1 else _merge(parts, k)

    def with_threads(self, threads: int | None) -> MergedIndex:
        """Return the same index, searched by another number of threads; nothing is copied."""
        return dataclasses.replace(self, base=self.base.with_threads(threads), threads=threads)

    def save(self, path: Path) -> None:
        """Write the base, as it is; what came after it is the catalogue's to keep."""
        self.base.save(path)

    def _search_base(self, queries: NDArray[np.float32], k: int, keep: NDArray[np.bool_] | None) -> Neighbours:
        """Search the base; without a filter, ask for a few rows more than needed and drop the dead ones."""
        known = self.base.size
        if keep is not None:
            return self.base.search(queries, k, keep=keep)
        alive = self.alive[:known]
        dead = known - int(np.count_nonzero(alive))
        if not dead:
            return self.base.search(queries, k)
        asked = k + min(dead, max(_SPARE, k // 2))
        found = self.base.search(queries, asked)
        answers, short = _drop_dead(found, alive, k)
        if short.any():
            # So many dead rows lie near these queries that they are searched as if by a filter.
            again = self.base.search(queries[short], k, keep=alive)
            for place, rows, scores in zip(np.flatnonzero(short), again.rows, again.scores, strict=True):
                answers[place] = (rows, scores)
        return pad_answers(answers, k)


def _drop_dead(
    found: Neighbours, alive: NDArray[np.bool_], k: int
) -> tuple[list[tuple[NDArray[np.int64], NDArray[np.float32]]], NDArray[np.bool_]]:
    """Return the living answers of each query, and which queries may lack some."""
    living = (found.rows >= 0) & alive[found.rows]
    answers = [
        (rows[kept][:k], scores[kept][:k]) for rows, scores, kept in zip(found.rows, found.scores, living, strict=True)
    ]
    exhausted = (found.rows < 0).any(axis=1)
    short = np.array([len(rows) < k for rows, _ in answers], dtype=np.bool_)
    return answers, short & ~exhausted


def _merge(parts: list[Neighbours], k: int) -> Neighbours:
    rows = np.concatenate([part.rows for part in parts], axis=1)
    scores = np.concatenate([part.scores for part in parts], axis=1)
    order = np.lexsort((np.where(rows < 0, np.iinfo(np.int64).max, rows), -scores), axis=1)[:, :k]
    return Neighbours(np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1))

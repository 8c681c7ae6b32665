"""Rankings by words, as rows of a gallery: BM25 over any texts, and the fusion of two rankings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.words import FUSION_K, WordIndex, read_query, split_words

__all__ = ["FUSED", "fuse_rankings", "rank_by_words"]

FUSED: Final = 256  # ranks of either list that are fused, as the catalogue does


def rank_by_words(queries: Sequence[str], documents: Sequence[str], *, mend: bool = False) -> NDArray[np.int64]:
    """Rank documents for queries by BM25, those without a word of the query last, in the order of their rows.

    Args:
        queries: q texts.
        documents: n texts.
        mend: Whether the queries' spelling is mended by the documents' words, as the catalogue does.

    Returns:
        int64 [q, n]: rows of documents, best first; and with the words in no document, all rows in their order.

    Example:
        >>> rank_by_words(["blue shirts", "rde tie"], ["Red Tie", "Red Shirt", "Blue Shirt"], mend=True).tolist()
        [[2, 1, 0], [0, 1, 2]]
    """
    index = WordIndex()
    index.add(range(len(documents)), [split_words(document) for document in documents])
    known = index.known_words()
    order = np.empty((len(queries), len(documents)), np.int64)
    for row, query in enumerate(queries):
        words = read_query(query, known).words if mend else split_words(query)
        found = index.search(words, len(documents)).rows
        missed = np.ones(len(documents), np.bool_)
        missed[found] = False
        order[row] = np.concatenate([found, np.flatnonzero(missed)])
    return order


def fuse_rankings(first: NDArray[np.int64], second: NDArray[np.int64], *, depth: int = FUSED) -> NDArray[np.int64]:
    """Fuse two rankings of the same gallery by rank, both counting the same.

    Args:
        first: int64 [q, n], rows of the gallery, best first; it wins where the fused score is equal.
        second: The same, by something else.
        depth: Ranks of either that count; what is beyond in both follows in the order of the first.

    Returns:
        int64 [q, n].

    Reference:
        Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", SIGIR 2009; as `modiste.catalogue.words.fuse_ranks`.

    Example:
        >>> fuse_rankings(np.array([[0, 1, 2]]), np.array([[2, 1, 0]])).tolist()
        [[0, 2, 1]]
    """
    places = np.argsort(first, axis=1, kind="stable")
    scores = _score(places, depth) + _score(np.argsort(second, axis=1, kind="stable"), depth)
    return np.lexsort((places, -scores), axis=1)


def _score(places: NDArray[np.int64], depth: int) -> NDArray[np.float64]:
    return np.where(places < depth, 1.0 / (FUSION_K + 1 + places), 0.0)

"""Postings: which documents have a word, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Postings"]


@dataclass(frozen=True, eq=False)
class Postings:
    """Which documents have a word: those of word w are ``documents[starts[w]:starts[w + 1]]``.

    Args:
        starts: int64 [words + 1].
        documents: int32 [pairs of a word and a document], ascending within a word.
        counts: float32 [pairs]: how often the document has the word.
    """

    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    counts: NDArray[np.float32]

    @classmethod
    def sort(
        cls, words: NDArray[np.int32], documents: NDArray[np.int32], counts: NDArray[np.float32], size: int
    ) -> Postings:
        """Sort pairs of a word and a document, those of a document beside each other, by word.

        Args:
            words: int32 [pairs].
            documents: int32 [pairs].
            counts: float32 [pairs].
            size: How many words there are.

        Example:
            >>> some = Postings.sort(np.array([1, 0, 1]), np.array([0, 1, 1]), np.ones(3, np.float32), 2)
            >>> some.of(1)[0].tolist()
            [0, 1]
        """
        order = np.argsort(words, kind="stable")
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(words, minlength=size), out=starts[1:])
        return cls(starts, documents[order], counts[order])

    def of(self, word: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the documents that have a word, and how often each has it; none for a word that came later."""
        if word >= len(self.starts) - 1:
            return self.documents[:0], self.counts[:0]
        part = slice(self.starts[word], self.starts[word + 1])
        return self.documents[part], self.counts[part]

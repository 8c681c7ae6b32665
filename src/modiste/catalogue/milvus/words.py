"""BM25 in Milvus: an inverted index of sparse vectors finds candidates, and these are scored exactly here."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from modiste.catalogue.backend import Matches
from modiste.catalogue.words import K1, B

__all__ = ["DEEPEST", "WordSearch", "build_sparse", "count_terms"]

DEEPEST: Final = 16_384  # answers that Milvus gives at once
USUAL_LENGTH: Final = 12  # words of an item, for which weights are stored
_SPARE: Final = 16
_SLACK: Final = 1e-5  # of Milvus' float32 sums
_DIMENSIONS: Final = (1 << 32) - 3


def build_sparse(terms: Mapping[str, int]) -> dict[int, float]:
    """Build the sparse vector of an item's words: what BM25 makes of each but for its rarity.

    Args:
        terms: Word -> how often the item has it.

    Returns:
        Dimension -> weight, ``tf / (tf + k1 * (1 - b + b * length / 12))``; words that share a dimension add up. An
        item without words has the dimension 0, which no word has: Milvus keeps no empty vector.

    Example:
        >>> list(build_sparse({"shirt": 1}).values())
        [0.7272727272727273]
    """
    norm = K1 * (1 - B + B * sum(terms.values()) / USUAL_LENGTH)
    weights: dict[int, float] = {}
    for word, count in terms.items():
        place = _find_dimension(word)
        weights[place] = weights.get(place, 0.0) + count / (count + norm)
    return weights or {0: 1.0}


class WordSearch:
    """Finds the items that some words fit best, by BM25 as `modiste.catalogue.words.WordIndex` defines it.

    The stored weights hold for items of 12 words on average. Where the average is another one, a score is at most
    ``max(1, average / 12)`` times what the index says, as ``tf / (tf + norm)`` grows no faster than ``norm`` shrinks;
    so candidates are fetched until none that is left can be among the best.

    Args:
        words: What is looked for.
        having: Word -> how many items have it; what is not in it is had by none.
        items: How many items there are.
        total: How many words all items have.
    """

    def __init__(self, words: Iterable[str], having: Mapping[str, int], items: int, total: int) -> None:
        self._average = total / items if items and total > 0 else 1.0
        there = [(word, min(having[word], items)) for word in dict.fromkeys(words) if word in having]
        self._weights = {word: math.log1p((items - n + 0.5) / (n + 0.5)) for word, n in there}
        self._growth = max(1.0, self._average / USUAL_LENGTH) * (1 + _SLACK)

    @property
    def query(self) -> dict[int, float]:
        """The query as a sparse vector; empty if no item has any of the words."""
        weights: dict[int, float] = {}
        for word, weight in self._weights.items():
            place = _find_dimension(word)
            weights[place] = weights.get(place, 0.0) + weight
        return weights

    def rank(self, hits: Sequence[Mapping[str, Any]], k: int, *, ended: bool) -> Matches | None:
        """Rank candidates by their exact score.

        Args:
            hits: Of Milvus, best first: distance, and an entity with item_id, terms and added.
            k: How many are wanted.
            ended: Whether no others have any of the words.

        Returns:
            The k best of all items, or None if one that is not among the candidates might be one of them.
        """
        scored = [(self.score(hit["entity"]["terms"]), hit["entity"]["added"], hit["item_id"]) for hit in hits]
        best = sorted(((-score, added, item_id) for score, added, item_id in scored if score > 0))[:k]
        if not ended and (len(best) < k or hits[-1]["distance"] * self._growth > -best[-1][0]):
            return None
        return Matches([item_id for _, _, item_id in best], np.asarray([-score for score, _, _ in best], np.float32))

    def score(self, terms: Mapping[str, int]) -> float:
        """Return the score of an item with some words."""
        norm = K1 * (1 - B + B * sum(terms.values()) / self._average)
        return sum(
            weight * terms[word] / (terms[word] + norm) for word, weight in self._weights.items() if word in terms
        )

    @staticmethod
    def count_first(k: int) -> int:
        """Return how many candidates to fetch at first."""
        return min(k + _SPARE, DEEPEST)


def count_terms(words: Iterable[str]) -> dict[str, int]:
    """Count the words of an item."""
    return dict(Counter(words))


def _find_dimension(word: str) -> int:
    """Return the dimension of a word, 1 or more; of a million words some hundred share one."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) % _DIMENSIONS + 1

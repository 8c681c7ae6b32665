"""A catalogue in memory, and everything that is asked of it answered by looking at every item: the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from modiste.catalogue.backend import CatalogueHead, CatalogueInfo, ItemChange, Matches
from modiste.catalogue.facets import FacetValue
from modiste.catalogue.filters import Filter, matches_item
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words import WordIndex, list_item_words
from modiste.taxonomy import Taxonomy

__all__ = ["BruteBackend", "make_head", "normalise"]


def normalise(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def make_head(size: int, fingerprint: str = "f" * 64, taxonomy: Taxonomy | None = None) -> CatalogueHead:
    return CatalogueHead(fingerprint, "made for tests", size, taxonomy or Taxonomy(()))


class BruteBackend:
    def __init__(self, head: CatalogueHead, items: Sequence[CatalogueItem] = (), vectors: np.ndarray = ()) -> None:
        self.head = head
        self.items: dict[str, CatalogueItem] = {}
        self.vectors: dict[str, np.ndarray] = {}
        self.put(items, vectors)

    def describe(self) -> CatalogueInfo:
        return CatalogueInfo(self.head, len(self.items), {}, "exact", "shop.catalogue")

    def put(self, items: Sequence[CatalogueItem], vectors: np.ndarray) -> None:
        self.items |= {item.item_id: item for item in items}
        self.vectors |= {item.item_id: vector for item, vector in zip(items, vectors, strict=True)}

    def patch(self, changes: Sequence[ItemChange]) -> list[str]:
        raise NotImplementedError

    def remove(self, item_ids: Sequence[str]) -> int:
        return sum(self.items.pop(name, None) is not None for name in item_ids)

    def get(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        return {name: self.items[name] for name in item_ids if name in self.items}

    def get_vectors(self, item_ids: Sequence[str]) -> dict[str, np.ndarray]:
        return {name: self.vectors[name] for name in item_ids if name in self.items}

    def list_ids(self, where: Filter | None = None) -> list[str]:
        return [name for name, item in self.items.items() if where is None or matches_item(where, item)]

    def iterate(self, size: int = 1024) -> Iterator[tuple[list[CatalogueItem], np.ndarray]]:
        raise NotImplementedError

    def nearest(self, vector: np.ndarray, k: int, *, where: Filter | None = None) -> Matches:
        names = self.list_ids(where)
        scored = sorted(((-float(vector @ self.vectors[name]), place) for place, name in enumerate(names)))[:k]
        return Matches([names[place] for _, place in scored], np.array([-score for score, _ in scored], np.float32))

    def score(self, vector: np.ndarray, item_ids: Sequence[str]) -> np.ndarray:
        there = [float(vector @ self.vectors[name]) if name in self.items else np.nan for name in item_ids]
        return np.array(there, np.float32)

    def match_words(self, words: Sequence[str], k: int, *, where: Filter | None = None) -> Matches:
        names = list(self.items)
        index = WordIndex()
        index.add(range(len(names)), [list_item_words(self.items[name]) for name in names])
        kept = set(self.list_ids(where))
        found = index.search(words, k, keep=np.array([name in kept for name in names], bool))
        return Matches([names[row] for row in found.rows], found.scores)

    def known_words(self) -> Mapping[str, int]:
        return Counter(word for item in self.items.values() for word in set(list_item_words(item)))

    def count_facets(self, names: Sequence[str], *, where: Filter | None = None) -> dict[str, list[FacetValue]]:
        items = [self.items[name] for name in self.list_ids(where)]
        counts = {name: Counter(value for item in items for value in item.values(name)) for name in names}
        return {name: [FacetValue(*pair) for pair in counted.most_common()] for name, counted in counts.items()}

    def close(self) -> None:
        pass

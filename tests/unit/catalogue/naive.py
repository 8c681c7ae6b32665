"""The reference: a catalogue as a dict, every answer by looking at every item. It shares no code with any backend."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from modiste.catalogue import CatalogueHead, CatalogueInfo, CatalogueItem, ItemChange, ItemTag, Matches
from modiste.catalogue.facets import FacetValue, count_facets
from modiste.catalogue.filters import Filter, matches_item, tabulate_items
from modiste.catalogue.words import list_item_words


class NaiveBackend:
    """Everything in memory, in one process, in plain loops."""

    def __init__(self, head: CatalogueHead) -> None:
        self.head = head
        self.items: dict[str, CatalogueItem] = {}
        self.vectors: dict[str, np.ndarray] = {}

    def describe(self) -> CatalogueInfo:
        columns = tabulate_items(list(self.items.values()), fields=self.head.taxonomy.names)
        return CatalogueInfo(self.head, len(self.items), columns.kinds(), "brute force", "memory")

    def put(self, items: Sequence[CatalogueItem], vectors: np.ndarray) -> None:
        for item, vector in zip(items, vectors, strict=True):
            said = list(dict.fromkeys(item.tags))
            old = self.items.get(item.item_id)
            if old is not None:
                again = [tag.field for tag in said if tag.origin == "corrected"]
                said += [tag for tag in old.tags if tag.origin == "corrected" and tag.field not in again]
            self.items[item.item_id] = replace(item, tags=tuple(said), details=_present(item.details))
            self.vectors[item.item_id] = np.asarray(vector, np.float32)

    def patch(self, changes: Sequence[ItemChange]) -> list[str]:
        missing: list[str] = []
        for change in changes:
            if change.item_id in self.items:
                self.items[change.item_id] = _patched(self.items[change.item_id], change)
            elif change.item_id not in missing:
                missing.append(change.item_id)
        return missing

    def remove(self, item_ids: Sequence[str]) -> int:
        there = set(item_ids) & self.items.keys()
        for item_id in there:
            del self.items[item_id], self.vectors[item_id]
        return len(there)

    def get(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        return {item_id: self.items[item_id] for item_id in item_ids if item_id in self.items}

    def get_vectors(self, item_ids: Sequence[str]) -> dict[str, np.ndarray]:
        return {item_id: self.vectors[item_id] for item_id in item_ids if item_id in self.items}

    def list_ids(self, where: Filter | None = None, *, by: str = "added") -> list[str]:
        kept = [item for item in self.items.values() if where is None or matches_item(where, item)]
        if by == "title":
            kept = sorted(kept, key=lambda item: ("~", "") if item.title is None else ("", item.title.casefold()))
        if by in ("price", "-price"):
            known = [item for item in kept if item.price is not None]
            known.sort(key=lambda item: -item.price if by == "-price" else item.price)
            kept = known + [item for item in kept if item.price is None]
        return [item.item_id for item in kept]

    def iterate(self, size: int = 1024) -> Iterator[tuple[list[CatalogueItem], np.ndarray]]:
        ids = list(self.items)
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            yield [self.items[item_id] for item_id in part], np.stack([self.vectors[item_id] for item_id in part])

    def nearest(self, vector: np.ndarray, k: int, *, where: Filter | None = None) -> Matches:
        ids = self.list_ids(where)
        return _best(ids, self.score(vector, ids), k)

    def score(self, vector: np.ndarray, item_ids: Sequence[str]) -> np.ndarray:
        query = np.asarray(vector, np.float64)
        return np.array([query @ self.vectors[one] if one in self.vectors else np.nan for one in item_ids], np.float32)

    def match_words(self, words: Sequence[str], k: int, *, where: Filter | None = None) -> Matches:
        """BM25 as Lucene has it, with k1 = 1.2 and b = 0.75."""
        documents = {item_id: list_item_words(item) for item_id, item in self.items.items()}
        having = self.known_words()
        average = sum(map(len, documents.values())) / max(len(documents), 1)
        ids, scores = [], []
        for item_id in self.list_ids(where):
            document, score = documents[item_id], 0.0
            for word in set(words) & set(document):
                weight = math.log(1 + (len(documents) - having[word] + 0.5) / (having[word] + 0.5))
                count = document.count(word)
                score += weight * count / (count + 1.2 * (1 - 0.75 + 0.75 * len(document) / average))
            if score > 0:
                ids.append(item_id)
                scores.append(score)
        return _best(ids, np.array(scores, np.float32), k)

    def known_words(self) -> Mapping[str, int]:
        return Counter(word for item in self.items.values() for word in set(list_item_words(item)))

    def count_facets(self, names: Sequence[str], *, where: Filter | None = None) -> dict[str, list[FacetValue]]:
        kept = [self.items[item_id] for item_id in self.list_ids(where)]
        return count_facets(tabulate_items(kept, fields=self.head.taxonomy.names), names, None)

    def close(self) -> None:
        pass


def _best(ids: Sequence[str], scores: np.ndarray, k: int) -> Matches:
    order = sorted(range(len(ids)), key=lambda place: -scores[place])[:k]  # stable: of equals, the one added first
    return Matches([ids[place] for place in order], scores[order].astype(np.float32))


def _patched(item: CatalogueItem, change: ItemChange) -> CatalogueItem:
    for name in ("price", "list_price", "variants", "title", "brand"):
        if getattr(change, name) is not None:
            item = replace(item, **{name: getattr(change, name)})
    if change.details is not None:
        item = replace(item, details=_present({**item.details, **change.details}))
    for field, values in (change.corrections or {}).items():
        kept = [tag for tag in item.tags if (tag.field, tag.origin) != (field, "corrected")]
        corrected = [ItemTag(field, value, 1.0, "corrected") for value in dict.fromkeys(values)]
        item = replace(item, tags=(*kept, *corrected))
    return item


def _present(details: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in details.items() if value is not None}

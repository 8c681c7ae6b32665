"""Items as rows of the collection, and what they add to the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters import choose_kind
from modiste.catalogue.filters.milvus_facts import build_facts, encode_text, list_slots
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.milvus.counts import Entry, Scope
from modiste.catalogue.milvus.documents import dump_item
from modiste.catalogue.milvus.keys import write_key
from modiste.catalogue.milvus.words import build_sparse, count_terms
from modiste.catalogue.words import list_item_words

__all__ = ["build_row", "count_entries", "keep_corrections"]


def build_row(item: CatalogueItem, vector: NDArray[np.float32], added: int) -> dict[str, Any]:
    """Build the row of an item.

    Args:
        item: Normalised.
        vector: [embedding size], of unit length.
        added: Rises with every item that is new.
    """
    terms = count_terms(list_item_words(item))
    return {
        "item_id": write_key(item.item_id),
        "added": added,
        "brand": None if item.brand is None else encode_text(item.brand.casefold()),
        "price": item.price,
        "list_price": item.list_price,
        "facts": build_facts(item),
        "terms": terms,
        "document": dump_item(item),
        "vector": vector.tolist(),
        "words": build_sparse(terms),
    }


def count_entries(items: Iterable[CatalogueItem]) -> Counter[Entry]:
    """Count what items add to the counts of a catalogue."""
    counts: Counter[Entry] = Counter()
    for item in items:
        words = list_item_words(item)
        counts[Entry(Scope.TOTAL, "items", "")] += 1
        counts[Entry(Scope.TOTAL, "words", "")] += len(words)
        counts.update({Entry(Scope.WORD, "", word) for word in words})
        counts.update(set(_list_facts(item)))
    return counts


def keep_corrections(item: CatalogueItem, old: CatalogueItem | None) -> CatalogueItem:
    """Return an item with the corrections of the one that it replaces, except of fields that it corrects itself."""
    if old is None:
        return item
    again = {tag.field for tag in item.tags if tag.origin == "corrected"}
    kept = [tag for tag in old.tags if tag.origin == "corrected" and tag.field not in again]
    return replace(item, tags=(*item.tags, *kept)) if kept else item


def _list_facts(item: CatalogueItem) -> Iterator[Entry]:
    for field, values in item.labels.items():
        yield from (Entry(Scope.FIELD, field, value.casefold()) for value in values)
    for name, detail in item.details.items():
        yield Entry(Scope.DETAIL, name, choose_kind([detail]))
        if isinstance(detail, tuple):
            yield from (Entry(Scope.TUPLE, name, value.casefold()) for value in detail)
    for slot, variant in list_slots(item.variants).items():
        yield Entry(Scope.SLOT, slot, variant.size.casefold())

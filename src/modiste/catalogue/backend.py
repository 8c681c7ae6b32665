"""The seam between a catalogue and where it is kept: one protocol, a local and a distributed backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.item import CatalogueItem, Detail, Variant
from modiste.catalogue.ordering import Order
from modiste.taxonomy import Taxonomy

if TYPE_CHECKING:
    from modiste.catalogue.facets import FacetValue
    from modiste.catalogue.filters import Filter

__all__ = ["Backend", "CatalogueHead", "CatalogueInfo", "ItemChange", "Matches"]


@dataclass(frozen=True)
class CatalogueHead:
    """What a catalogue is made for.

    Args:
        fingerprint: Of the bundle whose vectors it holds; queries by another one are refused.
        bundle_name: For people.
        embedding_size: The width of a vector.
        taxonomy: The fields of the bundle.
    """

    fingerprint: str
    bundle_name: str
    embedding_size: int
    taxonomy: Taxonomy


@dataclass(frozen=True)
class CatalogueInfo:
    """What a catalogue says of itself.

    Args:
        head: What it is made for.
        items: How many items it holds.
        columns: The names that filters may use, each with its kind: number, word, words or variant.
        index: The kind of index in use, and why it was chosen, for people.
        place: Where it is kept.
        rebuild: Fingerprint of the bundle that a rebuild under way is for, and how many items it still has to do.
    """

    head: CatalogueHead
    items: int
    columns: Mapping[str, str]
    index: str
    place: str
    rebuild: tuple[str, int] | None = None


@dataclass(frozen=True)
class ItemChange:
    """New metadata of an item whose picture stays as it is; what is None stays too.

    Args:
        item_id: Which item.
        price: What is paid now.
        list_price: The price before a discount.
        variants: All sizes with their stock.
        title: The product's name.
        brand: The maker.
        details: Merged into the item's details; a value of None removes one.
        corrections: Field -> the values that a person says are right; an empty tuple takes a correction back.
    """

    item_id: str
    price: float | None = None
    list_price: float | None = None
    variants: tuple[Variant, ...] | None = None
    title: str | None = None
    brand: str | None = None
    details: Mapping[str, Detail] | None = None
    corrections: Mapping[str, tuple[str, ...]] | None = None


class Matches(NamedTuple):
    """Found items, best first: ``item_ids`` [n] and ``scores`` float32 [n], higher is better."""

    item_ids: list[str]
    scores: NDArray[np.float32]


class Backend(Protocol):
    """Where a catalogue is kept. Whatever returned is seen by the next call of any process, and survives a kill."""

    @property
    def head(self) -> CatalogueHead:
        """What the catalogue is made for now; a rebuild changes it. Cheap: it is asked at each query."""
        ...

    def describe(self) -> CatalogueInfo:
        """Say what is in it."""
        ...

    def put(self, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]) -> None:
        """Insert or replace n items with their vectors [n, embedding size], in one transaction.

        A replaced item keeps its corrections.
        """
        ...

    def patch(self, changes: Sequence[ItemChange]) -> list[str]:
        """Change metadata in one transaction; return the ids that are not there."""
        ...

    def remove(self, item_ids: Sequence[str]) -> int:
        """Remove items in one transaction; return how many were there."""
        ...

    def get(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        """Return those of some items that are there."""
        ...

    def get_vectors(self, item_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those of some items that are there."""
        ...

    def list_ids(self, where: Filter | None = None, *, by: Order = "added") -> list[str]:
        """Return the ids of all items that a filter keeps, in some order; items without a price or title come last.

        Equals are in the order in which they were added.
        """
        ...

    def iterate(self, size: int = 1024) -> Iterator[tuple[list[CatalogueItem], NDArray[np.float32]]]:
        """Yield all items with their vectors, in the order in which they were added, ``size`` at a time."""
        ...

    def nearest(self, vector: NDArray[np.float32], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items whose vectors have the highest cosine with a vector [embedding size] of unit length."""
        ...

    def score(self, vector: NDArray[np.float32], item_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of a vector with each of n items' vectors, float32 [n]; NaN where one is not there."""
        ...

    def match_words(self, words: Sequence[str], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items that some words fit best, by BM25 over title, brand and labels."""
        ...

    def known_words(self) -> Mapping[str, int]:
        """Return every word that items are found by, with the number of items that have it: for mending typos."""
        ...

    def count_facets(self, names: Sequence[str], *, where: Filter | None = None) -> dict[str, list[FacetValue]]:
        """Count the values of some columns among the items that a filter keeps."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...

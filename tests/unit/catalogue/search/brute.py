"""The reference of a backend, filled at once, and vectors of unit length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modiste.catalogue.backend import CatalogueHead
from modiste.catalogue.item import CatalogueItem
from modiste.taxonomy import Taxonomy
from tests.unit.catalogue.naive import NaiveBackend

__all__ = ["BruteBackend", "make_head", "normalise"]


def normalise(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def make_head(size: int, fingerprint: str = "f" * 64, taxonomy: Taxonomy | None = None) -> CatalogueHead:
    return CatalogueHead(fingerprint, "made for tests", size, taxonomy or Taxonomy(()))


class BruteBackend(NaiveBackend):
    def __init__(self, head: CatalogueHead, items: Sequence[CatalogueItem] = (), vectors: np.ndarray = ()) -> None:
        super().__init__(head)
        self.put(items, vectors)

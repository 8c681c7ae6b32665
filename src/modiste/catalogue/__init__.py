"""The catalogue: a shop's items, their vectors and their words, searchable and safe to change meanwhile."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from modiste.catalogue.backend import Backend, CatalogueHead, CatalogueInfo, ItemChange, Matches
from modiste.catalogue.item import ORIGINS, CatalogueItem, Detail, ItemTag, Origin, Variant

if TYPE_CHECKING:
    from modiste.catalogue.catalogue import Catalogue as Catalogue
    from modiste.catalogue.filters import parse_filter as parse_filter
    from modiste.catalogue.loading import LoadSummary as LoadSummary
    from modiste.catalogue.search import Hit as Hit
    from modiste.catalogue.search import Query as Query
    from modiste.catalogue.search import Results as Results

__all__ = [
    "ORIGINS",
    "Backend",
    "Catalogue",
    "CatalogueHead",
    "CatalogueInfo",
    "CatalogueItem",
    "Detail",
    "Hit",
    "ItemChange",
    "ItemTag",
    "LoadSummary",
    "Matches",
    "Origin",
    "Query",
    "Results",
    "Variant",
    "parse_filter",
]

# What brings networks and indexes is imported when it is first used.
_HOMES = {
    "Catalogue": "modiste.catalogue.catalogue",
    "Hit": "modiste.catalogue.search",
    "LoadSummary": "modiste.catalogue.loading",
    "Query": "modiste.catalogue.search",
    "Results": "modiste.catalogue.search",
    "parse_filter": "modiste.catalogue.filters",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'modiste.catalogue' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

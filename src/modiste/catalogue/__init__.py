"""The catalogue: a shop's items, their vectors and their words, searchable and safe to change meanwhile."""

from modiste.catalogue.backend import Backend, CatalogueHead, CatalogueInfo, ItemChange, Matches
from modiste.catalogue.item import ORIGINS, CatalogueItem, ItemTag, Origin, Variant

__all__ = [
    "ORIGINS",
    "Backend",
    "CatalogueHead",
    "CatalogueInfo",
    "CatalogueItem",
    "ItemChange",
    "ItemTag",
    "Matches",
    "Origin",
    "Variant",
]

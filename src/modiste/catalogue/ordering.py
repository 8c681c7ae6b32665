"""The orders in which items can be listed."""

from __future__ import annotations

import math
from typing import Literal

from modiste.catalogue.item import CatalogueItem

__all__ = ["Order", "rank_item"]

Order = Literal["added", "price", "-price", "title"]
"""How items are listed: as they were added, from the cheapest or from the dearest on, or by title without its case."""


def rank_item(item: CatalogueItem, by: Order) -> tuple[bool, float | str]:
    """Return what items are sorted by; those without a price or title come last, and ``"added"`` tells none apart.

    Example:
        >>> rank_item(CatalogueItem("1", price=5.0), "-price"), rank_item(CatalogueItem("1"), "price")
        ((False, -5.0), (True, 0.0))
    """
    if by == "added":
        return False, 0.0
    if by == "title":
        return item.title is None, (item.title or "").casefold()
    missing = item.price is None or math.isnan(item.price)
    price = 0.0 if item.price is None or missing else item.price
    return missing, -price if by == "-price" else price

"""The words of an item: what it is found by."""

from __future__ import annotations

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words.normalising import split_words

__all__ = ["list_item_words"]


def list_item_words(item: CatalogueItem) -> tuple[str, ...]:
    """Return the words that an item is found by, those of its title, brand and labels, doubled ones doubly.

    Example:
        >>> from modiste.catalogue.item import ItemTag
        >>> list_item_words(CatalogueItem("7", title="Blue Finch T-Shirt", tags=(ItemTag("gender", "Men"),)))
        ('blue', 'finch', 'tshirt', 'men')
    """
    labels = [value for values in item.labels.values() for value in values]
    return tuple(word for text in (item.title, item.brand, *labels) if text for word in split_words(text))

"""Items of the catalogue, as they are answered and as they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from modiste.client.pictures import PictureLike
from modiste.client.shapes.problem import Problem

__all__ = ["BulkAnswer", "BulkProblem", "Item", "ItemIn", "ItemList", "ItemPage", "ItemPatch", "ItemTag", "Variant"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A size of an item, and how many pieces are left; None where nobody counts."""

    size: str
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class ItemTag:
    """One value of one field, its confidence in [0, 1], and who says so."""

    field: str
    value: str
    confidence: float
    origin: Literal["corrected", "source", "predicted"]


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of one product, with all that is known of it.

    Args:
        item_id: Unique within the catalogue.
        product_id: The product shown.
        title: The product's name.
        brand: The maker.
        price: What is paid, in the shop's currency.
        list_price: The price before a discount.
        currency: Three letters.
        variants: Sizes with their stock.
        labels: Field -> the values that count.
        tags: What everybody says: the bundle, the shop's table, people.
        details: Anything else, by name.
        picture: Where its picture is, below the server's address; None where it has none there.
    """

    item_id: str
    product_id: str
    title: str | None
    brand: str | None
    price: float | None
    list_price: float | None
    currency: str | None
    variants: tuple[Variant, ...]
    labels: dict[str, tuple[str, ...]]
    tags: tuple[ItemTag, ...]
    details: dict[str, Any]
    picture: str | None

    def values(self, name: str) -> tuple[str, ...]:
        """Return what counts of a field; () if nothing is said of it."""
        return self.labels.get(name, ())


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some items, in the order in which they were added, and what `after` is for the next page."""

    items: tuple[Item, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ItemList:
    """Some items."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ItemIn:
    """What a shop says of an item.

    Args:
        item_id: 1 to 512 letters of any kind that can be printed.
        product_id: The product shown; by default the item itself.
        title: The product's name.
        brand: The maker.
        price: What is paid, in the shop's currency.
        list_price: The price before a discount.
        currency: Three letters.
        variants: Sizes with their stock.
        labels: Field -> values, as the shop's own table says.
        details: Anything else: plain values by name.
        picture: A path, a file's content, a Pillow picture or uint8 [height, width, 3]; a new item needs one, an item
            that is there keeps its own without.
    """

    item_id: str
    product_id: str | None = None
    title: str | None = None
    brand: str | None = None
    price: float | None = None
    list_price: float | None = None
    currency: str | None = None
    variants: Sequence[Variant] = ()
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    picture: PictureLike | None = None


@dataclass(frozen=True, slots=True)
class ItemPatch:
    """What changes of an item; what is None stays. In `details`, a None removes one.

    Args:
        item_id: Which item.
        price: What is paid.
        list_price: The price before a discount.
        variants: All sizes with their stock.
        title: The product's name.
        brand: The maker.
        details: Plain values by name; those that are not named stay.
    """

    item_id: str
    price: float | None = None
    list_price: float | None = None
    variants: Sequence[Variant] | None = None
    title: str | None = None
    brand: str | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BulkProblem:
    """An item that was left as it was, and why."""

    item_id: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """What was done.

    Args:
        put: How many were added or replaced.
        patched: How many were changed.
        deleted: How many were removed.
        missing: Ids that are not there.
        problems: What was left as it was, and why.
    """

    put: int
    patched: int
    deleted: int
    missing: tuple[str, ...]
    problems: tuple[BulkProblem, ...]

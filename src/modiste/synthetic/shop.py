"""A drawn shop: many products with their labels, titles, prices and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from modiste.errors import UsageError
from modiste.synthetic.catalogue import ARTICLES, find_article
from modiste.synthetic.drawers import draw_product
from modiste.synthetic.spec import ProductSpec, random_spec

__all__ = ["DrawnProduct", "draw_shop"]

_BRANDS = ("Alder & Ash", "Blue Finch", "Corvina", "Dunmore", "Elsewhere", "Fathom")
_FIRST_ID = 10_001


@dataclass(frozen=True)
class DrawnProduct:
    """One picture of one product of a drawn shop.

    Args:
        product_id: The product's number, the same for all its pictures.
        picture_id: The picture's own name: the number, and behind it a letter for every further picture.
        spec: What is drawn.
        picture: The picture, RGB.
        labels: What is true of it, by field name (`ProductSpec.labels`).
        title: A name such as a shop would give it.
        brand: An invented brand.
        price: In whole units of any currency.
        sizes: Size -> how many are in stock.
    """

    product_id: str
    picture_id: str
    spec: ProductSpec
    picture: Image.Image
    labels: dict[str, str]
    title: str
    brand: str
    price: int
    sizes: dict[str, int]

    def to_record(self) -> dict[str, Any]:
        """Return the shop's record of the product, laid out as ``styles/<id>.json`` of the Kaggle set."""
        options = [
            {"id": int(self.product_id) * 10 + place, "name": "Size", "value": size, "inventoryCount": stock}
            | {"available": stock > 0}
            for place, (size, stock) in enumerate(self.sizes.items())
        ]
        attributes = {column: self.labels[name] for name, column in _ATTRIBUTES.items() if name in self.labels}
        article = self.spec.article
        data = {
            "id": int(self.product_id),
            "price": self.price,
            "discountedPrice": self.price,
            "productDisplayName": self.title,
            "brandName": self.brand,
            "gender": article.gender,
            "baseColour": self.spec.colour,
            "articleAttributes": attributes,
            "masterCategory": {"typeName": article.master},
            "subCategory": {"typeName": article.sub},
            "articleType": {"typeName": article.name},
            "productDescriptors": {"description": {"descriptorType": "description", "value": f"<p>{self.title}.</p>"}},
            "styleOptions": options,
        }
        return {"data": data}


_ATTRIBUTES = {"pattern": "Pattern", "sleeveLength": "Sleeve Length", "length": "Length"}


def draw_shop(
    count: int,
    *,
    seed: int = 0,
    size: tuple[int, int] = (240, 320),
    types: Sequence[str] | None = None,
    views: int = 1,
) -> Iterator[DrawnProduct]:
    """Draw a shop, the article types in turn, so that a small shop has some of everything.

    Args:
        count: Number of products.
        seed: The same seed gives the same shop; the first products of a larger shop are those of a smaller one.
        size: Width and height of every picture, in pixels.
        types: The article types; by default all of `ARTICLES`.
        views: Pictures of each product, from another angle, in another light, on a figure or not.

    Yields:
        ``count * views`` drawn products, the pictures of one product one behind the other.

    Raises:
        UsageError: A number is out of range, or a type can't be drawn.

    Example:
        >>> [item.labels["articleType"] for item in draw_shop(2, size=(60, 80), types=["Ties", "Caps"])]
        ['Ties', 'Caps']
    """
    if count < 1 or views < 1:
        raise UsageError(f"a shop of {count} products with {views} pictures each was asked for; both must be 1 or more")
    names = [find_article(name).name for name in types or _interleave()]
    return _draw_all(count, seed, size, names, views)


def _draw_all(count: int, seed: int, size: tuple[int, int], names: list[str], views: int) -> Iterator[DrawnProduct]:
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        spec = random_spec(rng, names[number % len(names)])
        sold = _sell(rng, spec)
        for view in range(views):
            picture = draw_product(spec, size=size, rng=np.random.default_rng([seed, number, view]))
            product_id = str(_FIRST_ID + number)
            picture_id = product_id + ("" if view == 0 else f"_{view + 1}")
            yield DrawnProduct(product_id, picture_id, spec, picture, spec.labels, *sold)


def _sell(rng: np.random.Generator, spec: ProductSpec) -> tuple[str, str, int, dict[str, int]]:
    """Invent title, brand, price and stock."""
    brand = _BRANDS[int(rng.integers(len(_BRANDS)))]
    price = int(round(spec.article.price * float(rng.uniform(0.6, 1.6)) / 10) * 10) - 1
    sizes = {"Apparel": ("S", "M", "L", "XL"), "Footwear": ("6", "7", "8", "9", "10")}.get(
        spec.article.master, ("One",)
    )
    stock = {size: int(rng.integers(0, 12)) for size in sizes}
    return f"{brand} {spec.title}", brand, price, stock


def _interleave() -> list[str]:
    """All types, ordered so that neighbours are of different categories."""
    names = list(ARTICLES)
    step = next(step for step in range(len(names) * 2 // 5, len(names)) if np.gcd(step, len(names)) == 1)
    return [names[(place * step) % len(names)] for place in range(len(names))]

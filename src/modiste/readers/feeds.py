"""What the product feeds of shops have in common: their columns in a manifest, prices, sizes with stock, pictures."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from modiste.errors import PictureError, UnknownNameError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers.base import ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.kaggle_details import SIZES
from modiste.readers.source import Source
from modiste.readers.table_pictures import PictureFinder

__all__ = [
    "FEED_FIELDS",
    "FEED_META",
    "FEED_OPTIONS",
    "FeedProduct",
    "Offer",
    "Shot",
    "build_feed_manifest",
    "name_shots",
    "parse_amount",
    "parse_stock",
    "split_values",
    "to_plain_text",
]

FEED_FIELDS: dict[str, pl.DataType] = {
    "gender": pl.String(),
    "ageGroup": pl.String(),
    "colour": pl.List(pl.String()),
    "material": pl.List(pl.String()),
    "pattern": pl.String(),
    "category": pl.String(),
    "productType": pl.String(),
    "tags": pl.List(pl.String()),
}
FEED_META: dict[str, pl.DataType] = {
    "price": pl.Float64(),
    "discountedPrice": pl.Float64(),
    "currency": pl.String(),
    "brand": pl.String(),
    "sizes": SIZES,
    "variants": pl.List(pl.String()),
    "availability": pl.String(),
    "status": pl.String(),
    "description": pl.String(),
    "link": pl.String(),
}
FEED_OPTIONS = frozenset({"fields", "root", "table", "product_pattern"})
_TAG = re.compile(r"<[^<>]*>")
_AMOUNT = re.compile(r"[^\d.,-]*(\d[\d.,]{0,18})\D*")
_CENTS = re.compile(r"[.,](\d{1,2})$")
_COUNT = re.compile(r"-?\d{1,15}(\.0+)?")
_NOT_FOUND = "no picture below the root is named by this id"


@dataclass(frozen=True)
class Offer:
    """One thing that can be bought: a variant of a product.

    Args:
        variant: What the shop calls it: an id or an SKU.
        size: Its size, None where it has none.
        stock: How many there are; None where the feed does not count them.
        price: In the feed's currency, None where the feed does not say.
        discounted: The price that is asked instead at the moment, or None.
        labels: Field -> value or values of this variant alone, such as its colour.
        picture: The variant's own picture, or None.
    """

    variant: str
    size: str | None = None
    stock: int | None = None
    price: float | None = None
    discounted: float | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    picture: str | None = None


@dataclass(frozen=True)
class Shot:
    """One picture of a product: what its item is called, where the picture lies, and the offers that it shows."""

    item_id: str
    picture: str
    offers: tuple[Offer, ...]
    place: str


@dataclass(frozen=True)
class FeedProduct:
    """A product of a feed.

    Args:
        product_id: Its id.
        title: Its name, or None.
        labels: Field -> value or values that hold for every variant.
        meta: Free metadata that holds for every variant, by the names of `FEED_META`.
        shots: Its pictures, the main one first.
    """

    product_id: str
    title: str | None
    labels: dict[str, Any]
    meta: dict[str, Any]
    shots: tuple[Shot, ...]


def build_feed_manifest(
    products: Iterable[FeedProduct], problems: Problems, *, reader: str, options: ReaderOptions, rows: int
) -> Manifest:
    """Make a manifest from the products of a feed: one row a picture.

    Args:
        products: The products.
        problems: What was left out so far; receives pictures that are not below ``options.root``.
        reader: The reader's name.
        options: ``root``: a folder or an archive of pictures that are named by item or product id, instead of the
            addresses; ``fields``: the fields that become labels (default: every one that has a value).
        rows: How many rows or entries the feed had.

    Raises:
        SourceError: Nothing can be used.
        UnknownNameError: ``options.fields`` names a field that no feed has.
    """
    for name in options.fields:
        if name not in FEED_FIELDS:
            raise UnknownNameError("field of a shop feed", name, FEED_FIELDS)
    finder = None if options.root is None else PictureFinder(Source(options.root), search=True)
    made = [row for product in products for row in _make_rows(product, finder, problems)]
    frame = _make_frame(made, options.fields)
    if options.product_pattern is not None:
        frame = frame.drop("product_id")
    return build_manifest(frame, problems, reader=reader, options=options, rows=rows)


def _make_rows(product: FeedProduct, finder: PictureFinder | None, problems: Problems) -> Iterable[dict[str, Any]]:
    for shot in product.shots:
        try:
            image = shot.picture if finder is None else _find_fetched(finder, shot, product)
        except PictureError as error:
            problems.add(f"{shot.place} ({shot.item_id})", str(error))
            continue
        row: dict[str, Any] = {"item_id": shot.item_id, "product_id": product.product_id, "image": image}
        row["title"] = product.title
        row |= {LABEL + name: value for name, value in (product.labels | _merge_labels(shot.offers)).items()}
        row |= {META + name: value for name, value in (product.meta | _merge_offers(shot.offers)).items()}
        yield row


def _find_fetched(finder: PictureFinder, shot: Shot, product: FeedProduct) -> str:
    """Find a fetched picture by the item's id; the first picture of a product also by the product's."""
    names = [shot.item_id, product.product_id] if shot is product.shots[0] else [shot.item_id]
    for name in names:
        try:
            return finder.find(name).reference
        except PictureError as error:
            if "several" in str(error):
                raise
    raise PictureError(_NOT_FOUND)


def _merge_labels(offers: Sequence[Offer]) -> dict[str, Any]:
    """Return what all offers of a picture agree on: a picture of a red and a blue variant says nothing of either."""
    names = {name for offer in offers for name in offer.labels}
    merged = {}
    for name in names:
        said = [offer.labels.get(name) for offer in offers]
        merged[name] = said[0] if all(value == said[0] for value in said) else None
    return merged


def _merge_offers(offers: Sequence[Offer]) -> dict[str, Any]:
    """Return the lowest price, and each size with its stock."""
    priced = [(offer.price if offer.discounted is None else offer.discounted, offer) for offer in offers]
    asked = [(amount, at) for at, (amount, _) in enumerate(priced) if amount is not None]
    cheapest = offers[min(asked)[1]] if asked else None
    stocks: dict[str, int | None] = {}
    for offer in offers:
        if offer.size is not None:
            stocks[offer.size] = _add(stocks.get(offer.size, 0), offer.stock)
    return {
        "price": None if cheapest is None else cheapest.price,
        "discountedPrice": None if cheapest is None else cheapest.discounted,
        "sizes": [{"size": size, "stock": stock} for size, stock in stocks.items()],
        "variants": [offer.variant for offer in offers],
    }


def _add(known: int | None, more: int | None) -> int | None:
    return None if known is None or more is None else known + more


def _make_frame(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> pl.DataFrame:
    base = dict.fromkeys(("item_id", "product_id", "image", "title"), pl.String())
    labels = {LABEL + name: FEED_FIELDS[name] for name in fields or FEED_FIELDS}
    used = {name for name in labels if any(row.get(name) for row in rows)}
    schema = base | {name: dtype for name, dtype in labels.items() if fields or name in used}
    schema |= {META + name: dtype for name, dtype in FEED_META.items()}
    cells = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame([pl.Series(name, cells[name], kind) for name, kind in schema.items()])


def split_values(text: str | None, separator: str) -> list[str] | None:
    """Return the values of a cell, each once; None if there is none.

    Example:
        >>> split_values("red / blue/red", "/"), split_values(" ", "/")
        (['red', 'blue'], None)
    """
    values = [part.strip() for part in (text or "").split(separator)]
    return list(dict.fromkeys(value for value in values if value)) or None


def parse_amount(text: str) -> float | None:
    """Return the amount of a price; None if there is none.

    A point or comma before one or two last digits divides off the hundredths; any other one groups thousands.

    Example:
        >>> parse_amount("1,500.00 INR"), parse_amount("EUR 1.299,5"), parse_amount("12,000"), parse_amount("ask")
        (1500.0, 1299.5, 12000.0, None)
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    digits = match[1].rstrip(".,")
    cents = _CENTS.search(digits)
    whole = re.sub(r"[.,]", "", digits[: cents.start()] if cents else digits)
    return float(f"{whole}.{cents[1]}" if cents else whole)


def parse_stock(text: str) -> int | None:
    """Return a count of things in stock, at least 0 (shops that oversell write less); None if there is none.

    Example:
        >>> parse_stock("12"), parse_stock("-3"), parse_stock("many")
        (12, 0, None)
    """
    match = _COUNT.fullmatch(text.strip())
    return max(0, int(float(match[0]))) if match else None


def to_plain_text(markup: str) -> str | None:
    """Return the text of an HTML fragment on one line; None if there is none.

    Example:
        >>> to_plain_text("<p>Soft &amp;<br>light</p>")
        'Soft & light'
    """
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split()) or None


def name_shots(item_id: str, count: int, taken: set[str]) -> list[str]:
    """Name the pictures of a product: the id itself, ``ID#2`` for the second and so on; never another one's id.

    Args:
        item_id: The id of the first picture.
        count: How many pictures there are.
        taken: The ids that exist; receives the new ones.

    Example:
        >>> name_shots("7", 3, {"7", "7#2"})
        ['7', '7#3', '7#4']
    """
    free = (f"{item_id}#{number}" for number in itertools.count(2))
    names = [item_id, *itertools.islice((name for name in free if name not in taken), count - 1)]
    taken.update(names)
    return names

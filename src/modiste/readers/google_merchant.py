"""Product feeds for the Google Merchant Center: tab-separated text, RSS 2.0 and Atom."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from modiste.errors import SourceError
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.cells import is_url
from modiste.readers.delimited import read_delimited, read_header
from modiste.readers.feed_files import find_feed
from modiste.readers.feed_xml import Entry, iterate_entries, looks_like_feed
from modiste.readers.feeds import (
    FEED_OPTIONS,
    FeedProduct,
    Offer,
    Shot,
    build_feed_manifest,
    name_shots,
    parse_amount,
    parse_stock,
    split_values,
    to_plain_text,
)
from modiste.readers.source import File, Source

__all__ = [
    "GOOGLE_FIELDS",
    "GOOGLE_MERCHANT",
    "GOOGLE_META",
    "GOOGLE_NAMESPACE",
    "GOOGLE_SEVERAL",
    "GOOGLE_SEVERAL_PICTURES",
]

GOOGLE_NAMESPACE = "http://base.google.com/ns/1.0"
GOOGLE_SEVERAL = "/"  # between the values of color and material
GOOGLE_SEVERAL_PICTURES = ","  # between the addresses of additional_image_link in a text feed
GOOGLE_FIELDS = {
    "gender": "gender",
    "ageGroup": "age_group",
    "colour": "color",
    "material": "material",
    "pattern": "pattern",
    "category": "google_product_category",
    "productType": "product_type",
}
GOOGLE_META = {
    "price": "price",
    "discountedPrice": "sale_price",
    "brand": "brand",
    "availability": "availability",
    "description": "description",
    "link": "link",
}
_SUFFIXES = (".xml", ".rss", ".atom", ".tsv", ".txt", ".csv")
_XML = (".xml", ".rss", ".atom")
_MULTI = ("colour", "material")
_FOLDED = ("gender", "ageGroup")
_NEEDED = {"id", "image_link"}
# No other table has these: a plain table with the columns id and image_link is read as a table.
_TELLING = {"availability", "google_product_category", "additional_image_link", "item_group_id", "product_type"}
_TELLING |= {"price", "gtin", "mpn", "condition"}
_STOCKS = ("quantity", "sell_on_google_quantity", "inventory")
_IN_STOCK, _OUT_OF_STOCK = "in_stock", "out_of_stock"
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")
_SPACES = re.compile(r"[\s_-]+")


class _Article(NamedTuple):
    """One entry of the feed that can be used."""

    place: str
    item_id: str
    product_id: str
    pictures: tuple[str, ...]
    entry: Entry


def standardise_attribute(name: str) -> str:
    """Return the usual name of an attribute: feeds write ``image_link``, ``image link``, ``g:image_link``.

    Example:
        >>> standardise_attribute("g:Image Link"), standardise_attribute("Colour")
        ('image_link', 'color')
    """
    plain = _SPACES.sub("_", name.strip().lower().removeprefix("g:").strip())
    return plain.replace("colour", "color")


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    if find_feed(source, options, _SUFFIXES, _is_feed) is None:
        return "a feed with id, image_link and price or the like (TSV, or XML with the namespace g)"
    return None


def _is_feed(file: File, data: bytes) -> bool:
    if posixpath.splitext(file.name)[1].lower() in _XML:
        return looks_like_feed(data, GOOGLE_NAMESPACE)
    header = {standardise_attribute(name) for name in read_header(data)}
    return header >= _NEEDED and bool(header & _TELLING)


def _read(source: Source, options: ReaderOptions) -> Manifest:
    file = find_feed(source, options, _SUFFIXES, _is_feed)
    if file is None:
        raise SourceError(f"{source.path} is no feed for the Google Merchant Center: {_find_obstacle(source, options)}")
    problems = Problems()
    entries = list(_list_entries(file, source.read_table(file), problems))
    articles = _select(entries, problems)
    rows = len(entries) + len(problems.to_frame().filter(reason=_RAGGED))
    products = _group(articles, problems)
    return build_feed_manifest(products, problems, reader=GOOGLE_MERCHANT.name, options=options, rows=rows)


_RAGGED = "more or fewer cells than the header"


def _list_entries(file: File, data: bytes, problems: Problems) -> Iterator[tuple[str, Entry]]:
    name = posixpath.basename(file.name)
    if posixpath.splitext(name)[1].lower() in _XML:
        for number, raw in enumerate(iterate_entries(name, data, GOOGLE_NAMESPACE), 1):
            yield f"{name} item {number}", raw
        return
    text = read_delimited(data)
    header = [standardise_attribute(column) for column in text.header]
    for row in text.rows:
        if len(row.cells) != len(header):
            problems.add(f"{name} line {row.line}", _RAGGED)
            continue
        yield f"{name} line {row.line}", _collect(header, row.cells)


def _collect(header: Sequence[str], cells: Sequence[str]) -> Entry:
    entry: dict[str, list[str]] = {}
    for column, cell in zip(header, cells, strict=True):
        several = column == "additional_image_link"
        values = split_values(cell, GOOGLE_SEVERAL_PICTURES) if several else [cell.strip()] if cell.strip() else None
        if values:
            entry.setdefault(column, []).extend(values)
    return entry


def _select(entries: Sequence[tuple[str, Entry]], problems: Problems) -> list[_Article]:
    seen: set[str] = set()
    kept = []
    for place, entry in entries:
        item_id = _first(entry, "id")
        pictures = [*entry.get("image_link", ()), *entry.get("additional_image_link", ())]
        if item_id is None:
            problems.add(place, "no id")
        elif item_id in seen:
            problems.remark(f"{place} (id {item_id})", "the id stands in an earlier row (the first one is kept)")
        elif not pictures:
            problems.add(f"{place} (id {item_id})", "no image_link")
        else:
            addresses = tuple(dict.fromkeys(filter(is_url, pictures)))
            for stranger in pictures:
                if not is_url(stranger):
                    problems.add(f"{place} (id {item_id})", "image_link is no http or https address")
            product = _first(entry, "item_group_id") or item_id
            kept.append(_Article(place, item_id, product, addresses, entry))
        seen.add(item_id or "")
    return kept


def _first(entry: Entry, *names: str) -> str | None:
    return next((value for name in names for value in entry.get(name, ()) if value), None)


def _group(articles: Sequence[_Article], problems: Problems) -> Iterator[FeedProduct]:
    """Bring the variants of one product together."""
    groups: dict[str, list[_Article]] = {}
    for article in articles:
        groups.setdefault(article.product_id, []).append(article)
    taken = {article.item_id for article in articles}
    for product_id, group in groups.items():
        # Variants of several colours have a picture each: each is told by its own entry.
        yield from _split_by_picture(product_id, group, taken, problems)


def _split_by_picture(
    product_id: str, group: Sequence[_Article], taken: set[str], problems: Problems
) -> Iterator[FeedProduct]:
    """Yield a product for every main picture: the sizes of one colour share it, another colour has its own."""
    by_main: dict[str, list[_Article]] = {}
    for article in group:
        if article.pictures:
            by_main.setdefault(article.pictures[0], []).append(article)
    shown = set(by_main)
    for main, articles in by_main.items():
        first = articles[0]
        offers = tuple(_make_offer(article, problems) for article in articles)
        further = [url for article in articles for url in article.pictures if url not in shown]
        shown.update(further)
        pictures = (main, *dict.fromkeys(further))
        names = name_shots(first.item_id, len(pictures), taken)
        shots = tuple(Shot(name, url, offers, first.place) for name, url in zip(names, pictures, strict=True))
        yield FeedProduct(product_id, _first(first.entry, "title"), {}, _make_meta(articles), shots)


def _make_offer(article: _Article, problems: Problems) -> Offer:
    entry = article.entry
    stock = _first(entry, *_STOCKS)
    known = None if stock is None else parse_stock(stock)
    if known is None and standardise_attribute(_first(entry, "availability") or "") == _OUT_OF_STOCK:
        known = 0
    amounts = {name: _read_amount(article, name, problems) for name in ("price", "sale_price")}
    return Offer(
        variant=article.item_id,
        size=_first(entry, "size"),
        stock=known,
        price=amounts["price"],
        discounted=amounts["sale_price"],
        labels=_make_labels(entry),
    )


def _read_amount(article: _Article, name: str, problems: Problems) -> float | None:
    text = _first(article.entry, name)
    amount = None if text is None else parse_amount(text)
    if text is not None and amount is None:
        problems.remark(f"{article.place} (id {article.item_id})", f"{name} is no amount (left open)")
    return amount


def _make_labels(entry: Entry) -> Mapping[str, list[str] | str | None]:
    labels: dict[str, list[str] | str | None] = {}
    for field, attribute in GOOGLE_FIELDS.items():
        value = _first(entry, attribute)
        labels[field] = split_values(value, GOOGLE_SEVERAL) if field in _MULTI else value
        if field in _FOLDED and value is not None:
            labels[field] = value.lower()
    return labels


def _make_meta(articles: Sequence[_Article]) -> dict[str, str | None]:
    """Return the free metadata of variants that share a picture: what is in stock in any of them is in stock."""
    entry = articles[0].entry
    states = [standardise_attribute(_first(article.entry, "availability") or "") for article in articles]
    currency = _CURRENCY.search(_first(entry, "price") or "")
    described = _first(entry, "description")
    return {
        "brand": _first(entry, "brand"),
        "availability": (_IN_STOCK if _IN_STOCK in states else states[0]) or None,
        "description": None if described is None else to_plain_text(described),
        "link": _first(entry, "link"),
        "currency": currency[0] if currency else None,
    }


GOOGLE_MERCHANT = Reader(
    name="google-merchant",
    description="A product feed for the Google Merchant Center: TSV, or XML (RSS 2.0, Atom)",
    options=FEED_OPTIONS,
    find_obstacle=_find_obstacle,
    read=_read,
)

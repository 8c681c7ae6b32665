"""Shopify's product export: a CSV whose rows of one handle are one product with its variants and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modiste.errors import SourceError
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.cells import is_url
from modiste.readers.delimited import read_delimited, read_header
from modiste.readers.feed_files import find_feed
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

__all__ = ["SHOPIFY", "SHOPIFY_COLUMNS", "SHOPIFY_METAFIELDS", "SHOPIFY_OPTIONS"]

# What a column is called in exports since 2025, and before; the handle, options and variants differ most.
SHOPIFY_COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("URL handle", "Handle"),
    "title": ("Title",),
    "description": ("Description", "Body (HTML)", "Body HTML"),
    "vendor": ("Vendor",),
    "category": ("Product category", "Standard Product Type"),
    "type": ("Type", "Custom Product Type"),
    "tags": ("Tags",),
    "status": ("Status",),
    "sku": ("SKU", "Variant SKU"),
    "price": ("Price", "Variant Price"),
    "compare": ("Compare-at price", "Variant Compare At Price"),
    "stock": ("Inventory quantity", "Variant Inventory Qty"),
    "tracker": ("Inventory tracker", "Variant Inventory Tracker"),
    "picture": ("Product image URL", "Image Src"),
    "position": ("Image position",),
    "variant_picture": ("Variant image URL", "Variant Image"),
    "gender": ("Google Shopping / Gender",),
    "ageGroup": ("Google Shopping / Age Group",),
    **{f"option{at} {part}": (f"Option{at} {part}",) for at in (1, 2, 3) for part in ("name", "value")},
}
# What options are called: field (or "size") -> names, in lower case.
SHOPIFY_OPTIONS = {
    "size": ("size", "sizes", "shoe size", "clothing size", "taille", "größe"),
    "colour": ("color", "colour", "colors", "colours", "farbe", "couleur"),
    "material": ("material", "fabric"),
    "pattern": ("pattern",),
}
# The standard metafields that the product categories of clothes bring: field -> key of product.metafields.shopify.
SHOPIFY_METAFIELDS = {
    "colour": "color-pattern",
    "material": "fabric",
    "gender": "target-gender",
    "ageGroup": "age-group",
}
_SEVERAL = ";"  # between the values of a metafield
_MULTI = ("colour", "material")
_DEFAULT = "default title"
_METAFIELD = re.compile(r"\(product\.metafields\.shopify\.([a-z0-9-]+)\)\s*$")
_NO_PICTURE = "the product has no picture"


@dataclass(frozen=True)
class _Row:
    """One line of the file: where it stands, and its cells that are not blank, by the keys of the tables above."""

    place: str
    cells: Mapping[str, str]


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    if find_feed(source, options, (".csv",), _is_export) is None:
        return "a CSV with the columns Handle (or URL handle), Title and Image Src (or Product image URL)"
    return None


def _is_export(file: File, data: bytes) -> bool:
    keys = set(_name_columns(read_header(data)))
    return {"handle", "title", "picture"} <= keys


def _name_columns(header: Sequence[str]) -> list[str]:
    """Return what each column holds, "" where nobody needs it; of two columns that hold the same the first counts."""
    known = {spelling.lower(): key for key, spellings in SHOPIFY_COLUMNS.items() for spelling in spellings}
    fields = {key: field for field, key in SHOPIFY_METAFIELDS.items()}
    named: list[str] = []
    for column in header:
        metafield = _METAFIELD.search(column)
        key = known.get(column.strip().lower(), "")
        if metafield and metafield[1] in fields:
            key = f"metafield {fields[metafield[1]]}"
        named.append("" if key in named else key)
    return named


def _read(source: Source, options: ReaderOptions) -> Manifest:
    file = find_feed(source, options, (".csv",), _is_export)
    if file is None:
        raise SourceError(f"{source.path} is no product export of Shopify: it lacks {_find_obstacle(source, options)}")
    problems = Problems()
    text = read_delimited(source.read_table(file))
    names = _name_columns(text.header)
    rows = []
    for row in text.rows:
        place = f"{file.name} line {row.line}"
        if len(row.cells) != len(names):
            problems.add(place, "more or fewer cells than the header")
        else:
            rows.append(_Row(place, _keep_filled(names, row.cells)))
    products = _list_products(_group(rows, problems), problems)
    return build_feed_manifest(products, problems, reader=SHOPIFY.name, options=options, rows=len(text.rows))


def _keep_filled(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name and cell.strip()}


def _group(rows: Sequence[_Row], problems: Problems) -> dict[str, list[_Row]]:
    """Return handle -> its rows."""
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        handle = row.cells.get("handle")
        if handle is None:
            problems.add(row.place, "no handle")
        else:
            groups.setdefault(handle, []).append(row)
    return groups


def _list_products(groups: Mapping[str, list[_Row]], problems: Problems) -> Iterator[FeedProduct]:
    taken = set(groups)
    for handle, rows in groups.items():
        first = rows[0]
        offers = _list_offers(rows, problems)
        pictures = _list_pictures(rows, problems)
        if not pictures:
            problems.add(f"{first.place} ({handle})", _NO_PICTURE)
            continue
        labels, meta = _describe(rows)
        names = name_shots(handle, len(pictures), taken)
        shots = tuple(
            Shot(name, picture, _find_shown(picture, offers), place)
            for name, (picture, place) in zip(names, pictures.items(), strict=True)
        )
        yield FeedProduct(handle, _first(rows, "title"), labels, meta, shots)


def _first(rows: Sequence[_Row], key: str) -> str | None:
    return next((row.cells[key] for row in rows if key in row.cells), None)


def _list_pictures(rows: Sequence[_Row], problems: Problems) -> dict[str, str]:
    """Return the pictures of a product in the shop's order -> where each stands; those of variants come last."""
    placed = [(_to_position(row), row.cells["picture"], row.place) for row in rows if "picture" in row.cells]
    placed.sort(key=lambda item: item[0])
    found = [(picture, place) for _, picture, place in placed]
    found += [(row.cells["variant_picture"], row.place) for row in rows if "variant_picture" in row.cells]
    pictures: dict[str, str] = {}
    for picture, place in found:
        if is_url(picture):
            pictures.setdefault(picture, place)
        else:
            problems.add(place, "the picture is no http or https address")
    return pictures


def _to_position(row: _Row) -> int:
    position = parse_stock(row.cells.get("position", ""))
    return 1_000_000 if position is None else position


def _list_offers(rows: Sequence[_Row], problems: Problems) -> list[Offer]:
    """Return the variants; rows that only bring a further picture are none."""
    names = {at: (_first(rows, f"option{at} name") or "").lower() for at in (1, 2, 3)}
    offers = []
    for number, row in enumerate(rows, 1):
        if "price" not in row.cells and "sku" not in row.cells and "option1 value" not in row.cells:
            continue
        values = {names[at]: row.cells.get(f"option{at} value") for at in names if names[at]}
        offers.append(_make_offer(row, number, values, problems))
    return offers


def _make_offer(row: _Row, number: int, values: Mapping[str, str | None], problems: Problems) -> Offer:
    said = {key: _find_option(values, spellings) for key, spellings in SHOPIFY_OPTIONS.items()}
    size = said.pop("size")
    labels = {key: [value] if key in _MULTI else value for key, value in said.items() if value is not None}
    price, compare = (_read_amount(row, key, problems) for key in ("price", "compare"))
    reduced = price is not None and compare is not None and compare > price
    tracked = "tracker" in row.cells or "stock" in row.cells
    return Offer(
        variant=row.cells.get("sku", f"{row.cells['handle']}/{number}"),
        size=size,
        stock=parse_stock(row.cells.get("stock", "")) if tracked else None,
        price=compare if reduced else price,
        discounted=price if reduced else None,
        labels=labels,
        picture=row.cells.get("variant_picture"),
    )


def _find_option(values: Mapping[str, str | None], spellings: Sequence[str]) -> str | None:
    found = next((values[name] for name in spellings if values.get(name)), None)
    return None if found is None or found.lower() == _DEFAULT else found


def _read_amount(row: _Row, key: str, problems: Problems) -> float | None:
    text = row.cells.get(key)
    amount = None if text is None else parse_amount(text)
    if text is not None and amount is None:
        problems.remark(row.place, f"the {key} is no amount (left open)")
    return amount


def _find_shown(picture: str, offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Return the variants that a picture shows: those that name it, else all of them."""
    own = tuple(offer for offer in offers if offer.picture == picture)
    return own or tuple(offers)


def _describe(rows: Sequence[_Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the labels and the free metadata that hold for every variant."""
    labels: dict[str, Any] = {
        "category": _first(rows, "category"),
        "productType": _first(rows, "type"),
        "tags": split_values(_first(rows, "tags"), ","),
    }
    for field in SHOPIFY_METAFIELDS:
        values = split_values(_first(rows, f"metafield {field}") or _first(rows, field), _SEVERAL)
        labels[field] = values if field in _MULTI else values[0].lower() if values else None
    described = _first(rows, "description")
    meta: dict[str, Any] = {
        "brand": _first(rows, "vendor"),
        "status": _first(rows, "status"),
        "description": None if described is None else to_plain_text(described),
    }
    return labels, meta


SHOPIFY = Reader(
    name="shopify",
    description="Shopify's product export: a CSV with Handle, Title and Image Src (old or new names)",
    options=FEED_OPTIONS,
    find_obstacle=_find_obstacle,
    read=_read,
)

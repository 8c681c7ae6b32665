"""Shopify's product CSV: the rows of one handle are one product with its pictures."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from modiste.manifest import Manifest
from modiste.readers.shopify import SHOPIFY as READER
from modiste.readers.shopify import SHOPIFY_COLUMNS, SHOPIFY_METAFIELDS
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.delimited import to_cell, to_csv
from modiste.writers.feeds import prepare_feed, read_cells, to_amount, write_feed
from modiste.writers.job import Job, list_pictures_folder

__all__ = ["SHOPIFY"]

_SEVERAL = "; "
_TAGS = ", "
_PLAIN = {"category": "category", "type": "productType", "vendor": "brand", "status": "status"}
_PLAIN |= {"description": "description"}


def _make_feed(items: pl.DataFrame, images: Sequence[str]) -> bytes:
    """Make the CSV: what holds for a product stands in its first row, each further row adds a picture."""
    places = items.select(pl.int_range(1, pl.len() + 1).over("product_id")).to_series().to_list()
    columns: dict[str, list[str]] = {
        _head("handle"): items["product_id"].to_list(),
        _head("title"): [to_cell(title) for title in items["title"]],
    }
    for key, name in _PLAIN.items():
        columns[_head(key)] = [to_cell(cell) for cell in read_cells(items, name)]
    columns[_head("tags")] = [_TAGS.join(cell or ()) for cell in read_cells(items, "tags")]
    for field, key in SHOPIFY_METAFIELDS.items():
        cells = [[cell] if isinstance(cell, str) else cell for cell in read_cells(items, field)]
        columns[f"{field} (product.metafields.shopify.{key})"] = [_SEVERAL.join(cell or ()) for cell in cells]
    columns |= _make_prices(items)
    columns = {
        name: [cell if place == 1 or name == _head("handle") else "" for cell, place in zip(cells, places, strict=True)]
        for name, cells in columns.items()
    }
    columns[_head("picture")] = list(images)
    columns[_head("position")] = [str(place) for place in places]
    return to_csv(columns)


def _head(key: str) -> str:
    return SHOPIFY_COLUMNS[key][-1]


def _make_prices(items: pl.DataFrame) -> dict[str, list[str]]:
    """Return what is asked now, and the higher price that it is compared with."""
    prices, reduced = read_cells(items, "price"), read_cells(items, "discountedPrice")
    pairs = [(low, price) if low is not None else (price, None) for price, low in zip(prices, reduced, strict=True)]
    return {
        _head("price"): [to_amount(asked, None) for asked, _ in pairs],
        _head("compare"): [to_amount(compared, None) for _, compared in pairs],
    }


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    return prepare_feed(manifest, _make_feed, reader=READER.name, options=options, name=name)


def _write(prepared: Prepared, job: Job) -> None:
    write_feed(prepared, job, _make_feed)


SHOPIFY = Writer(
    name="shopify",
    description="Shopify's product CSV, a row a picture; pictures as addresses",
    reader=READER.name,
    keeps=Keeps(
        item_id=False,
        splits=(),
        box=False,
        single=("category", "productType", "gender", "ageGroup"),
        multi=("tags", "colour", "material"),
        hierarchy=False,
        values=False,
        opinions=False,
        meta=("brand", "status", "description", "price", "discountedPrice"),
        pictures="addresses",
        order=False,
    ),
    prepare=_prepare,
    write=_write,
    suffixes=(".csv",),
    options=frozenset({"fields", "base_url"}),
    list_beside=list_pictures_folder,
)

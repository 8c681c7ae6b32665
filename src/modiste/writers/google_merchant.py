"""A product feed for the Google Merchant Center: tab-separated text, or RSS 2.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape  # only text is written; nothing is parsed

import polars as pl

from modiste.manifest import Manifest
from modiste.readers.feeds import FEED_FIELDS
from modiste.readers.google_merchant import GOOGLE_FIELDS, GOOGLE_META, GOOGLE_NAMESPACE, GOOGLE_SEVERAL
from modiste.readers.google_merchant import GOOGLE_MERCHANT as READER
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.delimited import to_cell, to_csv
from modiste.writers.feeds import prepare_feed, read_cells, to_amount, write_feed
from modiste.writers.job import Job, list_pictures_folder

__all__ = ["GOOGLE_MERCHANT"]

_XML = ".xml"
_AMOUNTS = ("price", "discountedPrice")


def _make_columns(items: pl.DataFrame, images: Sequence[str]) -> dict[str, list[str]]:
    """Return attribute -> its text for each item."""
    currency = read_cells(items, "currency")
    columns = {
        "id": items["item_id"].to_list(),
        "item_group_id": items["product_id"].to_list(),
        "title": [to_cell(title) for title in items["title"]],
        "image_link": list(images),
    }
    for name, attribute in {**GOOGLE_FIELDS, **GOOGLE_META}.items():
        cells = read_cells(items, name)
        if name in _AMOUNTS:
            columns[attribute] = [to_amount(price, unit) for price, unit in zip(cells, currency, strict=True)]
        else:
            columns[attribute] = [_to_text(cell) for cell in cells]
    needed = ("id", "image_link", "price")
    return {name: cells for name, cells in columns.items() if name in needed or any(cells)}


def _to_text(cell: Any) -> str:
    return GOOGLE_SEVERAL.join(cell) if isinstance(cell, list) else to_cell(cell)


def _make_feed(suffix: str, items: pl.DataFrame, images: Sequence[str]) -> bytes:
    columns = _make_columns(items, images)
    if suffix == _XML:
        return "\n".join(_list_xml(columns)).encode()
    return to_csv(columns, separator="\t")


def _list_xml(columns: dict[str, list[str]]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="{GOOGLE_NAMESPACE}">\n<channel>'
    yield "<title>products</title>"
    for row in zip(*columns.values(), strict=True):
        yield "<item>"
        filled = (pair for pair in zip(columns, row, strict=True) if pair[1])
        yield from (f"<g:{name}>{escape(cell)}</g:{name}>" for name, cell in filled)
        yield "</item>"
    yield "</channel>\n</rss>\n"


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    make = partial(_make_feed, Path(name).suffix.lower())
    return prepare_feed(manifest, make, reader=READER.name, options=options, name=name)


def _write(prepared: Prepared, job: Job) -> None:
    write_feed(prepared, job, partial(_make_feed, job.target.suffix.lower()))


GOOGLE_MERCHANT = Writer(
    name="google-merchant",
    description="A feed for the Google Merchant Center: .tsv, .txt or .xml; pictures as addresses",
    reader=READER.name,
    keeps=Keeps(
        splits=(),
        box=False,
        single=tuple(name for name in GOOGLE_FIELDS if FEED_FIELDS[name] == pl.String),
        multi=tuple(name for name in GOOGLE_FIELDS if FEED_FIELDS[name] != pl.String),
        hierarchy=False,
        values=False,
        opinions=False,
        meta=(*GOOGLE_META, "currency"),
        pictures="addresses",
        order=False,
    ),
    prepare=_prepare,
    write=_write,
    suffixes=(".tsv", ".txt", _XML),
    options=frozenset({"fields", "base_url"}),
    list_beside=list_pictures_folder,
)

"""The shop's own records of Kaggle's set, styles/<id>.json: price, brand, sizes with stock, description, attributes."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from modiste.errors import PictureError
from modiste.manifest import META
from modiste.readers.building import Problems
from modiste.readers.json_text import parse_json
from modiste.readers.source import File, Source

__all__ = ["ATTRIBUTE", "SIZES", "read_details"]

ATTRIBUTE = f"{META}attribute."
SIZES = pl.List(pl.Struct({"size": pl.String, "stock": pl.Int64}))
_MAX_RECORD_BYTES = 5_000_000
_MAX_STOCK = 2**63
_RECORD = re.compile(r"(^|/)styles/[^/]+\.json$")
_TAG = re.compile(r"<[^<>]*>")
_NUMBERS = ("price", "discountedPrice")
_WORDS = {"brandName": "brand", "ageGroup": "ageGroup", "fashionType": "fashionType", "colour1": "colour1"}
_WORDS |= {"colour2": "colour2", "variantName": "variant"}
_BLANKS = ("", "NA")
_SCHEMA: dict[str, pl.DataType] = {
    **{META + name: pl.Float64() for name in _NUMBERS},
    **{META + name: pl.String() for name in _WORDS.values()},
    f"{META}sizes": SIZES,
    f"{META}description": pl.String(),
}


def read_details(source: Source, items: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Add what styles/<id>.json says to the items.

    Args:
        source: The Kaggle layout.
        items: A table with ``item_id``.
        problems: Receives the records that are missing or damaged; their items stay, without details.

    Returns:
        The items with ``meta.price`` and ``meta.discountedPrice`` (in the shop's currency), ``meta.brand``,
        ``meta.sizes`` (a list of size and stock), ``meta.description`` (plain text), ``meta.attribute.NAME`` ...
    """
    records = _find_records(source)
    rows = [_read_row(source, item_id, records.get(item_id), problems) for item_id in items["item_id"]]
    attributes = sorted({name for row in rows for name in row} - set(_SCHEMA))
    columns = [pl.Series(name, [row.get(name) for row in rows], dtype) for name, dtype in _SCHEMA.items()]
    columns += [pl.Series(name, [row.get(name) for row in rows], pl.String) for name in attributes]
    return items.hstack(columns)


def _find_records(source: Source) -> dict[str, File]:
    """Return id -> styles/<id>.json; of several the one nearest to the root."""
    found = [file for file in source.files if _RECORD.search(file.name)]
    deepest_first = sorted(found, key=lambda file: -file.name.count("/"))
    return {posixpath.basename(file.name)[: -len(".json")]: file for file in deepest_first}


def _read_row(source: Source, item_id: str, file: File | None, problems: Problems) -> dict[str, Any]:
    if file is None:
        problems.remark(f"styles/{item_id}.json", "no such record (the item is kept, without details)")
        return {}
    try:
        record = parse_json(source.read(file, max_bytes=_MAX_RECORD_BYTES).decode("utf-8-sig", "replace"))
        return _convert(record["data"])
    except (PictureError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        problems.remark(file.name, "not a record of the shop (the item is kept, without details)")
        return {}


def _convert(record: Mapping[str, Any]) -> dict[str, Any]:
    """Turn one record of the shop into columns; what it leaves open is left out."""
    row: dict[str, Any] = {META + name: float(record[name]) for name in _NUMBERS if record.get(name) is not None}
    words = {META + name: record.get(key) for key, name in _WORDS.items()}
    words |= {ATTRIBUTE + name: value for name, value in (record.get("articleAttributes") or {}).items()}
    row |= {name: str(value) for name, value in words.items() if value not in (None, *_BLANKS)}
    row[f"{META}sizes"] = [_convert_size(option) for option in record.get("styleOptions") or [] if _is_size(option)]
    row[f"{META}description"] = _find_description(record)
    return row


def _is_size(option: Mapping[str, Any]) -> bool:
    return option.get("name") == "Size" and option.get("value") is not None


def _convert_size(option: Mapping[str, Any]) -> dict[str, Any]:
    stock = option.get("inventoryCount")
    if stock is not None and not abs(int(stock)) < _MAX_STOCK:
        raise ValueError(f"a stock of {stock} is none")
    return {"size": str(option["value"]), "stock": None if stock is None else int(stock)}


def _find_description(record: Mapping[str, Any]) -> str | None:
    descriptor = (record.get("productDescriptors") or {}).get("description") or {}
    text = html.unescape(_TAG.sub(" ", descriptor.get("value") or ""))
    return " ".join(text.split()) or None

"""The shop's own records of Kaggle's set, styles/<id>.json: price, brand, sizes with stock, description, attributes."""

from __future__ import annotations

import html
import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
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
    cells: dict[str, _Cells] = defaultdict(_Cells)
    for at, item_id in enumerate(items["item_id"]):
        for name, value in _read_row(source, item_id, records.get(item_id), problems).items():
            cells[name].add(at, value)
    attributes = sorted(set(cells) - set(_SCHEMA))
    schema = {**_SCHEMA, **dict.fromkeys(attributes, pl.String())}
    return items.hstack([cells[name].to_series(name, dtype, items.height) for name, dtype in schema.items()])


class _Cells:
    """The filled cells of a column: most of two hundred attributes are filled in few of 40,000 rows."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._values: list[Any] = []

    def add(self, row: int, value: Any) -> None:
        self._rows.append(row)
        self._values.append(value)

    def to_series(self, name: str, dtype: pl.DataType, height: int) -> pl.Series:
        values = _build_sizes(self._values) if dtype == SIZES else pl.Series(self._values, dtype=dtype)
        places = np.full(height, len(values), np.int64)  # behind the last one: nothing
        places[self._rows] = np.arange(len(values))
        return values.extend_constant(None, 1).gather(places).alias(name)


def _build_sizes(lists: Sequence[Sequence[tuple[str, int | None]]]) -> pl.Series:
    """Make a column of lists; polars takes three times as long to make it out of dictionaries."""
    flat = {
        "list": [at for at, sizes in enumerate(lists) for _ in sizes],
        "size": [size for sizes in lists for size, _ in sizes],
        "stock": [stock for sizes in lists for _, stock in sizes],
    }
    table = pl.DataFrame(flat, schema={"list": pl.Int64, "size": pl.String, "stock": pl.Int64})
    made = table.group_by("list", maintain_order=True).agg(sizes=pl.struct("size", "stock"))
    rows = pl.DataFrame({"list": pl.Series(range(len(lists)), dtype=pl.Int64)})
    filled = rows.join(made, on="list", how="left", maintain_order="left")
    return filled.select(pl.col("sizes").fill_null(pl.lit([], SIZES)).cast(SIZES))["sizes"]


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
    description = _find_description(record)
    return row if description is None else row | {f"{META}description": description}


def _is_size(option: Mapping[str, Any]) -> bool:
    return option.get("name") == "Size" and option.get("value") is not None


def _convert_size(option: Mapping[str, Any]) -> tuple[str, int | None]:
    stock = option.get("inventoryCount")
    if stock is not None and not abs(int(stock)) < _MAX_STOCK:
        raise ValueError(f"a stock of {stock} is none")
    return str(option["value"]), None if stock is None else int(stock)


def _find_description(record: Mapping[str, Any]) -> str | None:
    descriptor = (record.get("productDescriptors") or {}).get("description") or {}
    text = html.unescape(_TAG.sub(" ", descriptor.get("value") or ""))
    return " ".join(text.split()) or None

"""Items as rows of the tables, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from modiste.catalogue.item import COLOUR_BYTES, ORIGINS, CatalogueItem, Detail, ItemTag, Variant
from modiste.errors import UsageError

__all__ = [
    "ITEM_COLUMNS",
    "RANKS",
    "Words",
    "build_item",
    "check_item",
    "parse_details",
    "to_item_row",
    "to_kinds",
    "to_words",
]

ITEM_COLUMNS: Final = (
    "item_id, product_id, image, box, title, brand, price, list_price, currency, details, picture_hash, look, colours"
)
_TEXTS: Final = frozenset((0, 1, 2, 4, 5, 8, 9, 10))  # places of the columns that hold text
_ALWAYS: Final = frozenset((0, 1, 9))
RANKS: Final = {origin: rank for rank, origin in enumerate(ORIGINS)}
_WRAP: Final = 1 << 64
_LARGEST: Final = (1 << 63) - 1
_SHARED: Final = 1 << 14
_PLAIN: Final = (int, float, bool, type(None))


class Words(NamedTuple):
    """What an item is found by: ``title``, ``brand`` and ``labels``, its effective values, a line each."""

    title: str
    brand: str
    labels: str


def to_words(item: CatalogueItem) -> Words:
    """Return the text that an item is found by."""
    labels = "\n".join(value for values in item.labels.values() for value in values)
    return Words(item.title or "", item.brand or "", labels)


def to_item_row(item: CatalogueItem) -> tuple[Any, ...]:
    """Return what the table ``items`` keeps of an item, in the order of `ITEM_COLUMNS`."""
    look = item.look if item.look is None or item.look <= _LARGEST else item.look - _WRAP
    return (
        item.item_id,
        item.product_id,
        item.image,
        None if item.box is None else json.dumps(list(item.box)),
        item.title,
        item.brand,
        item.price,
        item.list_price,
        item.currency,
        _dump_details(item.details),
        item.picture_hash,
        look,
        item.colours,
    )


def build_item(row: tuple[Any, ...], variants: Iterable[Any], tags: Iterable[Any]) -> CatalogueItem:
    """Build an item from its rows.

    Args:
        row: In the order of `ITEM_COLUMNS`.
        variants: Size and stock of each.
        tags: Field, value, confidence and origin of each.

    Raises:
        TypeError, ValueError, IndexError, UsageError: The rows are damaged.
    """
    _expect_texts(row)
    return CatalogueItem(
        item_id=row[0],
        product_id=row[1],
        image=row[2],
        box=None if row[3] is None else _parse_box(row[3]),
        title=row[4],
        brand=row[5],
        price=row[6],
        list_price=row[7],
        currency=row[8],
        variants=tuple(_share_variant(*variant) for variant in variants),
        tags=tuple(_share_tag(*tag) for tag in tags),
        details=parse_details(row[9]),
        picture_hash=row[10],
        look=None if row[11] is None else row[11] % _WRAP,
        colours=_expect_colours(row[12]),
    )


# Few tags and sizes are said of many items. One object for all takes a tenth of the time, and of an item's memory less
# than half.
@lru_cache(maxsize=_SHARED, typed=True)
def _share_tag(field: str, value: str, confidence: float, origin: int) -> ItemTag:
    return ItemTag(field, value, confidence, ORIGINS[origin])


@lru_cache(maxsize=_SHARED, typed=True)
def _share_variant(size: str, stock: int | None) -> Variant:
    return Variant(size, stock)


def _expect_texts(row: tuple[Any, ...]) -> None:
    for place, text in enumerate(row):
        if place in _TEXTS and type(text) is not str and (text is not None or place in _ALWAYS):
            raise TypeError(f"{text!r} where text was expected")


def _expect_colours(colours: object) -> bytes | None:
    if colours is not None and not (type(colours) is bytes and len(colours) == COLOUR_BYTES):
        raise TypeError(f"{colours!r} where {COLOUR_BYTES} bytes of colours were expected")
    return colours


def parse_details(text: str) -> dict[str, Detail]:
    """Read the details of an item.

    Raises:
        TypeError, ValueError, RecursionError: They are damaged.
    """
    if text == "{}":
        return {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()}


def to_kinds(value: Detail) -> int:
    """Return which kind a detail is: 1 (a number, true or false), 2 (text) or 4 (a list of text)."""
    return 2 if isinstance(value, str) else 4 if isinstance(value, tuple) else 1


def check_item(item: CatalogueItem) -> None:
    """Check that an item can be kept as it is.

    Raises:
        UsageError: A number is not finite or out of range, a text holds what no file can, a name is empty.
    """
    _check_numbers(item)
    _check_texts(item)
    if item.details and not _are_plain(item.details):
        for name, value in item.details.items():
            _check_detail(item.item_id, name, value)


def _check_numbers(item: CatalogueItem) -> None:
    for name, price in (("price", item.price), ("list_price", item.list_price)):
        if price is not None and not (isinstance(price, int | float) and math.isfinite(price)):
            raise UsageError(f"item {item.item_id!r} has a {name} of {price!r}; expected a finite number or None")
    for variant in item.variants:
        if variant.stock is not None and not (type(variant.stock) is int and abs(variant.stock) <= _LARGEST):
            raise UsageError(f"item {item.item_id!r} has a stock of {variant.stock!r}; expected a whole number or None")
    if item.look is not None and not (type(item.look) is int and 0 <= item.look < _WRAP):
        raise UsageError(f"item {item.item_id!r} has a perceptual hash of {item.look!r}; expected 64 bits")
    if item.colours is not None and not (type(item.colours) is bytes and len(item.colours) == COLOUR_BYTES):
        raise UsageError(
            f"item {item.item_id!r} has the colours {item.colours!r}; expected {COLOUR_BYTES} bytes or None"
        )
    if item.box is not None and not (len(item.box) == 4 and all(map(math.isfinite, item.box))):
        raise UsageError(f"item {item.item_id!r} has the box {item.box!r}; expected left, top, width, height")
    for tag in item.tags:
        if not 0 <= tag.confidence <= 1 or tag.origin not in RANKS or not tag.field or not tag.value:
            raise UsageError(
                f"item {item.item_id!r} has the tag {tag!r}; expected a field, a value, a confidence in [0, 1] and "
                f"one of the origins {', '.join(ORIGINS)}"
            )


def _check_texts(item: CatalogueItem) -> None:
    texts = [item.item_id, item.product_id, item.image, item.title, item.brand, item.currency, item.picture_hash]
    texts += [variant.size for variant in item.variants]
    for tag in item.tags:
        texts += (tag.field, tag.value)
    try:
        _check_text("\n".join(text for text in texts if text is not None))
    except (TypeError, ValueError) as error:
        raise UsageError(f"item {item.item_id!r} holds what can't be kept as text: {error}") from error


def _are_plain(details: Mapping[str, Detail]) -> bool:
    """Tell at once whether details can be kept, as nearly all can; where not, each is looked at."""
    texts = list(details)
    for value in details.values():
        kind = type(value)
        if kind is str:
            texts.append(value)  # type: ignore[arg-type]
        elif kind is tuple:
            texts += value  # type: ignore[arg-type]
        elif kind not in _PLAIN or not (value is None or -_LARGEST <= value <= _LARGEST):  # type: ignore[operator]
            return False  # a float that is no number or beyond all bounds included
    try:
        _check_text("\n".join(texts))
    except (TypeError, ValueError):
        return False
    return "" not in details


def _check_detail(item_id: str, name: str, value: Detail) -> None:
    try:
        _check_text(name)
        _check_text("\n".join(value) if isinstance(value, tuple) else value if isinstance(value, str) else "")
    except (TypeError, ValueError) as error:
        raise UsageError(f"item {item_id!r} holds what can't be kept as text in {name!r}: {error}") from error
    known = value is None or isinstance(value, str | bool | int | float | tuple)
    if not name or not known or (isinstance(value, float) and not math.isfinite(value)):
        raise UsageError(
            f"item {item_id!r} has {name!r}: {value!r} in its details; expected a name, and text, a finite number, "
            "true, false, or a tuple of text"
        )
    if type(value) is int and abs(value) > _LARGEST:
        raise UsageError(f"item {item_id!r} has {name!r}: {value!r}; expected a whole number of at most 64 bits")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("a null character")
    text.encode("utf-8")  # a lone surrogate raises


def _dump_details(details: Mapping[str, Detail]) -> str:
    if not details:
        return "{}"
    return json.dumps({name: value for name, value in details.items() if value is not None}, ensure_ascii=False)


def _parse_box(text: str) -> tuple[float, float, float, float]:
    left, top, width, height = map(float, json.loads(text))
    return left, top, width, height

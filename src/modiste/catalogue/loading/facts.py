"""From the rows of a manifest to items: what a shop says of its products, whatever its columns are called."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from modiste.catalogue.item import CatalogueItem, Detail, ItemTag, Variant
from modiste.imaging import Box
from modiste.manifest import LABEL, META
from modiste.readers.feeds import parse_amount, parse_stock
from modiste.readers.kaggle_details import ATTRIBUTE
from modiste.taxonomy import Taxonomy

__all__ = ["Facts", "fold_name"]

# The columns that play a part, by their folded names; the first that is there and filled counts.
_PAID: Final = ("discountedprice", "saleprice", "specialprice", "offerprice", "finalprice")
_LISTED: Final = ("listprice", "regularprice", "originalprice", "compareatprice", "mrp")
_PRICE: Final = ("price",)
_CURRENCY: Final = ("currency", "pricecurrency", "currencycode")
_BRAND: Final = ("brand", "brandname", "vendor", "manufacturer")
_SIZES: Final = ("sizes", "size")
_STOCK: Final = ("stock", "inventory", "quantity", "qty", "inventoryquantity", "stockquantity")
_TITLE: Final = ("title", "productdisplayname", "productname", "name")
_PARTS: Final = frozenset((*_PAID, *_LISTED, *_PRICE, *_CURRENCY, *_BRAND, *_SIZES, *_STOCK))
# Names that filters give to something else.
_TAKEN: Final = frozenset(
    ("item_id", "product_id", "title", "brand", "price", "list_price", "currency", "size", "stock", "image")
)
_OTHER_FIELD_NAMES: Final = {"colour": "basecolour", "color": "basecolour", "basecolor": "basecolour"}
_OTHER_VALUES: Final = {"gender": {"female": "women", "male": "men", "woman": "women", "man": "men"}}
_SPLIT: Final = re.compile(r"\s*[;,/|]\s*")
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True)
class _Column:
    name: str  # in the table
    detail: str  # in the catalogue


class Facts:
    """What the rows of a table say, as items without pictures' vectors, hashes and predicted tags.

    The price is the discounted one where there is one, the list price the one before a discount. A label column becomes
    tags of origin ``"source"``; one that is called like a field of the bundle, in any case, counts for that field, and
    its values are written as the bundle writes them. Every other column becomes a detail under its own name.

    Args:
        table: The items of a manifest.
        taxonomy: The fields of the catalogue's bundle.

    Example:
        >>> table = pl.DataFrame({"item_id": ["7"], "label.Gender": ["women"], "meta.price": [99.0]})
        >>> item = Facts(table, Taxonomy(())).build(pl.Series([0]))[0]
        >>> item.price, item.values("Gender")
        (99.0, ('women',))
    """

    def __init__(self, table: pl.DataFrame, taxonomy: Taxonomy) -> None:
        self._table = table
        self._fields = {fold_name(field.name): field for field in taxonomy}
        folded = _fold_columns(table.columns)
        self._folded = {name: column for name, column in folded.items() if name in _PARTS or name in _TITLE}
        used = {column for name, column in folded.items() if name in _PARTS}
        self._labels = [name for name in table.columns if name.startswith(LABEL) and name not in used]
        fields = {self._name_field(name) for name in self._labels} | set(taxonomy.names)
        rest = [name for name in table.columns if name.startswith(META) and name not in used]
        self._details = _name_details(rest, fields)
        self._values = {name: _spell_values(field.name, field.values) for name, field in self._fields.items()}

    def build(self, rows: pl.Series) -> list[CatalogueItem]:
        """Build the items of some rows, given by their numbers, in that order."""
        part = self._table[rows]
        get = _Cells(part, self._folded)
        tags = self._build_tags(part)
        details = self._build_details(part)
        columns = [_list(part, name) for name in ("item_id", "product_id", "image", "box", "title")]
        listed = list(map(_to_number, get.first(*_LISTED, *_PRICE)))
        paid = [_positive(value) for value in get.first(*_PAID)]
        plain = list(map(_to_number, get.first(*_PRICE)))
        brands, currencies = list(map(_to_text, get.first(*_BRAND))), list(map(_to_text, get.first(*_CURRENCY)))
        variants = list(map(_build_variants, get.first(*_SIZES), get.first(*_STOCK)))
        titles = list(map(_to_text, get.first(*_TITLE)))
        return [
            CatalogueItem(
                item_id,
                product_id=product_id or "",
                image=image,
                box=_to_box(box),
                title=_to_text(title) or titles[at],
                brand=brands[at],
                price=_first(paid[at], plain[at], listed[at]),
                list_price=listed[at],
                currency=currencies[at],
                variants=variants[at],
                tags=tuple(tags[at]),
                details=details[at],
            )
            for at, (item_id, product_id, image, box, title) in enumerate(zip(*columns, strict=True))
        ]

    def _name_field(self, column: str) -> str:
        name = column.removeprefix(LABEL)
        folded = fold_name(name)
        field = self._fields.get(folded) or self._fields.get(_OTHER_FIELD_NAMES.get(folded, ""))
        return name if field is None else field.name

    def _build_tags(self, part: pl.DataFrame) -> list[list[ItemTag]]:
        tags: list[list[ItemTag]] = [[] for _ in range(part.height)]
        for column in self._labels:
            name = self._name_field(column)
            spelt = self._values.get(fold_name(name), {})
            made: dict[str, ItemTag] = {}
            for at, said in enumerate(part[column].to_list()):
                for value in (said,) if isinstance(said, str) else said or ():
                    text = _to_text(value)
                    if text is not None:
                        text = spelt.get(text.casefold(), text)
                        tags[at].append(made.setdefault(text, ItemTag(name, text)))
        return tags

    def _build_details(self, part: pl.DataFrame) -> list[dict[str, Detail]]:
        details: list[dict[str, Detail]] = [{} for _ in range(part.height)]
        for column in self._details:
            filled = part[column.name].drop_nulls()
            if not len(filled):
                continue
            places = part[column.name].is_not_null().arg_true().to_list()
            for at, value in zip(places, filled.to_list(), strict=True):
                detail = _to_detail(value)
                if detail is not None:
                    details[at][column.detail] = detail
        return details


class _Cells:
    """The cells of the columns that play a part."""

    def __init__(self, part: pl.DataFrame, folded: Mapping[str, str]) -> None:
        self._part, self._folded = part, folded

    def first(self, *names: str) -> list[Any]:
        """Return for each row the first filled cell among some columns, None where there is none."""
        columns = [self._part[self._folded[name]].to_list() for name in names if name in self._folded]
        if not columns:
            return [None] * self._part.height
        return [_first(*cells) for cells in zip(*columns, strict=True)]


def fold_name(name: str) -> str:
    """Return a column's name without its case and without what is neither letter nor digit.

    Example:
        >>> fold_name("Base Colour") == fold_name("base_colour")
        True
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def _fold_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return folded name -> column; free metadata count before labels, the attributes of a shop's record never."""
    found: dict[str, str] = {}
    for prefix in (META, LABEL):
        for column in columns:
            if column.startswith(prefix) and not column.startswith(ATTRIBUTE):
                found.setdefault(fold_name(column.removeprefix(prefix)), column)
    return found


def _name_details(columns: Sequence[str], fields: Iterable[str]) -> list[_Column]:
    """Name details: attributes by their own names, unless something else is called so."""
    taken = {*_TAKEN, *map(str.casefold, fields)}
    taken |= {name.removeprefix(META).casefold() for name in columns if not name.startswith(ATTRIBUTE)} - taken
    named = []
    for column in columns:
        name = column.removeprefix(META)
        short = column.removeprefix(ATTRIBUTE)
        if column.startswith(ATTRIBUTE) and short and short.casefold() not in taken:
            name = short
        elif name.casefold() in {*_TAKEN, *map(str.casefold, fields)}:
            name = f"source.{name}"
        named.append(_Column(column, name))
    return named


def _spell_values(field: str, values: Sequence[str]) -> dict[str, str]:
    spelt = {value.casefold(): value for value in values}
    others = {other: spelt[value] for other, value in _OTHER_VALUES.get(field, {}).items() if value in spelt}
    return others | spelt


def _list(part: pl.DataFrame, name: str) -> list[Any]:
    return part[name].to_list() if name in part.columns else [None] * part.height


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _to_text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value).replace("\0", "").strip()
    return text or None


def _to_number(value: object) -> float | None:
    if isinstance(value, str):
        return parse_amount(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _positive(value: object) -> float | None:
    number = _to_number(value)
    return number if number is not None and number > 0 else None


def _to_box(box: Sequence[float] | None) -> Box | None:
    if box is None:
        return None
    left, top, width, height = box
    return left, top, width, height


def _build_variants(sizes: Any, stock: Any) -> tuple[Variant, ...]:
    pieces = _to_stock(stock)
    if isinstance(sizes, list):
        if all(isinstance(size, Mapping) for size in sizes):
            said = [(size.get("size"), size.get("stock")) for size in sizes]
            return tuple(Variant(str(size).replace("\0", ""), _to_stock(left)) for size, left in said if size)
        names = [text for size in sizes if (text := _to_text(size))]
    else:
        names = [name for name in _SPLIT.split(_to_text(sizes) or "") if name]
    if not names:
        return () if pieces is None else (Variant("", pieces),)
    # A number beside several sizes says nothing of each, unless it is none.
    return tuple(Variant(name, pieces if len(names) == 1 or pieces == 0 else None) for name in dict.fromkeys(names))


def _to_stock(value: object) -> int | None:
    if isinstance(value, str):
        return parse_stock(value)
    number = _to_number(value)
    return None if number is None else max(0, min(int(number), _LARGEST))


def _to_detail(value: Any) -> Detail:
    if isinstance(value, list):
        plain = [entry for entry in value if isinstance(entry, str | int | float)]
        return tuple(text for entry in plain if (text := _to_text(entry))) or None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else float(value)
    return _to_text(value) if isinstance(value, str) else None

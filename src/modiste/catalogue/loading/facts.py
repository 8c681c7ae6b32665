"""From the rows of a manifest to items: what a shop says of its products, whatever its columns are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import polars as pl

from modiste.catalogue.item import CatalogueItem, Detail, ItemTag, Variant
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
_LARGEST: Final = 2**62
_WHOLE: Final = (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32)


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
        self._fields = {fold_name(field.name): field for field in taxonomy}
        self._spelt = {field.name: _spell_values(field.name, field.values) for field in taxonomy}
        folded = _fold_columns(table.columns)
        used = {column for name, column in folded.items() if name in _PARTS}
        labels = [name for name in table.columns if name.startswith(LABEL) and name not in used]
        self._labels = [(name, self._name_field(name.removeprefix(LABEL))) for name in labels]
        rest = [name for name in table.columns if name.startswith(META) and name not in used]
        self._details = _name_details(rest, {*(field for _, field in self._labels), *taxonomy.names})
        self._made: dict[tuple[str, str], ItemTag] = {}
        self._table = _clean(table, labels, rest)
        self._parts = _read_parts(table, folded)

    def build(self, rows: pl.Series) -> list[CatalogueItem]:
        """Build the items of some rows, given by their numbers, in that order."""
        part, parts = self._table[rows], self._parts[rows]
        tags, details = self._build_tags(part), self._build_details(part)
        columns = [_list(part, name) for name in ("item_id", "product_id", "image", "box")]
        facts = [parts[name].to_list() for name in ("title", "brand", "price", "list_price", "currency")]
        variants = _list_variants(parts)
        return [
            CatalogueItem(
                item_id,
                product_id=product_id or "",
                image=image,
                box=None if box is None else tuple(box),
                title=title,
                brand=brand,
                price=price,
                list_price=list_price,
                currency=currency,
                variants=sizes,
                tags=tuple(said),
                details=more,
            )
            for item_id, product_id, image, box, title, brand, price, list_price, currency, sizes, said, more in zip(
                *columns, *facts, variants, tags, details, strict=True
            )
        ]

    def _name_field(self, name: str) -> str:
        folded = fold_name(name)
        field = self._fields.get(folded) or self._fields.get(_OTHER_FIELD_NAMES.get(folded, ""))
        return name if field is None else field.name

    def _build_tags(self, part: pl.DataFrame) -> list[list[ItemTag]]:
        tags: list[list[ItemTag]] = [[] for _ in range(part.height)]
        for column, name in self._labels:
            for at, said in enumerate(part[column].to_list()):
                if isinstance(said, str):
                    tags[at].append(self._make_tag(name, said))
                elif said:
                    tags[at] += [self._make_tag(name, value) for value in said]
        return tags

    def _make_tag(self, name: str, said: str) -> ItemTag:
        tag = self._made.get((name, said))
        if tag is None:
            value = self._spelt.get(name, {}).get(said.casefold(), said)
            tag = self._made[name, said] = ItemTag(name, value)
        return tag

    def _build_details(self, part: pl.DataFrame) -> list[dict[str, Detail]]:
        details: list[dict[str, Detail]] = [{} for _ in range(part.height)]
        for column, name in self._details:
            series = part[column]
            if series.null_count() == part.height:
                continue
            # A plain loop: of the shop's 200 columns most are nearly empty, and each call of polars costs 0.2 ms.
            for own, value in zip(details, series.to_list(), strict=True):
                if value is not None:
                    own[name] = tuple(value) if isinstance(value, list) else value
        return details


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


def _name_details(columns: Sequence[str], fields: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of column and detail: attributes get their own names, unless something else is called so."""
    reserved = {*_TAKEN, *map(str.casefold, fields)}
    others = {name.removeprefix(META).casefold() for name in columns if not name.startswith(ATTRIBUTE)}
    named = []
    for column in columns:
        name, short = column.removeprefix(META), column.removeprefix(ATTRIBUTE)
        if short and short != column and short.casefold() not in reserved | others:
            name = short
        elif name.casefold() in reserved:
            name = f"source.{name}"
        named.append((column, name))
    return named


def _spell_values(field: str, values: Sequence[str]) -> dict[str, str]:
    spelt = {value.casefold(): value for value in values}
    others = {other: spelt[value] for other, value in _OTHER_VALUES.get(field, {}).items() if value in spelt}
    return others | spelt


def _clean(table: pl.DataFrame, labels: Sequence[str], details: Sequence[str]) -> pl.DataFrame:
    """Return a table whose labels and details are as a catalogue keeps them: what says nothing is null."""
    columns = [_clean_column(table[name]).alias(name) for name in (*labels, *details)]
    texts = {name: pl.String for name in labels if not isinstance(table[name].dtype, pl.List)}
    return table.with_columns(columns).cast(texts)  # type: ignore[arg-type]


def _clean_column(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if isinstance(dtype, pl.List) and (dtype.inner == pl.String or dtype.inner.is_numeric()):
        texts = column.cast(pl.List(pl.String))
        cleaned = texts.list.eval(_clean_text(pl.element()).drop_nulls())
        return cleaned.to_frame("c").select(pl.when(pl.col("c").list.len() > 0).then("c"))["c"]
    if dtype.is_float():
        return column.to_frame("c").select(pl.when(pl.col("c").is_finite()).then(pl.col("c").cast(pl.Float64)))["c"]
    if dtype == pl.Int64:
        return column.to_frame("c").select(pl.when(pl.col("c") >= -(2**63 - 1)).then("c"))["c"]  # what can be negated
    if dtype.is_integer() or dtype == pl.Boolean:
        return column if dtype in (pl.Boolean, *_WHOLE) else column.cast(pl.Float64)
    if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Date, pl.Time, pl.Datetime) or dtype.is_decimal():
        return column.cast(pl.String).to_frame("c").select(_clean_text(pl.col("c")))["c"]
    return pl.Series([None] * len(column), dtype=pl.String)


def _clean_text(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_all("\0", "", literal=True).str.strip_chars()
    return pl.when(plain.str.len_bytes() > 0).then(plain)


def _list(part: pl.DataFrame, name: str) -> list[Any]:
    return part[name].to_list() if name in part.columns else [None] * part.height


def _read_parts(table: pl.DataFrame, folded: Mapping[str, str]) -> pl.DataFrame:
    """Return title, brand, prices, currency, ``sizes`` and ``stock``, whatever their columns are called."""

    def pick(names: Iterable[str], convert: Callable[[pl.Series], pl.Series]) -> pl.Expr:
        found = [convert(table[folded[name]]) for name in names if name in folded]
        return pl.coalesce(found) if found else pl.lit(None)

    titles: list[Any] = [] if "title" not in table.columns else [_to_texts(table["title"])]
    listed, plain = pick((*_LISTED, *_PRICE), _to_numbers), pick(_PRICE, _to_numbers)
    paid = pick(_PAID, lambda column: _to_numbers(column).replace(0.0, None))
    made = table.with_columns(
        title=pl.coalesce([*titles, pick(_TITLE, _to_texts)]).cast(pl.String),
        brand=pick(_BRAND, _to_texts).cast(pl.String),
        price=pl.coalesce(paid, plain, listed).cast(pl.Float64),
        list_price=listed.cast(pl.Float64),
        currency=pick(_CURRENCY, _to_texts).cast(pl.String),
        sizes=next((table[folded[name]] for name in _SIZES if name in folded), pl.lit(None, pl.String)),
        stock=pick(_STOCK, _to_stocks).cast(pl.Int64),
    )
    return made.select("title", "brand", "price", "list_price", "currency", "sizes", "stock")


def _to_texts(column: pl.Series) -> pl.Series:
    cleaned = _clean_column(column)
    if isinstance(cleaned.dtype, pl.List):
        return cleaned.list.join(", ")
    return cleaned.cast(pl.String)


def _to_numbers(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric():
        return _clean_column(column.cast(pl.Float64))
    return pl.Series([parse_amount(text) if text else None for text in _to_texts(column)], dtype=pl.Float64)


def _to_stocks(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric():
        return _clean_column(column.cast(pl.Float64)).clip(0, _LARGEST).cast(pl.Int64, strict=False)
    return pl.Series([parse_stock(text) if text else None for text in _to_texts(column)], dtype=pl.Int64)


def _list_variants(parts: pl.DataFrame) -> list[tuple[Variant, ...]]:
    sizes, stock = parts["sizes"], parts["stock"].to_list()
    if isinstance(sizes.dtype, pl.List) and isinstance(sizes.dtype.inner, pl.Struct):
        return _read_variants(sizes)
    texts = sizes if isinstance(sizes.dtype, pl.List) else _to_texts(sizes)
    return [_build_variants(*pair) for pair in zip(texts.to_list(), stock, strict=True)]


def _read_variants(sizes: pl.Series) -> list[tuple[Variant, ...]]:
    """Read what a feed or a shop's record says: lists of ``size`` and ``stock``."""
    counts = sizes.list.len().fill_null(0).to_list()
    said = sizes.filter(sizes.list.len() > 0).explode().struct.unnest()
    names = said["size"].cast(pl.String).str.replace_all("\0", "", literal=True).to_list()
    stock = said["stock"].cast(pl.Int64).clip(0).to_list() if "stock" in said.columns else [None] * len(names)
    pairs = iter(zip(names, stock, strict=True))
    made: dict[tuple[str, int | None], Variant] = {}
    return [
        tuple(
            made.get(pair) or made.setdefault(pair, Variant(*pair))
            for pair in islice(pairs, count)
            if pair[0] is not None
        )
        for count in counts
    ]


def _build_variants(sizes: str | list[Any] | None, pieces: int | None) -> tuple[Variant, ...]:
    if isinstance(sizes, list):
        names = [str(size).replace("\0", "").strip() for size in sizes if size is not None]
    else:
        names = _SPLIT.split(sizes or "")
    names = list(dict.fromkeys(name for name in names if name))
    if not names:
        return () if pieces is None else (Variant("", pieces),)
    # A number beside several sizes says nothing of each, unless it is none.
    return tuple(Variant(name, pieces if len(names) == 1 or pieces == 0 else None) for name in names)

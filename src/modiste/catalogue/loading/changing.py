"""Changes that people write down: ``price=99 stock.M=3``, or a table of new prices and stock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from modiste.catalogue.backend import Backend, ItemChange
from modiste.catalogue.item import CatalogueItem, Detail, Variant
from modiste.catalogue.loading.facts import fold_name
from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.readers.building import Problems
from modiste.readers.cells import is_blank
from modiste.readers.feeds import parse_amount, parse_stock
from modiste.readers.raw_table import load_table
from modiste.taxonomy import Taxonomy

__all__ = ["Settings", "apply_settings", "parse_settings", "update_from_table"]

_SPLIT: Final = re.compile(r"\s*[;,|]\s*")
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,10})?")
_TRUTHS: Final = {"true": True, "false": False}
_IDS: Final = ("itemid", "id", "uid", "key", "sku")
_PRICES: Final = ("price", "list_price")
_FIXED: Final = ("item_id", "product_id", "image", "box", "currency", "picture_hash", "look", "colours")
_CHUNK: Final = 1024


@dataclass(frozen=True)
class Settings:
    """New values by name, as `parse_settings` checked them.

    Args:
        price: What is paid now; None leaves it.
        list_price: The price before a discount.
        title: The product's name.
        brand: The maker.
        sizes: All sizes with their stock; None leaves them.
        stock: Size -> its new stock; the size "" is the only one.
        details: Name -> value; None removes it.
        corrections: Field -> the right values; empty takes a correction back.
    """

    price: float | None = None
    list_price: float | None = None
    title: str | None = None
    brand: str | None = None
    sizes: tuple[Variant, ...] | None = None
    stock: tuple[tuple[str, int], ...] = ()
    details: tuple[tuple[str, Detail], ...] = ()
    corrections: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def to_change(self, item: CatalogueItem) -> ItemChange:
        """Return what these settings change of an item.

        Raises:
            UsageError: A size is set that the item does not have.
        """
        return ItemChange(
            item.item_id,
            price=self.price,
            list_price=self.list_price,
            variants=self._to_variants(item),
            title=self.title,
            brand=self.brand,
            details=dict(self.details) or None,
            corrections=dict(self.corrections) or None,
        )

    def _to_variants(self, item: CatalogueItem) -> tuple[Variant, ...] | None:
        if self.sizes is None and not self.stock:
            return None
        variants = list(item.variants if self.sizes is None else self.sizes)
        for size, pieces in self.stock:
            if not size and len(variants) > 1:
                names = ", ".join(variant.size for variant in variants)
                raise UsageError(
                    f"item {item.item_id!r} has several sizes ({names}); say which: stock.{variants[0].size}={pieces}"
                )
            name = size or (variants[0].size if variants else "")
            known = [variant.size.casefold() for variant in variants]
            made = Variant(name, pieces)
            if name.casefold() in known:
                place = known.index(name.casefold())
                variants[place] = Variant(variants[place].size, pieces)
            else:
                variants.append(made)
        return tuple(variants)


def parse_settings(words: Iterable[str], taxonomy: Taxonomy) -> Settings:
    """Read ``name=value`` words.

    ``price``, ``list_price``, ``title`` and ``brand`` set what they say; ``sizes=S:3,M:0,L`` sets all sizes with their
    stock (without a number it is not counted), ``stock.M=3`` that of one, ``stock=3`` that of the only one. A field of
    the bundle is corrected: ``colour=Navy;White``, and ``colour=`` takes the correction back. Any other name is a
    detail: a number, true, false or text; empty removes it.

    Args:
        words: The words.
        taxonomy: The fields of the catalogue's bundle.

    Raises:
        UsageError: A word says nothing, or a value does not fit.
        UnknownNameError: A correction names a value that the bundle does not know.

    Example:
        >>> parse_settings(["price=1,299", "stock.M=3"], Taxonomy(())).stock
        (('M', 3),)
    """
    made: dict[str, Any] = {"stock": [], "details": [], "corrections": []}
    for word in words:
        name, mark, value = word.partition("=")
        if not mark or not name.strip():
            raise UsageError(f"{word!r} sets nothing; expected NAME=VALUE, such as price=999 or stock.M=3")
        _set(made, name.strip(), value.strip(), taxonomy)
    for name in ("stock", "details", "corrections"):
        made[name] = tuple(made[name])
    return Settings(**made)


def apply_settings(backend: Backend, item_ids: Sequence[str], settings: Settings) -> list[str]:
    """Change some items; return the ids that are not there."""
    missing: list[str] = []
    for start in range(0, len(item_ids), _CHUNK):
        some = list(dict.fromkeys(item_ids[start : start + _CHUNK]))
        items = backend.get(some)
        missing += [item_id for item_id in some if item_id not in items]
        missing += backend.patch([settings.to_change(item) for item in items.values()])
    return missing


def update_from_table(
    backend: Backend, table: Path | str, *, id_column: str | None = None
) -> tuple[int, list[str], list[tuple[str, str]]]:
    """Change items as a table says: one row an item, its columns named as in `parse_settings`.

    Empty cells leave things as they are. Columns may also be called ``stock``, ``size`` and the like as shops do: a row
    with ``size`` and ``stock`` sets the stock of that size.

    Args:
        backend: The catalogue.
        table: CSV, Excel, Parquet or JSON lines.
        id_column: The column with the item's id; by default the one that is called so.

    Returns:
        How many items were changed or were so already, the ids that are not there, and pairs of where and why for rows
        that say nothing that fits.

    Raises:
        SourceError: It can't be read, or has no column of ids.
    """
    problems = Problems()
    path = Path(table)
    try:
        raw = load_table(path.name, path.read_bytes(), problems)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror or error}") from error
    names = list(raw.columns)
    ids = _find_ids(names, id_column)
    taxonomy = backend.describe().head.taxonomy
    refused = [(where, reason) for where, reason, _ in problems.to_frame().rows()]
    wanted: dict[str, list[Settings]] = {}
    for row, place in enumerate(raw.places):
        cells = {name: raw.columns[name][row] for name in names}
        item_id = _to_word(cells.pop(ids))
        try:
            settings = parse_settings(_list_words(cells, taxonomy), taxonomy)
        except UsageError as error:
            refused.append((place, str(error)))
            continue
        if item_id:
            wanted.setdefault(item_id, []).append(settings)
        else:
            refused.append((place, f"no id in the column {ids}"))
    done, missing = _apply_all(backend, wanted, refused)
    return done, missing, refused


def _apply_all(
    backend: Backend, wanted: dict[str, list[Settings]], refused: list[tuple[str, str]]
) -> tuple[int, list[str]]:
    ids, done, missing = list(wanted), 0, []
    for start in range(0, len(ids), _CHUNK):
        items = backend.get(ids[start : start + _CHUNK])
        missing += [item_id for item_id in ids[start : start + _CHUNK] if item_id not in items]
        changes: list[ItemChange] = []
        for item_id, item in items.items():
            made = _fold_changes(item, wanted[item_id], refused)
            changes += made
            done += bool(made)
        missing += backend.patch(changes)
    return done, list(dict.fromkeys(missing))


def _fold_changes(
    item: CatalogueItem, settings: Sequence[Settings], refused: list[tuple[str, str]]
) -> list[ItemChange]:
    """Return the changes of several rows about one item; each sees the sizes that the earlier ones set."""
    changes = []
    for one in settings:
        try:
            change = one.to_change(item)
        except UsageError as error:
            refused.append((item.item_id, str(error)))
            continue
        changes.append(change)
        if change.variants is not None:
            item = replace(item, variants=change.variants)
    return changes


def _find_ids(names: Sequence[str], told: str | None) -> str:
    if told is not None:
        if told not in names:
            raise UnknownNameError("column", told, names)
        return told
    folded = {fold_name(name): name for name in reversed(names)}
    found = next((folded[name] for name in _IDS if name in folded), None)
    if found is None:
        raise SourceError(f"no column holds the items' ids; the columns are {', '.join(names)}. Name it: --id-column")
    return found


def _list_words(cells: dict[str, Any], taxonomy: Taxonomy) -> list[str]:
    """Return the cells of a row as ``name=value`` words, under the names that `parse_settings` knows."""
    folded = {fold_name(name): name for name in ("price", "list_price", "title", "brand", "sizes", *taxonomy.names)}
    filled = {name: cell for name, cell in cells.items() if not is_blank(cell) and _to_word(cell)}
    size = next((name for name in filled if fold_name(name) == "size"), None)
    stock = next((name for name in filled if fold_name(name) in ("stock", "quantity", "inventory")), None)
    words = []
    if stock is not None:
        pieces = _to_word(filled.pop(stock))
        words.append(f"stock.{_to_word(filled.pop(size))}={pieces}" if size is not None else f"stock={pieces}")
    for name, cell in filled.items():
        known = folded.get(fold_name(name), name)
        if known not in _FIXED and name != size:
            words.append(f"{known}={_to_word(cell)}")
    return words


def _to_word(cell: Any) -> str:
    if isinstance(cell, list | tuple):
        return ";".join(map(str, cell))
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _set(made: dict[str, Any], name: str, value: str, taxonomy: Taxonomy) -> None:
    if name in _FIXED:
        raise UsageError(f"{name} can't be changed; add the item anew. Type: modiste catalogue add SOURCE CATALOGUE")
    if name in _PRICES:
        made[name] = _parse_price(name, value)
    elif name in ("title", "brand"):
        made[name] = value
    elif name == "sizes":
        made["sizes"] = tuple(_parse_variant(part) for part in _SPLIT.split(value) if part)
    elif name == "stock" or name.startswith("stock."):
        made["stock"].append((name.removeprefix("stock").removeprefix("."), _parse_stock(name, value)))
    elif name in taxonomy:
        values = tuple(part for part in _SPLIT.split(value) if part)
        made["corrections"].append((name, tuple(_spell(name, part, taxonomy) for part in values)))
    else:
        made["details"].append((name, _parse_detail(value)))


def _spell(name: str, value: str, taxonomy: Taxonomy) -> str:
    known = {one.casefold(): one for one in taxonomy[name].values}
    if value.casefold() not in known:
        raise UnknownNameError(f"value of {name}", value, taxonomy[name].values)
    return known[value.casefold()]


def _parse_price(name: str, value: str) -> float:
    amount = parse_amount(value)
    if amount is None or value.startswith("-"):
        raise UsageError(f"{name} is {value!r}; expected an amount, such as {name}=999")
    return amount


def _parse_stock(name: str, value: str) -> int:
    pieces = parse_stock(value)
    if pieces is None:
        raise UsageError(f"{name} is {value!r}; expected a whole number, such as {name}=3")
    return pieces


def _parse_variant(part: str) -> Variant:
    size, mark, pieces = part.rpartition(":")
    return Variant(size.strip(), _parse_stock(f"the stock of {size}", pieces)) if mark else Variant(part)


def _parse_detail(value: str) -> Detail:
    if _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return _TRUTHS.get(value.casefold(), value or None)

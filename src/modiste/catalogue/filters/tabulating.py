"""The columns of items that are in memory: what filters and facets of few items, and of tests, are asked of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from modiste.catalogue.filters.columns import (
    Column,
    ColumnKind,
    NumberColumn,
    VariantColumns,
    WordColumn,
    WordListColumn,
    find_kind,
)
from modiste.catalogue.filters.literals import to_word
from modiste.catalogue.item import CatalogueItem, Detail

__all__ = ["NUMBER_NAMES", "WORD_NAMES", "ItemColumns", "choose_kind", "tabulate_items"]

WORD_NAMES: Final = ("item_id", "product_id", "title", "brand", "currency")
NUMBER_NAMES: Final = ("price", "list_price")


class ItemColumns:
    """The columns of some items.

    Args:
        columns: All but size and stock, of n rows each.
        variants: Size and stock, of n rows.
    """

    def __init__(self, columns: dict[str, Column], variants: VariantColumns) -> None:
        self._columns = columns
        self._variants = variants

    def names(self) -> list[str]:
        """List the columns."""
        return [*self._columns, "size", "stock"]

    def column(self, name: str) -> Column:
        """Return a column other than size and stock."""
        return self._columns[name]

    def variants(self) -> VariantColumns:
        """Return the sizes with their stock."""
        return self._variants

    def kinds(self) -> dict[str, ColumnKind]:
        """Say what each column holds."""
        kinds = {name: find_kind(column) for name, column in self._columns.items()}
        return {**kinds, "size": "variant", "stock": "variant"}

    def __len__(self) -> int:
        return len(self._variants)


def tabulate_items(items: Sequence[CatalogueItem], *, fields: Iterable[str] = ()) -> ItemColumns:
    """Build the columns of items.

    Args:
        items: n of them.
        fields: Fields that have a column though no item has a tag of them.

    Returns:
        The item's own columns, then one a field (its effective values), then one a name in the details. Of columns
        with one name, the first counts.

    Example:
        >>> from modiste.catalogue.item import ItemTag
        >>> columns = tabulate_items([CatalogueItem("7", tags=(ItemTag("gender", "Men"),), details={"year": 2012})])
        >>> columns.kinds()["gender"], columns.kinds()["year"]
        ('words', 'number')
    """
    columns: dict[str, Column] = {}
    for name in WORD_NAMES:
        columns[name] = WordColumn.from_words(getattr(item, name) for item in items)
    for name in NUMBER_NAMES:
        columns[name] = _build_numbers([getattr(item, name) for item in items])
    for name in dict.fromkeys([*fields, *(tag.field for item in items for tag in item.tags)]):
        columns.setdefault(name, WordListColumn.from_lists([item.values(name) for item in items]))
    for name in dict.fromkeys(name for item in items for name in item.details):
        columns.setdefault(name, _build_details([item.details.get(name) for item in items]))
    variants = VariantColumns.from_lists([[(one.size, one.stock) for one in item.variants] for item in items])
    return ItemColumns({name: column for name, column in columns.items() if name not in _VARIANTS}, variants)


def choose_kind(values: Iterable[Detail]) -> ColumnKind:
    """Say what a column of details holds.

    Args:
        values: Of the items that have it.

    Returns:
        ``"number"`` if all are numbers or truths, ``"words"`` if any is a list, else ``"word"``: numbers among words
        are words.

    Example:
        >>> choose_kind([1, 2.5, True, None]), choose_kind(["a", 1]), choose_kind(["a", ("b",)])
        ('number', 'word', 'words')
    """
    present = [value for value in values if value is not None]
    if any(isinstance(value, tuple) for value in present):
        return "words"
    return "word" if any(isinstance(value, str) for value in present) else "number"


_VARIANTS: Final = ("size", "stock")


def _build_details(values: list[Detail]) -> Column:
    kind = choose_kind(values)
    if kind == "number":
        return _build_numbers(values)
    lists = [to_words(value) for value in values]
    if kind == "words":
        return WordListColumn.from_lists(lists)
    return WordColumn.from_words(words[0] if words else None for words in lists)


def to_words(value: Detail) -> tuple[str, ...]:
    """Turn a detail into the words that it is in a column of words; () if it is missing."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (to_word(value),)


def _build_numbers(values: Sequence[Detail]) -> NumberColumn:
    return NumberColumn(np.asarray([np.nan if value is None else value for value in values], np.float64))

"""Facets of a catalogue in Milvus, counted here from what is streamed: Milvus counts rows, not values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from modiste.catalogue.facets import FacetValue, count_facets
from modiste.catalogue.filters import ColumnKind, tabulate_items, to_word
from modiste.catalogue.item import CatalogueItem, Detail
from modiste.errors import UnknownNameError

__all__ = ["count_streamed"]


def count_streamed(
    items: Iterable[CatalogueItem], names: Sequence[str], kinds: Mapping[str, ColumnKind], fields: Sequence[str]
) -> dict[str, list[FacetValue]]:
    """Count the values of some columns among items.

    Args:
        items: Those that the filter keeps.
        names: The columns.
        kinds: Of all columns of the catalogue.
        fields: Those that are fields.

    Raises:
        UnknownNameError: There is no such column.
    """
    for name in names:
        if name not in kinds:
            raise UnknownNameError("column", name, kinds)
    columns = tabulate_items([_reduce(item, set(names), kinds) for item in items], fields=fields)
    there = set(columns.names())
    counted = count_facets(columns, [name for name in names if name in there], None)
    return {name: counted.get(name, []) for name in names}


def _reduce(item: CatalogueItem, names: set[str], kinds: Mapping[str, ColumnKind]) -> CatalogueItem:
    """Return an item with what is counted only: there may be millions."""
    details = {name: _align(value, kinds[name]) for name, value in item.details.items() if name in names}
    return CatalogueItem(
        item.item_id,
        item.product_id,
        title=item.title if "title" in names else None,
        brand=item.brand,
        price=item.price,
        list_price=item.list_price,
        currency=item.currency,
        variants=item.variants if "size" in names else (),
        tags=tuple(tag for tag in item.tags if tag.field in names),
        details=details,
    )


def _align(value: Detail, kind: ColumnKind) -> Detail:
    """Make a number among words a word, as it is in the whole column."""
    if kind == "number" or value is None or isinstance(value, str | tuple):
        return value
    return to_word(value if isinstance(value, bool) else float(value))

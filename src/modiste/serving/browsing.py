"""Lists of items that nothing is looked for in: pages in an order, and some by chance."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from modiste.catalogue import Backend, CatalogueItem
from modiste.catalogue.facets import FacetValue
from modiste.catalogue.filters import Filter, parse_filter, write_literal
from modiste.catalogue.ordering import Order
from modiste.catalogue.search import Results

__all__ = ["Browser", "read_filter"]

_LOOKED_AT: Final = 2_000  # items of a brand whose titles are compared


class Browser:
    """Lists the items of a catalogue; threads may share it.

    Args:
        backend: The catalogue.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def page(self, where: Filter | None, limit: int, after: str | None) -> tuple[list[CatalogueItem], str | None]:
        """Return a page of items in the order in which they were added, and the last one's id if there are more.

        Args:
            where: Only those that pass.
            limit: How many at most.
            after: The last item of the page before; one that is gone begins anew.
        """
        ids = self._backend.list_ids(where)
        start = ids.index(after) + 1 if after is not None and after in ids else 0
        some = ids[start : start + limit]
        return self._read(some), some[-1] if start + limit < len(ids) else None

    def sample(self, where: Filter | None, count: int, seed: int) -> list[CatalogueItem]:
        """Return some items by chance, the same ones for the same seed."""
        ids = self._backend.list_ids(where)
        chance = random.Random(seed)  # noqa: S311  (a wall of products is no secret)
        return self._read(chance.sample(ids, min(count, len(ids))))

    def browse(
        self, where: Filter | None, by: Order, *, k: int, offset: int, facets: Sequence[str]
    ) -> tuple[Results, list[CatalogueItem]]:
        """Return a page of all items in an order, as results without hits, and its items."""
        start = time.perf_counter()
        ids = self._backend.list_ids(where, by=by)
        counted: Mapping[str, list[FacetValue]] = self._backend.count_facets(facets, where=where) if facets else {}
        items = self._read(ids[offset : offset + k])
        results = Results(
            (),
            total=len(ids),
            reason="" if items else _explain_nothing(where, len(ids)),
            facets=counted,
            seconds=time.perf_counter() - start,
        )
        return results, items

    def list_variants(self, item: CatalogueItem, most: int) -> list[CatalogueItem]:
        """Return an item's product in other colours: each colour once, and never the item's own.

        Other photographs of the product come first, then items of its brand that differ in the colour alone: a shop
        that has one number for each colour of a thing calls them alike, so titles are compared without the words that
        are colours of the bundle. An item's colour is what counts of its first field of colours; where nothing is said
        of it, two items can't be told to differ.
        """
        colours = self._list_colours()
        same = [one for one in self._list_like("product_id", item.product_id) if one.product_id == item.product_id]
        name = _drop_words(item.title or "", colours)
        named = self._list_like("brand", item.brand) if item.brand and name != _drop_words(item.title or "", ()) else []
        alike = [one for one in named if _drop_words(one.title or "", colours) == name]
        found: dict[str, CatalogueItem] = {}
        for one in (*same, *alike):
            found.setdefault(_name_colour(one), one)
        own = _name_colour(item)
        return [one for colour, one in found.items() if colour and colour != own][:most]

    def _list_like(self, column: str, value: str) -> list[CatalogueItem]:
        where = parse_filter(f"{column} = {write_literal(value)}")
        return self._read(self._backend.list_ids(where)[:_LOOKED_AT])

    def _list_colours(self) -> frozenset[str]:
        fields = [field for field in self._backend.head.taxonomy if _is_colour(field.name)]
        return frozenset(word for field in fields for value in field.values for word in value.casefold().split())

    def _read(self, item_ids: Sequence[str]) -> list[CatalogueItem]:
        found = self._backend.get(item_ids)
        return [found[item_id] for item_id in item_ids if item_id in found]


def _drop_words(title: str, words: Collection[str]) -> list[str]:
    return [word for word in title.casefold().split() if word not in words]


def _is_colour(field: str) -> bool:
    return "colo" in field.casefold()


def _name_colour(item: CatalogueItem) -> str:
    """Return the colour that the page shows with an item; "" where there is none."""
    return next((values[0] for field, values in item.labels.items() if _is_colour(field) and values), "")


def read_filter(text: str) -> Filter | None:
    """Parse a filter; an empty one is none.

    Raises:
        FilterError: It is not in the filter language.
    """
    return parse_filter(text) if text.strip() else None


def _explain_nothing(where: Filter | None, count: int) -> str:
    if count:
        return f"there are {count:,} items, and this page begins behind them"
    return "the catalogue is empty" if where is None else f"no item of the catalogue passes the filter {where}"

"""Lists of items that nothing is looked for in: pages in an order, and some by chance."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence

from modiste.catalogue import Backend, CatalogueItem
from modiste.catalogue.facets import FacetValue
from modiste.catalogue.filters import Filter, parse_filter, write_literal
from modiste.catalogue.ordering import Order
from modiste.catalogue.search import Results

__all__ = ["Browser", "read_filter"]


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

    def list_product(self, item: CatalogueItem, most: int) -> list[CatalogueItem]:
        """Return the other items of an item's product."""
        where = parse_filter(f"product_id = {write_literal(item.product_id)}")
        ids = self._backend.list_ids(where)[: most + 1]
        found = [one for one in self._read(ids) if one.product_id == item.product_id]  # a filter ignores case
        return [one for one in found if one.item_id != item.item_id][:most]

    def _read(self, item_ids: Sequence[str]) -> list[CatalogueItem]:
        found = self._backend.get(item_ids)
        return [found[item_id] for item_id in item_ids if item_id in found]


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

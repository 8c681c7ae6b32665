"""Items that were read lately: a shop's visitors see the same few again and again, and reading one takes 50 us."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local.reading import find_states, read_items

__all__ = ["ItemCache"]

_MOST: Final = 8_192  # items: some 35 MB of usual ones
_AT_ONCE: Final = 512  # items; who asks for more goes through the catalogue, and would drop what is asked for again
_LARGEST: Final = 16_384  # characters of details, and
_MANY: Final = 256  # tags and sizes, beyond which an item is not remembered, so that the whole stays bounded


class ItemCache:
    """Reads items, and remembers those that were asked for last.

    Nobody has to say what changed. An item is remembered with the random number of the transaction that changed it
    last, which is looked up beside its key each time; after another one it is read anew, and so it is where a copy of
    the catalogue was put back.

    Args:
        connection: To read with, within a transaction.
        most: How many items are remembered.
    """

    def __init__(self, connection: sqlite3.Connection, most: int = _MOST) -> None:
        self._connection, self._most = connection, most
        self._items: OrderedDict[int, tuple[int, CatalogueItem]] = OrderedDict()  # key -> its state, and the item

    def __len__(self) -> int:
        return len(self._items)

    def read(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        """Return those of some items that are there, in the order asked for; they are shared, and can't be changed.

        Raises:
            sqlite3.DatabaseError: One is damaged.
        """
        states = find_states(self._connection, item_ids)
        known = {key: self._items[key][1] for key, state in states.values() if self._remembers(key, state)}
        fresh = read_items(self._connection, [key for key, _ in states.values() if key not in known])
        if len(states) <= _AT_ONCE:
            self._remember(dict(states.values()), fresh)
        known |= fresh
        return {item_id: known[states[item_id][0]] for item_id in item_ids if item_id in states}

    def _remembers(self, key: int, state: int | None) -> bool:
        if key not in self._items or self._items[key][0] != state:
            return False
        self._items.move_to_end(key)
        return True

    def _remember(self, states: dict[int, int | None], items: dict[int, CatalogueItem]) -> None:
        for key, item in items.items():
            state = states[key]
            if state is not None and _is_usual(item):
                self._items[key] = (state, item)
                self._items.move_to_end(key)
        while len(self._items) > self._most:
            self._items.popitem(last=False)


def _is_usual(item: CatalogueItem) -> bool:
    if len(item.tags) + len(item.variants) > _MANY:
        return False
    return sum(len(name) + len(str(value)) for name, value in item.details.items()) <= _LARGEST

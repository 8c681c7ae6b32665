"""Answers to searches as JSON, in which an item is written once for as long as it stays as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from modiste.catalogue import CatalogueItem, Results
from modiste.serving.schemas.items import Item
from modiste.serving.schemas.search import Found, SearchAnswer
from modiste.serving.schemas.shape import Said
from modiste.serving.views import view_item, view_results

__all__ = ["AnswerWriter"]

_MOST: Final = 8_192  # items whose text is remembered: some 20 MB
_LONGEST: Final = 32_768  # characters of a text that is
_START: Final = '{"hits":['


class AnswerWriter:
    """Writes answers in the shape of `SearchAnswer`, which is checked as everywhere; threads may share it.

    Checking and writing the ten items of a page takes longer than finding them by a vector, so their texts are
    remembered. An item's text counts for that object alone, which the catalogue hands out until the item changes.

    Args:
        most: How many items' texts are remembered.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most, self._lock = most, threading.Lock()
        self._texts: OrderedDict[str, tuple[CatalogueItem, str]] = OrderedDict()

    def write(self, results: Results, hits: Iterable[tuple[Said, CatalogueItem]]) -> bytes:
        """Return an answer.

        Args:
            results: All but its hits.
            hits: Each as `Found` has it, and its item.
        """
        rest = SearchAnswer.model_validate(view_results(results, [])).model_dump_json()
        written = ",".join(f'{_check_found(said)[:-1]},"item":{self._write_item(item)}}}' for said, item in hits)
        return f"{_START}{written}{rest.removeprefix(_START)}".encode()

    def _write_item(self, item: CatalogueItem) -> str:
        with self._lock:
            known = self._texts.get(item.item_id)
            if known is not None and known[0] is item:
                self._texts.move_to_end(item.item_id)
                return known[1]
        text = Item.model_validate(view_item(item)).model_dump_json()
        if len(text) <= _LONGEST:
            with self._lock:
                self._texts[item.item_id] = (item, text)
                self._texts.move_to_end(item.item_id)
                if len(self._texts) > self._most:
                    self._texts.popitem(last=False)
        return text


def _check_found(said: Said) -> str:
    return Found.model_validate(said).model_dump_json()

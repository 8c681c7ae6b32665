"""What is worth a person's second: items of whose labels the bundle, the shop and people are not sure or not at one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from modiste.catalogue import Catalogue, CatalogueItem, ItemTag
from modiste.serving.opinions import OpinionBook

__all__ = ["Doubt", "ReviewQueue", "list_doubts"]

_FRESH: Final = 60.0  # seconds after which the catalogue is looked through again, for what others changed
_SURE: Final = 0.97  # a prediction that contradicts the shop's table with less confidence is no news


@dataclass(frozen=True, order=True, slots=True)
class Doubt:
    """A field of an item that a person should look at.

    Args:
        rank: Lower ones come first.
        item_id: Which item.
        field: Which field.
        why: In plain words.
    """

    rank: float
    item_id: str
    field: str
    why: str


def list_doubts(item: CatalogueItem, demanded: Mapping[str, float], divided: Iterable[str] = ()) -> list[Doubt]:
    """Return the fields of an item that a person should look at.

    Where people say different things comes first, then what the bundle is least sure of for what it demands, then what
    it is sure of though the shop's own table says something else. What a person has corrected is done.

    Args:
        item: The item.
        demanded: Field -> the confidence below which an answer is doubtful.
        divided: The fields of which people say different things.

    Example:
        >>> item = CatalogueItem("7", tags=(ItemTag("season", "Fall", 0.3, "predicted"),))
        >>> [(one.field, one.why) for one in list_doubts(item, {"season": 0.5})]
        [('season', 'Fall is 30 % sure, and 50 % are demanded')]
    """
    doubts = [Doubt(-1.0, item.item_id, field, "people say different things") for field in divided]
    by_field: dict[str, list[ItemTag]] = {}
    for tag in item.tags:
        by_field.setdefault(tag.field, []).append(tag)
    for field, tags in by_field.items():
        origins = {tag.origin for tag in tags}
        said = [tag for tag in tags if tag.origin == "predicted"]
        if "corrected" in origins or not said or field not in demanded:
            continue
        least = min(said, key=lambda tag: tag.confidence)
        if "source" in origins:
            told = {tag.value for tag in tags if tag.origin == "source"}
            if least.confidence >= _SURE and told.isdisjoint(tag.value for tag in said):
                why = f"the shop's table says {', '.join(sorted(told))}, the picture looks like {least.value}"
                doubts.append(Doubt(2.0 - least.confidence, item.item_id, field, why))
        elif least.confidence < demanded[field]:
            why = f"{least.value} is {least.confidence:.0%} sure, and {demanded[field]:.0%} are demanded"
            doubts.append(Doubt(least.confidence / demanded[field], item.item_id, field, why.replace("%", " %")))
    return doubts


class ReviewQueue:
    """The doubts of a whole catalogue, the most doubtful first; threads may share it.

    Who asks first waits until the catalogue is looked through: some seconds for 40,000 items. Later it is looked
    through anew beside the answers, at most once a minute, for what others changed; what this server changed is known
    at once.

    Args:
        catalogue: The catalogue.
        book: People's opinions.
        demanded: Field -> the confidence below which an answer is doubtful.
    """

    def __init__(self, catalogue: Catalogue, book: OpinionBook, demanded: Mapping[str, float]) -> None:
        self._catalogue, self._book, self._demanded = catalogue, book, dict(demanded)
        self._doubts: list[Doubt] = []
        self._changed: set[str] = set()
        self._changed_meanwhile: set[str] = set()  # since somebody began to look through the catalogue
        self._read_at: float | None = None
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "modiste-review")
        self._looking: Future[None] | None = None

    def page(self, field: str | None, limit: int, offset: int) -> tuple[list[Doubt], int]:
        """Return some doubts, and how many there are.

        Args:
            field: Only of this field.
            limit: How many at most.
            offset: How many to skip.
        """
        with self._lock:
            self._refresh()
            found = [one for one in self._doubts if field is None or one.field == field]
        return found[offset : offset + limit], len(found)

    def forget(self, item_id: str) -> None:
        """Note that an item was changed: it is looked at anew."""
        self._changed.add(item_id)
        self._changed_meanwhile.add(item_id)

    def close(self) -> None:
        """End when what has begun is done; nobody may ask any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _refresh(self) -> None:
        if self._read_at is None:
            self._changed.clear()
            self._doubts, self._read_at = self._look_through(), time.monotonic()
        elif self._looking is not None:
            if self._looking.done():
                ended, self._looking = self._looking, None
                ended.result()  # what went wrong is told to who asks next
        elif time.monotonic() - self._read_at > _FRESH:
            self._changed_meanwhile.clear()
            self._looking = self._pool.submit(self._look_again)
        changed = {self._changed.pop() for _ in range(len(self._changed))}
        if changed:
            divided = self._list_divided()
            kept = [one for one in self._doubts if one.item_id not in changed]
            items = self._catalogue.backend.get(sorted(changed)).values()
            self._doubts = sorted([*kept, *(doubt for item in items for doubt in self._look(item, divided))])

    def _look_again(self) -> None:
        doubts = self._look_through()
        with self._lock:
            self._doubts, self._read_at = doubts, time.monotonic()
            self._changed |= self._changed_meanwhile

    def _look_through(self) -> list[Doubt]:
        divided = self._list_divided()
        return sorted(doubt for item in self._catalogue for doubt in self._look(item, divided))

    def _list_divided(self) -> dict[str, list[str]]:
        divided: dict[str, list[str]] = {}
        for item_id, field in self._book.list_divided():
            divided.setdefault(item_id, []).append(field)
        return divided

    def _look(self, item: CatalogueItem, divided: Mapping[str, list[str]]) -> list[Doubt]:
        return list_doubts(item, self._demanded, divided.get(item.item_id, ()))

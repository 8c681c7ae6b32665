"""Items: read them, put them, change prices and stock, remove them, one or many."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from modiste.client.asking import Asker
from modiste.client.pictures import load_picture
from modiste.client.shapes.explanations import Explanation
from modiste.client.shapes.items import BulkAnswer, Item, ItemIn, ItemPage, ItemPatch
from modiste.client.steps import Flow, Steps, Told, series, verb
from modiste.errors import NotFoundError

__all__ = ["ItemVerbs"]

_MOST: Final = 1_000  # changes of one request
_MOST_BYTES: Final = 15_000_000  # of their pictures; a third more when they are sent as text


class ItemVerbs(Asker):
    """Items of the catalogue."""

    @verb
    def get(self, item_id: str) -> Steps[Item | None]:
        """Return an item; None if it is not there.

        Args:
            item_id: Any text: slashes and spaces, too.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     print(client.get("nobody"))
            None
        """
        try:
            return (yield from self.ask(Item, "GET /v1/items/{item_id}", at={"item_id": item_id}))
        except NotFoundError:
            return None

    @series
    def items(self, *, where: str = "") -> Flow[Item]:
        """Go through all items, in the order in which they were added, page by page.

        Args:
            where: A filter that they pass.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     count = sum(item.price <= 1000 for item in client.items(where="price <= 1000"))
            >>> count > 0
            True
        """
        after = None
        while True:
            page = yield from ItemVerbs.list_items.steps(self, limit=200, after=after, where=where)
            for item in page.items:
                yield Told(item)
            after = page.next
            if after is None:
                return

    @verb
    def list_items(self, *, limit: int = 24, after: str | None = None, where: str = "") -> Steps[ItemPage]:
        """Return a page of items, in the order in which they were added.

        Args:
            limit: 1 to 200: how many at most.
            after: The page after this item: ``next`` of the page before.
            where: A filter that they pass.
        """
        asked = {"limit": limit, "after": after, "where": where}
        return (yield from self.ask(ItemPage, "GET /v1/items", params=asked))

    @verb
    def sample(self, count: int = 24, *, where: str = "", seed: int = 0) -> Steps[tuple[Item, ...]]:
        """Return some items by chance.

        Args:
            count: 1 to 200: how many at most.
            where: A filter that they pass.
            seed: The same seed gives the same items.
        """
        page = yield from self.ask(ItemPage, "GET /v1/items", params={"sample": count, "where": where, "seed": seed})
        return page.items

    @verb
    def put(self, item: ItemIn) -> Steps[Item]:
        """Add or replace an item; its picture is embedded and tagged before the answer comes.

        Args:
            item: The item; a new one needs a picture, one that is there keeps its own without.

        Returns:
            The item as the catalogue has it now.

        Raises:
            ServerProblemError: The picture can't be read, or a new item has none.
            KeyRefusedError: This client may not change anything.

        Example:
            >>> from modiste import Client
            >>> from modiste.client import ItemIn, ItemPatch, Variant
            >>> with Client() as client:
            ...     put = client.put(ItemIn("my/shirt", title="Navy shirt", price=1299, picture="shirt.jpg"))
            ...     cut = client.update(ItemPatch("my/shirt", price=999, variants=[Variant("M", 3)]))
            ...     gone = client.remove("my/shirt")
            >>> put.values("masterCategory"), cut.price, gone
            (('Apparel',), 999.0, True)
        """
        said = _describe(item, ItemIn)
        at = {"item_id": item.item_id}
        if item.picture is None:
            return (yield from self.ask(Item, "PUT /v1/items/{item_id}", at=at, json=said))
        picture = load_picture(item.picture)
        form = {"files": [("picture", (picture.name, picture.data))], "data": {"item": json.dumps(said)}}
        return (yield from self.ask(Item, "PUT /v1/items/{item_id}", at=at, **form))

    @verb
    def update(self, change: ItemPatch) -> Steps[Item]:
        """Change the price, the stock, the title and the like of an item; what is None stays.

        Args:
            change: Which item, and what.

        Returns:
            The item as the catalogue has it now.

        Raises:
            NotFoundError: There is no such item.
            KeyRefusedError: This client may not change anything.
        """
        at = {"item_id": change.item_id}
        return (yield from self.ask(Item, "PATCH /v1/items/{item_id}", at=at, json=_describe(change, ItemPatch)))

    @verb
    def remove(self, item_id: str) -> Steps[bool]:
        """Remove an item.

        Args:
            item_id: Which item.

        Returns:
            Whether it was there.

        Raises:
            KeyRefusedError: This client may not change anything.
        """
        try:
            done = yield from self.ask(BulkAnswer, "DELETE /v1/items/{item_id}", at={"item_id": item_id})
        except NotFoundError:
            return False
        return done.deleted == 1

    @verb
    def bulk(
        self,
        *,
        put: Iterable[ItemIn] = (),
        patch: Iterable[ItemPatch] = (),
        delete: Iterable[str] = (),
    ) -> Steps[BulkAnswer]:
        """Put, change and remove any number of items, in this order, sent some at a time.

        Args:
            put: Items to add or replace.
            patch: Changes, of prices and stock for instance.
            delete: Ids of items to remove.

        Returns:
            What was done. What could not be done is in its ``problems``, ids that are not there in ``missing``; the
            rest is done all the same.

        Raises:
            KeyRefusedError: This client may not change anything.

        Example:
            >>> from modiste import Client
            >>> from modiste.client import ItemPatch, Variant
            >>> with Client() as client:
            ...     done = client.bulk(patch=[ItemPatch("nobody", variants=[Variant("M", 0)])], delete=["nobody"])
            >>> done.patched, done.deleted, done.missing
            (0, 0, ('nobody', 'nobody'))
        """
        total = BulkAnswer(0, 0, 0, (), ())
        for changes in _split(put, patch, delete):
            done = yield from self.ask(BulkAnswer, "POST /v1/items/bulk", json=changes, repeats=True)
            total = BulkAnswer(
                total.put + done.put,
                total.patched + done.patched,
                total.deleted + done.deleted,
                total.missing + done.missing,
                total.problems + done.problems,
            )
        return total

    @verb
    def picture(self, item_id: str, *, width: int = 240) -> Steps[bytes]:
        """Return an item's picture as a JPEG file's content.

        Args:
            item_id: Which item.
            width: 1 to 4,000 pixels; rounded up to one of the server's steps.

        Raises:
            NotFoundError: There is no such item, or it has no picture on the server.
        """
        at, asked = {"item_id": item_id}, {"width": width}
        reply = yield from self.ask(None, "GET /v1/items/{item_id}/picture", at=at, params=asked)
        return reply.body

    @verb
    def explain_item(self, item_id: str, field: str, *, value: str | None = None) -> Steps[Explanation]:
        """Say why an item is tagged as it is.

        Args:
            item_id: Which item.
            field: Which field.
            value: Which of its values; by default the answer.

        Raises:
            NotFoundError: There is no such item, or it has no picture on the server.
        """
        at, asked = {"item_id": item_id}, {"field": field, "value": value}
        return (yield from self.ask(Explanation, "GET /v1/items/{item_id}/explanation", at=at, params=asked))


def _describe(given: ItemIn | ItemPatch, kind: type[ItemIn | ItemPatch]) -> dict[str, Any]:
    """Return what is given as plain JSON types, without its picture and without what is None."""
    said = {one.name: getattr(given, one.name) for one in fields(kind) if one.name != "picture"}
    if said["variants"] is not None:
        said["variants"] = [asdict(one) for one in said["variants"]]
    if "labels" in said:
        said["labels"] = {name: list(values) for name, values in said["labels"].items()}
    if said["details"] is not None:
        said["details"] = dict(said["details"])
    return {name: value for name, value in said.items() if value is not None}


def _split(put: Iterable[ItemIn], patch: Iterable[ItemPatch], delete: Iterable[str]) -> Iterator[dict[str, list[Any]]]:
    """Yield the bodies of requests that are not too large."""
    waiting: list[dict[str, Any]] = []
    held = 0
    for item in put:
        said, size = _describe_with_picture(item)
        if waiting and (len(waiting) == _MOST or held + size > _MOST_BYTES):
            yield {"put": waiting}
            waiting, held = [], 0
        waiting.append(said)
        held += size
    if waiting:
        yield {"put": waiting}
    for part in _cut([_describe(one, ItemPatch) for one in patch]):
        yield {"patch": part}
    for part in _cut(list(delete)):
        yield {"delete": part}


def _describe_with_picture(item: ItemIn) -> tuple[dict[str, Any], int]:
    said = _describe(item, ItemIn)
    if item.picture is None:
        return said, 0
    data = load_picture(item.picture).data
    return {**said, "picture_base64": base64.b64encode(data).decode("ascii")}, len(data)


def _cut(changes: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(changes), _MOST):
        yield list(changes[start : start + _MOST])

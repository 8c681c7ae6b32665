"""Searches, and what is like an item."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from modiste.client.asking import Asker
from modiste.client.pictures import Box, PictureLike, load_picture
from modiste.client.shapes.items import Item, ItemList
from modiste.client.shapes.search import SearchAnswer, Sort
from modiste.client.steps import Steps, verb
from modiste.errors import UsageError

__all__ = ["SearchVerbs"]


class SearchVerbs(Asker):
    """Searches; as `modiste.Catalogue` answers them."""

    @verb
    def search(
        self,
        *,
        image: PictureLike | None = None,
        item: str | None = None,
        text: str | None = None,
        vector: Sequence[float] | None = None,
        k: int = 10,
        where: str = "",
        box: Box | None = None,
        weight: float = 0.5,
        colour_weight: float = 0.0,
        offset: int = 0,
        diversity: float = 0.0,
        fold: bool = False,
        min_score: float | None = None,
        explain: bool = False,
        facets: Sequence[str] = (),
        sort: Sort = "score",
    ) -> Steps[SearchAnswer]:
        """Find what is like a picture, an item or a vector, or what some words say; without all of these, browse.

        Args:
            image: A picture; with ``box`` a part of it.
            item: The id of an item; it is never among the answers itself.
            text: Words; alone, or beside one of the others.
            vector: [embedding size], of the server's bundle.
            k: 1 to 200: how many at most.
            where: A filter that every answer passes, such as ``"price <= 1500 and size = 'M' and stock > 0"``.
            box: Of the picture: left, top, width, height in pixels as shown.
            weight: With words beside a look: the words' share, from 0 to 1.
            colour_weight: From 0 to 1: how much colours count beside the rest.
            offset: 0 to 10,000: how many of the best are skipped, for the next page.
            diversity: From 0 to 1: how much hits should differ from each other.
            fold: One hit a product.
            min_score: From -1 to 1: no hit has a lower cosine.
            explain: Say what hits have in common with the query.
            facets: Columns whose values are counted.
            sort: By another order: among the 500 best hits, or of all items when nothing is looked for.

        Returns:
            The hits, best first; a hit's ``score`` is a cosine from -1 to 1, higher is better.

        Raises:
            ServerProblemError: The filter can't be read, the item is not there, or a number is out of its range.
            ClientError: The server can't be asked.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     found = client.search(text="shirt", where="price <= 10000", k=3)
            >>> len(found), found.hits[0].item.item_id == found.item_ids[0]
            (3, True)
        """
        asked: dict[str, Any] = {
            "item": item, "text": text, "vector": None if vector is None else [float(one) for one in vector], "k": k,
            "where": where, "box": None if box is None else list(box), "weight": weight,
            "colour_weight": colour_weight, "offset": offset, "diversity": diversity, "fold": fold,
            "min_score": min_score, "explain": explain, "facets": _list_facets(facets), "sort": sort,
        }  # fmt: skip
        query = {name: value for name, value in asked.items() if value is not None}
        if image is None:
            return (yield from self.ask(SearchAnswer, "POST /v1/search", json=query, repeats=True))
        picture = load_picture(image)
        form = {
            "files": [("picture", (picture.name, picture.data))],
            "data": {"query": json.dumps(query)},
        }
        return (yield from self.ask(SearchAnswer, "POST /v1/search", repeats=True, **form))

    @verb
    def similar(self, item_id: str, *, k: int = 12, where: str = "", diversity: float = 0.0) -> Steps[SearchAnswer]:
        """Find other products that look like an item.

        Args:
            item_id: Which item.
            k: 1 to 200: how many at most.
            where: A filter that every answer passes.
            diversity: From 0 to 1: how much they should differ from each other.

        Raises:
            NotFoundError: There is no such item.

        Example:
            >>> from modiste import Client
            >>> with Client() as client:
            ...     [first, *_] = client.items()
            ...     found = client.similar(first.item_id, k=3)
            >>> first.item_id in found.item_ids
            False
        """
        asked = {"k": k, "where": where, "diversity": diversity}
        return (
            yield from self.ask(SearchAnswer, "GET /v1/items/{item_id}/similar", at={"item_id": item_id}, params=asked)
        )

    @verb
    def variants(self, item_id: str) -> Steps[tuple[Item, ...]]:
        """List the other items of an item's product, and those of its brand that differ in the colour alone.

        Args:
            item_id: Which item.

        Raises:
            NotFoundError: There is no such item.
        """
        found = yield from self.ask(ItemList, "GET /v1/items/{item_id}/variants", at={"item_id": item_id})
        return found.items


def _list_facets(facets: Sequence[str]) -> list[str]:
    if isinstance(facets, str):
        raise UsageError(f"facets is the text {facets!r}; expected names: facets=[{facets!r}]")
    return list(facets)

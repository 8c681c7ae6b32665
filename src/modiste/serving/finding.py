"""Answers to searches: by a subject with the catalogue's engine, without one by browsing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue import Catalogue, CatalogueItem, Hit
from modiste.catalogue.ordering import Order, rank_item
from modiste.catalogue.search import Query
from modiste.errors import CatalogueError
from modiste.imaging import Box
from modiste.serving.answers import AnswerWriter
from modiste.serving.browsing import Browser, read_filter
from modiste.serving.schemas.search import SearchIn
from modiste.serving.schemas.shape import Said
from modiste.serving.views import view_hit

__all__ = ["LARGEST_SORTED", "browse", "build_query", "search"]

LARGEST_SORTED: Final = 500
"""How many of the best hits are brought into another order than by score."""


def build_query(
    asked: SearchIn, *, image: bytes | None = None, box: Box | None = None, vector: NDArray[np.float32] | None = None
) -> Query | None:
    """Turn a request into a query; None where nothing is looked for.

    Args:
        asked: The request.
        image: A picture that was sent with it.
        box: The part of the picture to look at.
        vector: The picture's vector, where that is all that is needed of it.

    Raises:
        UsageError: The request contradicts itself.
        FilterError: Its filter is not in the filter language.
    """
    looked = vector if vector is not None else asked.vector
    text = asked.text if asked.text and asked.text.strip() else None
    if text is None and asked.item is None and image is None and looked is None:
        return None
    same: dict[str, Any] = {
        name: getattr(asked, name)
        for name in ("item", "where", "weight", "colour_weight", "diversity", "fold", "min_score", "explain")
    }
    sorts = asked.sort != "score"
    page = (LARGEST_SORTED, 0) if sorts else (asked.k, asked.offset)
    return Query(
        **same, text=text, image=image, box=box, vector=looked, k=page[0], offset=page[1], facets=tuple(asked.facets)
    )


def search(catalogue: Catalogue, writer: AnswerWriter, query: Query, asked: SearchIn) -> bytes:
    """Answer a query, in the order that is asked for, as JSON."""
    results = catalogue.answer(query)
    hits = list(results)
    if asked.sort != "score":
        by = _name_order(asked)
        hits = sorted(hits, key=lambda hit: rank_item(hit.item, by))[asked.offset : asked.offset + asked.k]
        note = f"the {min(len(results), LARGEST_SORTED)} best hits, sorted by {asked.sort}"
        results = replace(results, notes=(*results.notes, note))
    return writer.write(results, _read_items(hits))


def browse(browser: Browser, writer: AnswerWriter, asked: SearchIn) -> bytes:
    """Answer a request that looks for nothing: all items that its filter keeps, in an order, as JSON."""
    where = read_filter(asked.where)
    results, items = browser.browse(where, _name_order(asked), k=asked.k, offset=asked.offset, facets=asked.facets)
    return writer.write(results, [({"item_id": item.item_id, "score": None}, item) for item in items])


def _read_items(hits: Iterable[Hit]) -> Iterator[tuple[Said, CatalogueItem]]:
    for hit in hits:
        with contextlib.suppress(CatalogueError):  # removed since it was found: it is no answer any more
            yield view_hit(hit), hit.item


def _name_order(asked: SearchIn) -> Order:
    return "added" if asked.sort == "score" else asked.sort

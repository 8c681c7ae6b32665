"""Items, to read: pages, samples, one, its picture, what is like it."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query
from pydantic import AfterValidator
from starlette.responses import Response

from modiste.catalogue import CatalogueItem
from modiste.errors import PictureError
from modiste.serving.browsing import read_filter
from modiste.serving.problems import ProblemError
from modiste.serving.routes.search import find
from modiste.serving.schemas.items import Item, ItemList, ItemPage
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.search import Filter, SearchAnswer, SearchIn, Share
from modiste.serving.schemas.shape import ItemId, Said
from modiste.serving.state import ServerState, State
from modiste.serving.thumbnails import WIDTHS, Thumbnail
from modiste.serving.views import find_picture_address, view_item

__all__ = ["ItemPath", "get_item", "router", "to_picture"]

router = APIRouter(prefix="/items", tags=["items"])

# Paths are routed as they were sent, so that an id may hold a slash: it is decoded here, and only once.
ItemPath = Annotated[str, AfterValidator(unquote)]
Where = Annotated[Filter, Query(description="Only items that pass a filter.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
_MISSING = list_problems("not-found")
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A JPEG.", "content": {"image/jpeg": {}}},
    304: {"description": "Not changed."},
}
_MOST_VARIANTS = 50


@router.get("", response_model=ItemPage, responses=list_problems("bad-filter"))
async def list_items(
    state: State,
    limit: Limit = 24,
    after: Annotated[ItemId | None, Query(description="The page after this item.")] = None,
    where: Where = "",
    sample: Annotated[int | None, Query(ge=1, le=200, description="So many by chance, instead of a page.")] = None,
    seed: Annotated[int, Query(ge=0, le=2**53, description="The same seed gives the same sample.")] = 0,
) -> Said:
    """List items in the order in which they were added, or some by chance."""
    kept = read_filter(where)
    if sample is not None:
        items = await state.searching.run(state.browser.sample, kept, sample, seed)
        return {"items": [view_item(item) for item in items], "next": None}
    items, following = await state.searching.run(state.browser.page, kept, limit, after)
    return {"items": [view_item(item) for item in items], "next": following}


@router.get("/{item_id}", response_model=Item, responses=_MISSING)
async def read_item(item_id: ItemPath, state: State) -> Said:
    """Return an item."""
    return view_item(await get_item(state, item_id))


@router.get("/{item_id}/picture", response_class=Response, responses={**_MISSING, **_PICTURE})
async def read_picture(
    item_id: ItemPath,
    state: State,
    width: Annotated[int, Query(ge=1, le=4_000, description=f"In pixels; rounded up to one of {WIDTHS}.")] = 240,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return an item's picture as a JPEG."""
    item = await get_item(state, item_id)
    if item.image is None or find_picture_address(item) is None:
        raise ProblemError("not-found", f"the item {item_id!r} has no picture on this server")
    return await draw(state, item, width, if_none_match)


async def draw(state: ServerState, item: CatalogueItem, width: int, known: str | None) -> Response:
    """Return the small picture of an item; an empty answer where the client has it already."""
    try:
        small = await state.decoding.run(
            lambda: state.thumbnails.make(item.image or "", item.box, width, version=item.picture_hash or "")
        )
    except PictureError as error:
        # Why it can't be read may name a place on this machine: that is nobody's business.
        raise ProblemError("not-found", f"the picture of the item {item.item_id!r} can't be read") from error
    return to_picture(small, known)


def to_picture(small: Thumbnail, known: str | None) -> Response:
    """Return the answer with a small picture.

    Args:
        small: The picture.
        known: The tags of those that the client has.
    """
    headers = {"ETag": small.etag, "Cache-Control": "private, max-age=300"}
    if known is not None and small.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(small.data, headers=headers, media_type="image/jpeg")


@router.get("/{item_id}/similar", response_model=SearchAnswer, responses=list_problems("bad-filter", "not-found"))
async def read_similar(
    item_id: ItemPath,
    state: State,
    k: Annotated[int, Query(ge=1, le=200)] = 12,
    where: Where = "",
    diversity: Annotated[Share, Query(description="How much they should differ.")] = 0.0,
) -> Response:
    """Find items that look like an item."""
    await get_item(state, item_id)
    return await find(state, SearchIn(item=item_id, k=k, where=where, diversity=diversity, fold=True))


@router.get("/{item_id}/variants", response_model=ItemList, responses=_MISSING)
async def read_variants(item_id: ItemPath, state: State) -> Said:
    """List an item's product in other colours, each colour once."""
    item = await get_item(state, item_id)
    items = await state.searching.run(state.browser.list_variants, item, _MOST_VARIANTS)
    return {"items": [view_item(one) for one in items]}


async def get_item(state: ServerState, item_id: str) -> CatalogueItem:
    """Return an item.

    Raises:
        ProblemError: There is none with this id.
    """
    item = await state.searching.run(state.catalogue.get, item_id)
    if item is None:
        raise ProblemError("not-found", f"there is no item {item_id[:200]!r}")
    return item

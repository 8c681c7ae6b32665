"""Searches: by words, item, picture, vector, or by nothing at all, which browses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from modiste.serving.finding import browse, build_query, search
from modiste.serving.problems import ProblemError
from modiste.serving.schemas.bodies import describe_shape_or_form
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.reading import check_shape
from modiste.serving.schemas.search import SearchAnswer, SearchIn, SearchParameters
from modiste.serving.state import ServerState, State
from modiste.serving.uploads import Upload, read_shape_with_picture

__all__ = ["find", "router"]

router = APIRouter(tags=["search"])

_BODY = describe_shape_or_form("SearchIn", "query")


@router.get("/search", response_model=SearchAnswer, responses=list_problems("bad-filter"))
async def search_by_address(state: State, asked: Annotated[SearchParameters, Query()]) -> Response:
    """Find items that some words say or that are like another item; without both, browse."""
    names = [name.strip() for name in asked.facets.split(",") if name.strip()]
    return await find(state, check_shape(SearchIn, vars(asked) | {"facets": names}, "query"))


@router.post(
    "/search",
    response_model=SearchAnswer,
    openapi_extra=_BODY,
    responses=list_problems("bad-filter", "bad-picture", "too-large"),
)
async def search_by_body(request: Request, state: State) -> Response:
    """Find items like a picture, an item or a vector, or that some words say, or both at once."""
    asked, picture = await read_shape_with_picture(request, SearchIn, "query", "a search")
    return await find(state, asked, picture)


async def find(state: ServerState, asked: SearchIn, picture: Upload | None = None) -> Response:
    """Answer a search.

    Args:
        state: What the process holds.
        asked: The request.
        picture: A picture that came with it.
    """
    if picture is None:
        if asked.box is not None:
            raise ProblemError("bad-request", "a box is given without a picture to cut it out of")
        query = build_query(asked)
    else:
        seen = await state.batcher.see(picture.data, asked.box)
        # The file is looked at again where its colours or its tags are asked for, beside its vector.
        whole = asked.explain or asked.colour_weight > 0
        query = (
            build_query(asked, image=picture.data, box=asked.box) if whole else build_query(asked, vector=seen.vector)
        )
    if query is None:
        written = await state.searching.run(browse, state.browser, state.answers, asked)
    else:
        written = await state.searching.run(search, state.catalogue, state.answers, query, asked)
    return Response(written, media_type="application/json")

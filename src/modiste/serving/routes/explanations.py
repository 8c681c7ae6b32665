"""Why a picture is tagged as it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from modiste.errors import PictureError
from modiste.serving.problems import ProblemError
from modiste.serving.routes.items import ItemPath, get_item
from modiste.serving.schemas.bodies import PICTURES_BODY
from modiste.serving.schemas.explanations import Explanation
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import FieldName, Said, Value
from modiste.serving.state import State
from modiste.serving.uploads import read_pictures
from modiste.serving.views import find_picture_address

__all__ = ["router"]

router = APIRouter(tags=["explanations"])

FieldParameter = Annotated[FieldName, Query(description="Which field.", examples=["articleType"])]
ValueParameter = Annotated[Value | None, Query(description="Which of its values; by default the answer.")]


@router.post(
    "/explain", response_model=Explanation, openapi_extra=PICTURES_BODY, responses=list_problems("bad-picture")
)
async def explain(request: Request, state: State, field: FieldParameter, value: ValueParameter = None) -> Said:
    """Say which parts of a picture an answer rests on, and which labelled items agree."""
    (picture,) = await read_pictures(request, 1)
    return await state.explainer.explain(picture.data, picture.box, field, value)


@router.get(
    "/items/{item_id}/explanation", response_model=Explanation, responses=list_problems("not-found", "bad-picture")
)
async def explain_item(item_id: ItemPath, state: State, field: FieldParameter, value: ValueParameter = None) -> Said:
    """Say why an item is tagged as it is."""
    item = await get_item(state, item_id)
    if item.image is None or find_picture_address(item) is None:
        raise ProblemError("not-found", f"the item {item_id!r} has no picture on this server")
    try:
        data = await state.decoding.run(state.thumbnails.read, item.image)
    except PictureError as error:
        raise ProblemError("not-found", f"the picture of the item {item_id!r} can't be read") from error
    return await state.explainer.explain(data, item.box, field, value, item_id=item_id)

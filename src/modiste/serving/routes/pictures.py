"""What pictures show, and their vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request

from modiste.errors import PictureError
from modiste.serving.batching import Seen
from modiste.serving.problems import describe_error
from modiste.serving.schemas.bodies import PICTURES_BODY
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.schemas.tags import EmbedAnswer, TagAnswer
from modiste.serving.state import ServerState, State
from modiste.serving.uploads import Upload, read_pictures
from modiste.serving.views import view_tags

__all__ = ["router"]

router = APIRouter(tags=["pictures"])
TopK = Annotated[int, Query(ge=1, le=20, description="How many values a field gets: the answer and alternatives.")]


@router.post("/tag", response_model=TagAnswer, openapi_extra=PICTURES_BODY, responses=list_problems("bad-picture"))
async def tag(request: Request, state: State, top_k: TopK = 3) -> Said:
    """Say what pictures show; one that can't be read gets a problem in its place."""

    def view(seen: Seen) -> Said:
        assert seen.tags is not None  # noqa: S101  (they were asked for)
        told = {"doubtful": seen.tags.doubtful, "stranger": seen.tags.stranger}
        return {"tags": view_tags(seen.tags, top_k), **told}

    return await _answer(request, state, view, top_k)


@router.post("/embed", response_model=EmbedAnswer, openapi_extra=PICTURES_BODY, responses=list_problems("bad-picture"))
async def embed(request: Request, state: State) -> Said:
    """Turn pictures into vectors of unit length."""
    return await _answer(request, state, lambda seen: {"vector": seen.vector.tolist()}, 0)


async def _answer(request: Request, state: ServerState, view: Callable[[Seen], Said], top_k: int) -> Said:
    uploads = await read_pictures(request, state.settings.limits.pictures)
    alone = len(uploads) == 1 and uploads[0].name == "picture"
    told = [_see(state, one, view, top_k, raises=alone) for one in uploads]
    return {"bundle": state.bundle.fingerprint, "pictures": list(await asyncio.gather(*told))}


async def _see(state: ServerState, upload: Upload, view: Callable[[Seen], Said], top_k: int, *, raises: bool) -> Said:
    try:
        seen = await state.batcher.see(upload.data, upload.box, top_k=top_k)
    except PictureError as error:
        if raises:
            raise
        return {"name": upload.name, "problem": describe_error(error).to_json()}
    return {"name": upload.name, **view(seen)}

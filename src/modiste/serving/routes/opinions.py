"""What people say of items' labels: opinions, the queue of what to look at, the corrections as a table."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from modiste.catalogue import CatalogueItem
from modiste.errors import ModisteError
from modiste.serving.corrections import tabulate_corrections
from modiste.serving.picture_names import PictureNames
from modiste.serving.problems import ProblemError
from modiste.serving.review import Doubt
from modiste.serving.routes.items import ItemPath, get_item
from modiste.serving.schemas.opinions import OpinionAnswer, OpinionIn, OpinionList, Review
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import FieldName, Said
from modiste.serving.state import ServerState, State
from modiste.serving.tables import TableFormat, WrittenTable, write_table
from modiste.serving.views import view_item, view_tag

__all__ = ["FILE", "router"]

router = APIRouter(tags=["opinions"])

_ALTERNATIVES = 6
FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A file.",
        "content": {
            "text/csv": {}, "application/x-ndjson": {}, "application/vnd.apache.parquet": {},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
        },
    }
}  # fmt: skip


@router.get("/items/{item_id}/opinions", response_model=OpinionList)
async def list_opinions(item_id: ItemPath, state: State) -> Said:
    """List what people said of an item; also of one that is gone."""
    opinions = await state.searching.run(state.opinions.list_opinions, item_id)
    return {"opinions": [asdict(one) for one in opinions]}


@router.post("/items/{item_id}/opinions", response_model=OpinionAnswer, responses=list_problems("not-found"))
async def add_opinion(item_id: ItemPath, said: OpinionIn, request: Request, state: State) -> Said:
    """Say what is right; what most people say becomes the item's correction."""
    author = said.author or request.scope["state"]["caller"].name
    opinion = await state.writing.run(state.corrector.add, item_id, said.field, said.values, author)
    state.review.forget(item_id)
    return {"opinion": asdict(opinion), "item": view_item(await get_item(state, item_id))}


@router.delete("/opinions/{opinion_id}", response_model=OpinionAnswer, responses=list_problems("not-found"))
async def remove_opinion(opinion_id: str, state: State) -> Said:
    """Take an opinion back."""
    opinion = await state.writing.run(state.corrector.remove, opinion_id)
    state.review.forget(opinion.item_id)
    item = await state.searching.run(state.catalogue.get, opinion.item_id)
    return {"opinion": None, "item": None if item is None else view_item(item)}


@router.get("/review", response_model=Review)
async def review(
    state: State,
    field: Annotated[FieldName | None, Query(description="Only doubts about this field.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Said:
    """List what is worth a person's second, the most doubtful first."""
    if field is not None and field not in state.bundle.taxonomy:
        raise ProblemError("invalid", f"there is no field {field!r}; known: {', '.join(state.bundle.taxonomy.names)}")
    doubts, left = await state.searching.run(state.review.page, field, limit, offset)
    items = await state.searching.run(state.catalogue.backend.get, list(dict.fromkeys(one.item_id for one in doubts)))
    shown = [_show(state, one, items[one.item_id]) for one in doubts if one.item_id in items]
    return {"items": list(await asyncio.gather(*shown)), "left": left}


@router.get("/corrections", response_class=Response, responses=FILE)
async def read_corrections(state: State, format: TableFormat = "csv") -> Response:
    """Return all corrections as a table: item_id, product_id, image, and the corrected fields.

    Without keys, whoever asks sits at this machine, and images are where they are; with keys, they are named below the
    folder that holds all pictures.
    """
    table = await state.searching.run(_write_corrections, state, format)
    return Response(table.data, headers=table.headers, media_type=table.media_type)


def _write_corrections(state: ServerState, format: TableFormat) -> WrittenTable:
    # With keys, also a request from this machine may be a stranger's, handed on by a proxy.
    far = state.settings.keys is not None
    names = PictureNames.of((item.image for item in state.catalogue), state.store.folder) if far else None
    return write_table(tabulate_corrections(state.catalogue, names), format, "corrections")


async def _show(state: ServerState, doubt: Doubt, item: CatalogueItem) -> Said:
    said = [tag for tag in item.tags if tag.field == doubt.field and tag.origin == "predicted"]
    opinions = await state.searching.run(state.opinions.list_opinions, item.item_id, doubt.field)
    return {
        "item": view_item(item),
        "field": doubt.field,
        "value": next(iter(item.values(doubt.field)), None),
        "confidence": min((tag.confidence for tag in said), default=None),
        "alternatives": await _find_alternatives(state, item, doubt.field),
        "opinions": [asdict(one) for one in opinions],
        "why": doubt.why,
    }


async def _find_alternatives(state: ServerState, item: CatalogueItem, field: str) -> list[Said]:
    """Look at the picture again for what else it might show; none where it can't be read."""
    try:
        data = await state.decoding.run(state.thumbnails.read, item.image or "")
        seen = await state.batcher.see(data, item.box, top_k=_ALTERNATIVES)
    except ModisteError:
        return []
    if seen.tags is None or field not in seen.tags:
        return []
    alternatives: list[Said] = view_tag(seen.tags[field], _ALTERNATIVES)["alternatives"]
    return alternatives

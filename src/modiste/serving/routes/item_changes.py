"""Items, to change: put, change, remove, one or many."""

from __future__ import annotations

from fastapi import APIRouter, Request

from modiste.serving.problems import ProblemError
from modiste.serving.routes.items import ItemPath, get_item
from modiste.serving.schemas.bodies import describe_shape_or_form
from modiste.serving.schemas.items import BulkAnswer, BulkIn, Item, ItemIn, ItemPatch
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.state import ServerState, State
from modiste.serving.uploads import read_shape_with_picture
from modiste.serving.views import view_item
from modiste.serving.writing import Put, decode_base64

__all__ = ["router"]

router = APIRouter(prefix="/items", tags=["items"])

_LONGEST = 512
_BODY = describe_shape_or_form("ItemIn", "item")


@router.put("/{item_id}", response_model=Item, openapi_extra=_BODY, responses=list_problems("bad-picture"))
async def put_item(item_id: ItemPath, request: Request, state: State) -> Said:
    """Add or replace an item; a new one needs a picture, one that is there keeps its own without."""
    if not 0 < len(item_id) <= _LONGEST or not item_id.isprintable():
        raise ProblemError("invalid", f"an id has 1 to {_LONGEST} letters that can be printed")
    put = await _read_put(item_id, request)
    problems = await state.writing.run(state.writer.put, [put])
    if item_id in problems:
        raise problems[item_id]
    return await _show(state, item_id)


@router.patch("/{item_id}", response_model=Item, responses=list_problems("not-found"))
async def patch_item(item_id: ItemPath, said: ItemPatch, state: State) -> Said:
    """Change price, stock, title and the like; what is left out stays."""
    _check_same(item_id, said.item_id)
    await get_item(state, item_id)
    _, problems = await state.writing.run(state.writer.patch, {item_id: said})
    if item_id in problems:
        raise problems[item_id]
    return await _show(state, item_id)


@router.delete("/{item_id}", response_model=BulkAnswer, responses=list_problems("not-found"))
async def delete_item(item_id: ItemPath, state: State) -> Said:
    """Remove an item."""
    await get_item(state, item_id)
    missing = await state.writing.run(state.writer.remove, [item_id])
    state.review.forget(item_id)
    return {"put": 0, "patched": 0, "deleted": 1 - len(missing), "missing": missing, "problems": []}


@router.post("/bulk", response_model=BulkAnswer)
async def change_items(said: BulkIn, state: State) -> Said:
    """Put, change and remove many items, in this order; what can't be done is told, and the rest is done."""
    problems: dict[str, ProblemError] = {}
    puts = [_read_bulk_put(place, one, problems) for place, one in enumerate(said.put)]
    changes = {_name(f"patch.{place}", one.item_id): one for place, one in enumerate(said.patch)}
    ready = list({one.item_id: one for one in puts if one is not None}.values())
    problems |= await state.writing.run(state.writer.put, ready)
    put = sum(one.item_id not in problems for one in ready)
    missing, refused = await state.writing.run(state.writer.patch, changes)
    gone = await state.writing.run(state.writer.remove, said.delete)
    for item_id in (*(one.item_id for one in ready), *changes, *said.delete):
        state.review.forget(item_id)
    told = [{"item_id": name, "problem": one.to_json()} for name, one in (problems | refused).items()]
    return {
        "put": put,
        "patched": len(changes) - len(missing) - len(refused),
        "deleted": len(set(said.delete)) - len(gone),
        "missing": [*missing, *gone],
        "problems": told,
    }


async def _read_put(item_id: str, request: Request) -> Put:
    said, sent = await read_shape_with_picture(request, ItemIn, "item", "an item")
    _check_same(item_id, said.item_id)
    picture = None if sent is None else sent.data
    if picture is None and said.picture_base64 is not None:
        picture = decode_base64(said.picture_base64)
    return Put(item_id, said, picture)


def _read_bulk_put(place: int, said: ItemIn, problems: dict[str, ProblemError]) -> Put | None:
    item_id = _name(f"put.{place}", said.item_id)
    try:
        picture = None if said.picture_base64 is None else decode_base64(said.picture_base64)
    except ProblemError as problem:
        problems[item_id] = problem
        return None
    return Put(item_id, said, picture)


def _name(where: str, item_id: str | None) -> str:
    if item_id is None:
        raise ProblemError("invalid", f"body.{where} has no item_id")
    return item_id


def _check_same(item_id: str, said: str | None) -> None:
    if said is not None and said != item_id:
        raise ProblemError("invalid", f"the address is of the item {item_id[:200]!r}, the body of {said[:200]!r}")


async def _show(state: ServerState, item_id: str) -> Said:
    state.review.forget(item_id)
    return view_item(await get_item(state, item_id))

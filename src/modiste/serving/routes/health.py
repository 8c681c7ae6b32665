"""Whether the server lives, and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter

from modiste.serving.schemas.about import Health
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.state import State

__all__ = ["router"]

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", response_model=Health, responses=list_problems("too-long"))
async def live() -> Said:
    """Say that the process runs."""
    return {"status": "ok"}


@router.get("/ready", response_model=Health, responses=list_problems("conflict", "too-long", "overloaded", "failed"))
async def ready(state: State) -> Said:
    """Say that the catalogue can be asked and the network is loaded."""
    await state.searching.run(lambda: state.catalogue.backend.head)
    return {"status": "ok"}

"""What the addresses in problems lead to: what a kind of problem is, and what helps."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from modiste.serving.problems import KINDS, ProblemError
from modiste.serving.schemas.problem import list_problems

__all__ = ["router"]

router = APIRouter(prefix="/problems", tags=["health"])


@router.get("/{name}", response_class=PlainTextResponse, responses=list_problems("not-found", "invalid", "too-long"))
async def read_problem(name: str) -> PlainTextResponse:
    """Say what a kind of problem is, and what helps."""
    kind = KINDS.get(name)
    if kind is None:
        raise ProblemError("not-found", f"there is no kind of problem {name[:100]!r}; known: {', '.join(KINDS)}")
    return PlainTextResponse(f"{kind.title} (HTTP {kind.status}).\n{kind.next}\n")

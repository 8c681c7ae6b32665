"""What monitoring reads."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from modiste.serving.metrics import Metrics

__all__ = ["router"]

router = APIRouter(tags=["health"])
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Prometheus's text format.", "content": {"text/plain": {}}}
}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def read_metrics(request: Request) -> Response:
    """Return the numbers of all processes in Prometheus's text format."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.write(), media_type="text/plain; version=0.0.4; charset=utf-8")

"""What is noted of each request: its id, its line in the log, its numbers; and that nothing ends in a traceback."""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modiste.serving.logs import LOGGER
from modiste.serving.metrics import Metrics
from modiste.serving.problems import ProblemError, to_response

__all__ = ["Recorder"]

_HEADER: Final = "x-request-id"
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_PATH: Final = 500
_GONE: Final = 499  # what nginx writes into its log, too
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass
class _Request:
    """A request under way."""

    id: str
    scope: Scope
    start: float
    status: int = 0
    received: int = 0
    sent: int = 0


class Recorder:
    """Notes each request; an error that nobody foresaw becomes a problem, and a line in the log that tells it all.

    Args:
        app: What is behind.
        metrics: The numbers.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(_choose_id(scope), scope, time.perf_counter())
        scope.setdefault("state", {})["request_id"] = request.id
        self._metrics.running.inc()
        try:
            await self._answer(request, receive, send)
        finally:
            self._metrics.running.dec()
            self._note(request)

    async def _answer(self, request: _Request, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request.id
            request.sent += len(message.get("body", b""))
            await send(message)

        async def take() -> Message:
            message = await receive()
            request.received += len(message.get("body", b""))
            return message

        try:
            await self._app(request.scope, take, count)
        except ClientDisconnect:
            request.status = request.status or _GONE  # nobody is there to read an answer
        except Exception:
            LOGGER.exception("a request failed", extra={"facts": {"id": request.id}})
            if request.status:  # the answer has begun: the connection is closed
                raise
            detail = f"the request {request.id} could not be answered"
            await to_response(ProblemError("failed", detail))(request.scope, take, count)

    def _note(self, request: _Request) -> None:
        seconds = time.perf_counter() - request.start
        route, scope = _name_route(request.scope), request.scope
        self._metrics.requests.labels(_name_method(scope), route, str(request.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        self._metrics.received.inc(request.received)
        if not LOGGER.isEnabledFor(logging.INFO):
            return
        caller: Any = scope.get("state", {}).get("caller")
        facts = {
            "id": request.id,
            "method": scope["method"],
            "path": scope["path"][:_MOST_PATH],
            "route": route,
            "status": request.status,
            "ms": round(1000 * seconds, 1),
            "received": request.received,
            "sent": request.sent,
            "caller": None if caller is None else caller.name,
        }
        LOGGER.info("request", extra={"facts": facts})


def _choose_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(_HEADER, "")
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(8)


def _name_route(scope: Scope) -> str:
    """Return the pattern that a request's path fits: few names, whatever strangers ask for."""
    route = getattr(scope.get("route"), "path", None)
    if route:
        prefix = "/v1" if scope["path"].startswith("/v1/") and not route.startswith("/v1/") else ""
        return f"{prefix}{route}"
    return "page" if scope.get("endpoint") is not None else "none"


def _name_method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"

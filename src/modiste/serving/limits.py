"""How much a client may ask: bytes of a body, its memory, its time, requests a second, requests at once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modiste.serving.callers import Caller
from modiste.serving.pools import refuse
from modiste.serving.problems import ProblemError, to_response
from modiste.serving.settings import ServerLimits

__all__ = ["Limits", "Rates"]

_UPLOADS: Final = "/v1/jobs"
_PATIENCE: Final = 30  # how many times longer than another request an upload may take
_FREE: Final = ("/health/",)
_MOST_CLIENTS: Final = 10_000


class Rates:
    """A bucket of requests for each client, filled at a steady rate.

    Args:
        rate: Requests a second.
        burst: What a bucket holds.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """Take a request out of a client's bucket.

        Args:
            client: Who asks.
            now: Seconds of any clock.

        Returns:
            0 if there was one; else in how many seconds there will be one.

        Example:
            >>> rates = Rates(2.0, burst=1)
            >>> rates.take("a", 0.0), rates.take("a", 0.0), rates.take("a", 0.5)
            (0.0, 0.5, 0.0)
        """
        left, then = self._buckets.pop(client, (float(self._burst), now))
        left = min(float(self._burst), left + (now - then) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[client] = (left if wait else left - 1, now)
        if len(self._buckets) > _MOST_CLIENTS:  # whoever has not come for longest has a full bucket
            self._buckets.popitem(last=False)
        return wait


class Limits:
    """Refuses what is too much, as soon as that is known.

    Args:
        app: What is behind.
        limits: How much is allowed.
    """

    def __init__(self, app: ASGIApp, *, limits: ServerLimits) -> None:
        self._app, self._limits = app, limits
        self._rates = None if limits.rate is None else Rates(limits.rate, limits.burst)
        self._running, self._held = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "POST" and scope["path"] == _UPLOADS
        most = self._limits.upload if is_upload else self._limits.body
        held = 0
        try:
            self._admit(scope)
            held = 0 if is_upload else self._reserve(scope, most)
        except ProblemError as problem:
            await to_response(problem)(scope, receive, send)
            return
        self._running += 1
        self._held += held
        try:
            await self._answer(
                scope, _Body(receive, most), send, self._limits.seconds * (_PATIENCE if is_upload else 1)
            )
        finally:
            self._running -= 1
            self._held -= held

    def _admit(self, scope: Scope) -> None:
        if self._running >= self._limits.waiting:
            raise refuse(f"{self._running} requests are under way")
        if self._rates is None:
            return
        caller: Caller = scope["state"]["caller"]
        wait = self._rates.take(caller.name, time.monotonic())
        if wait:
            raise refuse(f"more than {self._limits.rate:g} requests a second", kind="too-many", seconds=wait)

    def _reserve(self, scope: Scope, most: int) -> int:
        """Return how many bytes the body will take; a body that does not say counts in full."""
        headers = Headers(scope=scope)
        length = headers.get("content-length")
        said = int(length) if length is not None and length.isdecimal() else None
        if said is None:
            said = most if "transfer-encoding" in headers else 0
        if said > most:
            raise _too_large(most)
        if said and self._held + said > self._limits.memory:
            raise refuse(f"{self._held:,} bytes of bodies are held")
        return said

    async def _answer(self, scope: Scope, body: _Body, send: Send, seconds: float) -> None:
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(seconds):
                await self._app(scope, body, note)
        except TimeoutError:
            if started:  # too late for another answer: the connection is closed
                raise
            await to_response(_explain_slow(body, seconds))(scope, body, send)


class _Body:
    """A body that is counted while it comes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self.size, self.complete = 0, False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
            if self.size > self._most:
                raise _too_large(self._most)
        return message


def _too_large(most: int) -> ProblemError:
    return ProblemError("too-large", f"the body has more than {most:,} bytes", headers={"Connection": "close"})


def _explain_slow(body: _Body, seconds: float) -> ProblemError:
    if body.complete or not body.size:
        return refuse(f"it took more than {seconds:g} seconds", kind="too-slow")
    detail = f"after {seconds:g} seconds {body.size:,} bytes had come"
    return ProblemError("too-slow-body", detail, headers={"Connection": "close"})

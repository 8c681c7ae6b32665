"""Answers made small on their way: JSON as it is sent, for those who ask for gzip.

Measured with 24 drawn products in an answer of 28 kB: level 1 takes 0.05 to 0.15 ms and leaves 4 kB, level 6 takes
0.2 to 0.5 ms and leaves 3 kB. The search itself takes some milliseconds, and a phone some tens for 24 kB more.
Pictures, Parquet and Excel are compressed already; downloads and whatever comes in pieces are sent as they are.
"""

from __future__ import annotations

import gzip
import re
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Compressed", "accepts_gzip"]

_LEAST: Final = 1_000  # bytes; a shorter answer is one packet anyway
_LEVEL: Final = 1
_NEVER: Final = re.compile(r"q\s*=\s*0(\.0*)?")
_TYPES: Final = ("application/json", "application/problem+json")


def accepts_gzip(headers: Headers) -> bool:
    """Say whether a client takes gzip.

    Example:
        >>> [accepts_gzip(Headers({"accept-encoding": said})) for said in ("br, gzip", "*;q=0.5", "gzip;q=0", "br")]
        [True, True, False, False]
    """
    asked = {}
    for part in headers.get("accept-encoding", "").lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        asked[name] = not any(_NEVER.fullmatch(one) for one in parameters)
    return asked.get("gzip", asked.get("*", False))


class Compressed:
    """Compresses JSON that is sent in one piece.

    Args:
        app: What is behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Packer(send, wanted=accepts_gzip(Headers(scope=scope))).send)


class _Packer:
    """Holds the head of an answer back until its first piece says whether it is the whole."""

    def __init__(self, send: Send, *, wanted: bool) -> None:
        self._send, self._wanted = send, wanted
        self._head: dict[str, Any] | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._head = dict(message)
            return
        if self._head is not None:
            head, self._head = self._head, None
            message = self._pack(head, message)
            await self._send(head)
        await self._send(message)

    def _pack(self, head: Message, message: Message) -> Message:
        headers = MutableHeaders(scope=head)
        headers.add_vary_header("Accept-Encoding")
        body = message.get("body", b"")
        if not self._wanted or message.get("more_body", False) or len(body) < _LEAST or "content-encoding" in headers:
            return message
        packed = gzip.compress(body, _LEVEL, mtime=0)
        headers["Content-Encoding"], headers["Content-Length"] = "gzip", str(len(packed))
        return {**message, "body": packed}


def _is_json(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith(_TYPES)

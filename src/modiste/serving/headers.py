"""Headers that keep browsers from doing with an answer what nobody meant."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["UNSHOWN", "SafeHeaders"]

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
UNSHOWN: Final = {  # for an answer that no page shows
    **_ALWAYS, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store",
}  # fmt: skip


class SafeHeaders:
    """Adds headers to every answer; those that a route set itself stay.

    Args:
        app: What is behind.
        shared: Whether pages of other origins may show pictures.
    """

    def __init__(self, app: ASGIApp, *, shared: bool) -> None:
        self._app = app
        policy = "cross-origin" if shared else "same-origin"
        self._headers = {**UNSHOWN, "Cross-Origin-Resource-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)

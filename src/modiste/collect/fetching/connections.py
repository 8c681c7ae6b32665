"""Connections that are kept for the next request to the same host.

httpcore's own pool looks at every idle connection for every request, which takes half of a fetch's time where all
pictures come from one host; the schedule limits the connections already, so that here one look is enough.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore2
import httpx2

from modiste.collect.fetching.network import GuardedBackend

__all__ = ["Connections"]

_IDLE = 20.0  # seconds that an unused connection is kept


class Connections:
    """Opens connections to checked numbers, and keeps the idle ones.

    Args:
        allow_private: Whether hosts within private networks may be reached.
        max_idle: The most idle connections; the one that was idle for longest is closed first.
    """

    def __init__(self, *, allow_private: bool, max_idle: int) -> None:
        self._backend = GuardedBackend(allow_private=allow_private)
        # Made once: it holds every certificate of the system.
        self._context = httpx2.create_ssl_context()
        self._max_idle = max_idle
        self._idle: OrderedDict[httpcore2.AsyncHTTPConnection, str] = OrderedDict()
        self._of_origin: dict[str, list[httpcore2.AsyncHTTPConnection]] = {}

    @asynccontextmanager
    async def send(self, request: httpcore2.Request) -> AsyncIterator[httpcore2.Response]:
        """Send a request; the body can be read until the context ends.

        Args:
            request: With all of its headers.

        Raises:
            PrivateAddressError: The host is not public.
            httpcore2.NetworkError: The connection fails; other exceptions of httpcore2 likewise.
        """
        origin = str(request.url.origin)
        connection = await self._take(origin) or self._open(request.url.origin)
        try:
            response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            await self._give_back(origin, connection)

    async def aclose(self) -> None:
        """Close all idle connections."""
        while self._idle:
            await self._forget(next(iter(self._idle)))

    def _open(self, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        return httpcore2.AsyncHTTPConnection(
            origin, ssl_context=self._context, keepalive_expiry=_IDLE, network_backend=self._backend
        )

    async def _take(self, origin: str) -> httpcore2.AsyncHTTPConnection | None:
        while known := self._of_origin.get(origin):
            connection = known[-1]
            if not connection.has_expired():
                self._remove(connection)
                return connection
            await self._forget(connection)
        return None

    async def _give_back(self, origin: str, connection: httpcore2.AsyncHTTPConnection) -> None:
        if not connection.is_idle() or connection.is_closed():
            await connection.aclose()
            return
        self._idle[connection] = origin
        self._of_origin.setdefault(origin, []).append(connection)
        if len(self._idle) > self._max_idle:
            await self._forget(next(iter(self._idle)))

    async def _forget(self, connection: httpcore2.AsyncHTTPConnection) -> None:
        self._remove(connection)
        await connection.aclose()

    def _remove(self, connection: httpcore2.AsyncHTTPConnection) -> None:
        origin = self._idle.pop(connection)
        of_origin = self._of_origin[origin]
        of_origin.remove(connection)
        if not of_origin:
            del self._of_origin[origin]

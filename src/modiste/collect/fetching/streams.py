"""The bytes of a connection, straight from asyncio, in the form that httpcore2 asks for.

httpcore2's own way leads through anyio, which takes the socket out of the event loop after every read and asks the
system for both of its ends before every request: a third of the event loop's time where pictures are fetched.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import deque
from typing import Any

import httpcore2

__all__ = ["Stream", "open_stream"]

_MOST_WAITING = 262_144  # bytes that arrived and were not read yet; the sender waits beyond


async def open_stream(host: str, port: int) -> Stream:
    """Connect to a number.

    Args:
        host: An IPv4 or IPv6 number; a name would be resolved by the system, unchecked.
        port: 1 to 65535.

    Raises:
        httpcore2.ConnectError: Nobody answers there.
    """
    try:
        transport, inbox = await asyncio.get_running_loop().create_connection(_Inbox, host, port)
    except OSError as error:
        # asyncio's own text holds the number and the port, which would make every reason another one.
        raise httpcore2.ConnectError(os.strerror(error.errno) if error.errno else str(error)) from error
    return Stream(transport, inbox)


class Stream(httpcore2.AsyncNetworkStream):
    """One connection. Whoever uses it bounds the time of a whole request, so that reads and writes have no limits."""

    def __init__(self, transport: asyncio.Transport, inbox: _Inbox) -> None:
        self._transport = transport
        self._inbox = inbox
        inbox.transport = transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what arrived, at most so many bytes; none when the other side has ended.

        Raises:
            httpcore2.ReadError: The connection broke.
        """
        return await self._inbox.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes; requests are short, so what can't be sent at once waits in memory.

        Raises:
            httpcore2.WriteError: The connection is closed.
        """
        if self._transport.is_closing():
            raise httpcore2.WriteError("the connection is closed")
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Close the connection; nobody waits for the other side to agree."""
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Return the same connection, encrypted, its certificate verified for a name.

        Raises:
            httpcore2.ConnectError: The certificate is not valid, or the other side speaks no TLS.
            httpcore2.ConnectTimeout: The time is over.
        """
        try:
            if self._inbox.has_news:
                # Taken for a part of the encrypted answer, it would be trusted without having been verified.
                raise httpcore2.ConnectError("it answered before the connection was encrypted")
            async with asyncio.timeout(timeout):
                transport = await asyncio.get_running_loop().start_tls(
                    self._transport, self._inbox, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            await self.aclose()
            raise httpcore2.ConnectTimeout("no connection within the time limit") from error
        except (OSError, httpcore2.ConnectError) as error:
            await self.aclose()
            raise httpcore2.ConnectError(str(error)) from error
        except BaseException:
            await self.aclose()
            raise
        if transport is None:  # what mypy is told, and what happens when the loop is closing
            raise httpcore2.ConnectError("the connection is closed")
        return Stream(transport, self._inbox)

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore2 asks: whether there is something to read, and the TLS object."""
        if info == "is_readable":
            return self._inbox.has_news or self._transport.is_closing()
        return self._transport.get_extra_info("ssl_object") if info == "ssl_object" else None


class _Inbox(asyncio.Protocol):
    """What arrived and was not read yet."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    @property
    def has_news(self) -> bool:
        """Whether a read would return at once: something arrived, or nothing will any more."""
        return bool(self._chunks) or self._ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # it is a stream's

    async def read(self, most: int) -> bytes:
        if not self.has_news:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if self._chunks:
            return self._take(most)
        if self._error is not None:
            raise httpcore2.ReadError(str(self._error)) from self._error
        return b""

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._waiting += len(data)
        if self._waiting > _MOST_WAITING and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error = True, error
        self._wake()

    def _take(self, most: int) -> bytes:
        chunk = self._chunks.popleft()
        if len(chunk) > most:
            self._chunks.appendleft(chunk[most:])
            chunk = chunk[:most]
        self._waiting -= len(chunk)
        if self._paused and not self._waiting:
            self._paused = False
            self.transport.resume_reading()
        return chunk

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

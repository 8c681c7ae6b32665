"""Connections that can't be led into somebody's own network, whatever a name server or a redirect says."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from modiste.collect.fetching.addresses import IpAddress, is_public
from modiste.collect.fetching.streams import open_stream

__all__ = ["GuardedBackend", "PrivateAddressError"]

_KEPT = 10_000
_FRESH = 60.0  # seconds that an answer of the name server is used again
_TRIED = 4  # numbers of one host


class PrivateAddressError(httpcore2.ConnectError):
    """A name leads to a number that is not public."""


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves names itself, checks every number, and connects to a number that was checked.

    Nothing asks the name server a second time between the check and the connection, so a name that answers once with a
    public and once with a private number (DNS rebinding) gains nothing. TLS still verifies the name.

    Args:
        allow_private: Whether numbers that are not public may be reached.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._known: OrderedDict[tuple[str, int], tuple[float, Sequence[IpAddress]]] = OrderedDict()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to one of a host's numbers.

        Args:
            host: Its name or number.
            port: 1 to 65535.
            timeout: Seconds for the whole of it.
            local_address: Not used.
            socket_options: Not used.

        Raises:
            PrivateAddressError: One of its numbers is not public.
            httpcore2.ConnectError: It has no number, or none of them answers.
            httpcore2.ConnectTimeout: The time is over.
        """
        try:
            async with asyncio.timeout(timeout):
                numbers = await self._resolve(host, port)
                return await self._connect(numbers, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("no connection within the time limit") from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: no web address leads to a socket of this machine."""
        raise httpcore2.UnsupportedProtocol("sockets of this machine are not fetched from")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _connect(self, numbers: Sequence[IpAddress], port: int) -> httpcore2.AsyncNetworkStream:
        failed: Exception = httpcore2.ConnectError("the host has no number")
        for number in numbers[:_TRIED]:
            try:
                return await open_stream(str(number), port)
            except httpcore2.ConnectError as error:
                failed = error
        raise failed

    async def _resolve(self, host: str, port: int) -> Sequence[IpAddress]:
        found = self._known.get((host, port))
        if found is None or found[0] < time.monotonic():
            numbers = await _ask(host, port)
            found = time.monotonic() + _FRESH, numbers
            self._known[host, port] = found
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        if not self._allow_private and not all(map(is_public, found[1])):
            raise PrivateAddressError("the host lies in a private network")
        return found[1]


async def _ask(host: str, port: int) -> Sequence[IpAddress]:
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the name of the host can't be resolved: {error}") from error
    # A link-local IPv6 number may carry the name of an interface behind a percent sign.
    return [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]

"""One request: size and time are bounded, redirects are told rather than followed, and no bad server raises."""

from __future__ import annotations

import asyncio
import http
from types import TracebackType
from typing import Self

import httpcore2

from modiste import __version__
from modiste.collect.fetching.addresses import Target
from modiste.collect.fetching.answers import Answer, Moved, Refusal, explain_status
from modiste.collect.fetching.connections import Connections
from modiste.collect.fetching.network import PrivateAddressError

__all__ = ["USER_AGENT", "Browser", "Response"]

Response = Answer | Moved | Refusal
Headers = tuple[tuple[str, str], ...]

USER_AGENT = f"modiste/{__version__}"
# A picture is compressed already, and a length in the header is worth more than a smaller page.
_HEADERS: Headers = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "identity"))
_PRIVATE = "the host lies in a private network; add --allow-private if you trust the list"
_NO_LEARNING = "the site asks not to use it for machine learning (X-Robots-Tag); add --ignore-robots if you may"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OBJECTIONS = frozenset({"noai", "noimageai"})
_CONNECT = 10.0  # seconds; a host that needs longer is down
_DRAINED = 65_536  # bytes of an unwanted body that are read, so that its connection can be used again


class Browser:
    """Sends requests over connections that are kept and shared; an asynchronous context manager.

    Cookies, passwords and the proxies of the environment are not used: a proxy would resolve names by itself.

    Args:
        allow_private: Whether hosts within private networks may be reached.
        max_bytes: The longest body.
        timeout: Seconds for one request, from the connection to the last byte.
        concurrency: Requests at once; whoever sends them sees to it. So many idle connections are kept.
        obey: Whether an ``X-Robots-Tag`` of ``noai`` or ``noimageai`` is respected.
    """

    def __init__(
        self, *, allow_private: bool, max_bytes: int, timeout: float, concurrency: int, obey: bool = True
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._obey = obey
        self._extensions = {"timeout": {"connect": min(_CONNECT, timeout)}}
        self._connections = Connections(allow_private=allow_private, max_idle=concurrency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.aclose()

    async def get(self, target: Target, *, headers: Headers = (), max_bytes: int | None = None) -> Response:
        """Send one request.

        Args:
            target: The address.
            headers: To add to the usual ones.
            max_bytes: The longest body, if it differs from the usual one.

        Returns:
            The body, the address it has moved to, or why it is not to be had.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(target, headers, max_bytes or self._max_bytes)
        except TimeoutError:
            return Refusal("no complete answer within the time limit", again=True)
        except PrivateAddressError:
            return Refusal(_PRIVATE)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.RemoteProtocolError) as error:
            return Refusal(_explain(error), again=True)
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            return Refusal(f"the request can't be sent: {error}")

    async def _send(self, target: Target, headers: Headers, max_bytes: int) -> Response:
        url = httpcore2.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        sent = [("Host", target.authority), *_HEADERS, *headers]
        request = httpcore2.Request("GET", url, headers=sent, extensions=self._extensions)
        async with self._connections.send(request) as response:
            return await self._judge(response, target, max_bytes)

    async def _judge(self, response: httpcore2.Response, target: Target, max_bytes: int) -> Response:
        found = {name.lower(): value for name, value in response.headers}
        if response.status == http.HTTPStatus.OK:
            if self._obey and _objects(found):
                return Refusal(_NO_LEARNING)
            return await _read(response, found, target, max_bytes)
        await _drain(response, found)
        location = found.get(b"location")
        if response.status in _REDIRECTS and location is not None:
            return Moved(location.decode("utf-8", "replace"))
        return explain_status(response.status, found.get(b"retry-after", b"").decode("latin-1") or None)


def _objects(headers: dict[bytes, bytes]) -> bool:
    words = headers.get(b"x-robots-tag", b"").decode("latin-1").lower().replace(":", ",").split(",")
    return not _OBJECTIONS.isdisjoint(map(str.strip, words))


def _find_length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


async def _read(response: httpcore2.Response, headers: dict[bytes, bytes], target: Target, max_bytes: int) -> Response:
    length = _find_length(headers)
    too_long = Refusal(f"it is longer than the {max_bytes:,} bytes that are fetched")
    if length is not None and length > max_bytes:
        return too_long
    chunks: list[bytes] = []
    received = 0
    async for chunk in response.aiter_stream():
        received += len(chunk)
        if received > max_bytes:
            return too_long
        chunks.append(chunk)
    return Answer(b"".join(chunks), target.url, length is not None or b"transfer-encoding" in headers)


async def _drain(response: httpcore2.Response, headers: dict[bytes, bytes]) -> None:
    """Read a short body that nobody wants; a long one is cut off with its connection."""
    length = _find_length(headers)
    if length is not None and length <= _DRAINED:
        async for _ in response.aiter_stream():
            continue


def _explain(error: Exception) -> str:
    if isinstance(error, httpcore2.ConnectTimeout):
        return "no connection within the time limit"
    if isinstance(error, httpcore2.ConnectError):
        return f"no connection: {error}"
    if isinstance(error, httpcore2.RemoteProtocolError):
        # The texts hold the numbers of bytes, which would make every reason another one.
        cut = "closed" in str(error) or "incomplete" in str(error)
        return "the connection ended before the whole body was there" if cut else "the answer is no valid HTTP"
    return f"the connection broke ({type(error).__name__})"

"""How the first part of a request, its address and headers, is read: what can't be read gets a problem, too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from modiste.serving.headers import UNSHOWN
from modiste.serving.problems import ProblemError, to_response

__all__ = ["READING", "ReadHeads", "ShortHeads"]

_LONGEST: Final = 60_000  # bytes of an address and its headers
_HELD: Final = 1 << 16  # bytes, in which that fits with what stands between
_STATUS: Final = 431  # h11's for what is too long
_LINGER: Final = 5.0  # seconds


class ShortHeads:
    """Refuses addresses and headers that are too long.

    h11 refuses what is longer than it may hold if that comes in several parts, and takes it if it comes at once. Here
    it is refused however it came.

    Args:
        app: What is behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        too_long = scope["type"] == "http" and _measure(scope) > _LONGEST
        await (to_response(_describe_long()) if too_long else self._app)(scope, receive, send)


class ReadHeads(H11Protocol):
    """uvicorn's connection, which refuses what it can't read with a problem and not with plain text."""

    _refused = False

    def data_received(self, data: bytes) -> None:
        """Take what a client sent; what follows on a refused request is dropped."""
        if not self._refused:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be read, and let the client read the answer before the connection is closed."""
        self._refused = True
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # an answer has begun
            self.transport.close()
            return
        self.transport.write(self._write_answer(_describe(sys.exception())))
        # Closed at once, a client that is still sending could lose the answer.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)

    def _write_answer(self, problem: ProblemError) -> bytes:
        answer = to_response(problem)
        for name, value in {**UNSHOWN, "Connection": "close"}.items():
            answer.headers[name] = value
        events = (
            h11.Response(
                status_code=answer.status_code, headers=answer.raw_headers, reason=STATUS_PHRASES[answer.status_code]
            ),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        return b"".join(self.conn.send(event) or b"" for event in events)


# What uvicorn is to be configured with. Where httptools is installed it would be taken, and answers long addresses
# itself, in plain text.
READING: Final[Mapping[str, Any]] = {"http": ReadHeads, "h11_max_incomplete_event_size": _HELD}


def _measure(scope: Scope) -> int:
    address = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def _describe(error: BaseException | None) -> ProblemError:
    if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == _STATUS:
        return _describe_long()
    return ProblemError("bad-request", f"this is no HTTP/1.1: {error}", next="Ask with a client that speaks HTTP/1.1.")


def _describe_long() -> ProblemError:
    return ProblemError("too-long", f"the address and the headers have more than {_LONGEST:,} bytes")

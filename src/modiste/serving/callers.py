"""Who asks: what each request may do, by its key, or by where it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from modiste.serving.keys import KeyRing
from modiste.serving.problems import ProblemError, to_response

__all__ = ["Caller", "Gate", "find_need"]

Need = Literal["nothing", "read", "write"]

_READS: Final = ("GET", "HEAD", "OPTIONS")
# These answer a question: they are sent with POST because the question is a picture.
_ASKED: Final = frozenset({"/v1/tag", "/v1/embed", "/v1/explain", "/v1/search"})
_OURS: Final = ("/v1/", "/metrics")
_LOOPBACK: Final = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_LOCAL_NAMES: Final = re.compile(r"(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Caller:
    """Who sent a request.

    Args:
        name: Of the key, or the address.
        can_read: May ask.
        can_write: May change things.
    """

    name: str
    can_read: bool
    can_write: bool


def find_need(method: str, path: str) -> Need:
    """Say what a request must be allowed to do; what is not known to be harmless counts as a change.

    Example:
        >>> find_need("POST", "/v1/search"), find_need("POST", "/v1/jobs"), find_need("GET", "/")
        ('read', 'write', 'nothing')
    """
    if method in _READS:
        return "read" if path.startswith(_OURS) else "nothing"
    return "read" if method == "POST" and path in _ASKED else "write"


class Gate:
    """Lets requests through that may do what they ask for, before a byte of their bodies is read.

    With keys, every request but those for the page's files and the server's health needs one. Without keys, everything
    is allowed to this machine, and nothing to any other; pages of other origins, and names that merely lead here, are
    refused, so that a web page somewhere can't make a visitor's browser do it.

    Args:
        app: What is behind.
        keys: The keys, or None.
        cors: Origins whose pages may ask.
    """

    def __init__(self, app: ASGIApp, *, keys: KeyRing | None, cors: tuple[str, ...]) -> None:
        self._app, self._keys, self._cors = app, keys, cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            caller = self._recognise(scope, headers)
            scope.setdefault("state", {})["caller"] = caller
            self._check(scope, headers, caller)
        except ProblemError as problem:
            await to_response(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _recognise(self, scope: Scope, headers: Headers) -> Caller:
        address = scope["client"][0] if scope.get("client") else ""
        if self._keys is None:
            is_here = bool(_LOOPBACK.fullmatch(address)) and bool(_LOCAL_NAMES.fullmatch(headers.get("host", "")))
            return Caller(address, can_read=is_here, can_write=is_here)
        sent = headers.get("authorization", "")
        scheme, _, key = sent.partition(" ")
        if not sent:
            return Caller(address, can_read=False, can_write=False)
        found = self._keys.find(key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise ProblemError("key-missing", "the key that was sent is not known", headers=_CHALLENGE)
        return Caller(found.name, can_read=True, can_write=found.can_write)

    def _check(self, scope: Scope, headers: Headers, caller: Caller) -> None:
        need = find_need(scope["method"], scope["path"])
        if need == "nothing":
            return
        self._check_origin(headers)
        if caller.can_write or (need == "read" and caller.can_read):
            return
        if self._keys is None:
            raise ProblemError(
                "not-allowed",
                "without keys the server answers the machine it runs on, at localhost, and nobody else",
                next="Start it with a file of keys: modiste serve CATALOGUE --keys FILE",
            )
        if not caller.can_read:
            raise ProblemError("key-missing", "no key was sent", headers=_CHALLENGE)
        raise ProblemError("not-allowed", f"the key {caller.name!r} may read, not write")

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None or origin in self._cors or "*" in self._cors:
            return
        if urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            raise ProblemError(
                "not-allowed",
                f"pages of {origin[:200]} may not ask this server",
                next=f"Start it with: --cors {origin[:200]}",
            )


_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}

"""Builds requests, reads answers, and decides whether to ask again: all that both clients have in common."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Generator, Mapping
from email.utils import parsedate_to_datetime
from typing import IO, Any, ClassVar, Final, TypeVar, overload
from urllib.parse import quote

import httpx2

from modiste.client.problems import build_error
from modiste.client.reading import read_shape
from modiste.client.receiving import Reply
from modiste.client.steps import Exchange, Outcome, Pause, Steps
from modiste.errors import ModisteError, UnreachableError, UsageError

__all__ = ["Asker"]

_T = TypeVar("_T")
_HERE: Final = "http://127.0.0.1:8000"
_ADDRESS: Final = "MODISTE_ADDRESS"
_KEY: Final = "MODISTE_KEY"
_LATER: Final = (429, 503)
_FILES: Final = (
    30  # how many times longer than other requests those may take that send or bring files, as on the server
)
_JITTER: Final = 0.25  # so that clients that were turned away together do not come back together


class Asker:
    """What a client knows: where the server is, who asks, how long it waits.

    Args:
        address: Of the server; by default that of the environment variable MODISTE_ADDRESS, or ``modiste serve``'s own.
        key: By default that of the environment variable MODISTE_KEY; None is without.
        timeout: Seconds that one request may take.
        patience: Seconds that a call waits in all for a server that has its hands full (429 and 503 with
            ``Retry-After``); 0 is not at all. Only what may be asked twice is asked again.

    Raises:
        UsageError: The address is none, the key can't be sent, or a time is below 0.
    """

    # Requests that the server may get twice without harm; an opinion and a batch would be there twice.
    _once: ClassVar[frozenset[str]] = frozenset({"DELETE", "POST"})

    def __init__(
        self, address: str | None = None, *, key: str | None = None, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        self.address = _check_address(address or os.environ.get(_ADDRESS) or _HERE)
        self._key = _check_key(key or os.environ.get(_KEY) or None)
        if not timeout > 0 or not patience >= 0:
            raise UsageError(f"timeout is {timeout} and patience {patience}; expected seconds, of timeout above 0")
        self.timeout, self.patience = timeout, patience

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r}{', key=...' if self._key else ''})"

    @property
    def _settings(self) -> dict[str, Any]:
        """The arguments of httpx2's clients."""
        headers = {"User-Agent": "modiste", "Accept": "application/json, */*"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return {"base_url": self.address, "headers": headers, "timeout": self.timeout, "follow_redirects": False}

    @overload
    def ask(self, shape: type[_T], route: str, **given: Any) -> Steps[_T]: ...
    @overload
    def ask(self, shape: None, route: str, **given: Any) -> Steps[Reply]: ...
    def ask(
        self,
        shape: Any,
        route: str,
        *,
        at: Mapping[str, str | int] | None = None,
        repeats: bool | None = None,
        file: IO[bytes] | None = None,
        **parts: Any,
    ) -> Steps[Any]:
        """Ask a route.

        Args:
            shape: What the answer is; None is the answer as it came.
            route: Method and path, as the OpenAPI document has them: ``"GET /v1/items/{item_id}"``.
            at: What stands in the path's braces.
            repeats: It may be asked twice; by default what neither adds nor removes.
            file: Where the answer's body goes.
            **parts: Of the request, as httpx2 takes them: ``params``, ``json``, ``data``, ``files``.
        """
        method, path = route.split(" ")
        filled = path.format_map({name: _encode(name, value) for name, value in (at or {}).items()})
        has_files = file is not None or route == "POST /v1/jobs"
        seconds = self.timeout * (_FILES if has_files else 1)
        draft = {"method": method, "url": filled, "timeout": self.timeout, **_leave_out_none(parts)}
        may_repeat = method not in self._once if repeats is None else repeats
        reply = yield from self._exchange(draft, seconds, file, may_repeat=may_repeat)
        return reply if shape is None else read_shape(shape, reply.read_json())

    def _exchange(
        self, draft: dict[str, Any], seconds: float, file: IO[bytes] | None, *, may_repeat: bool
    ) -> Generator[Exchange | Pause, Outcome, Reply]:
        asked, waited = f"{draft['method']} {draft['url']}", 0.0
        while True:
            reply = Reply(asked, seconds, file)
            failure = yield Exchange(draft, reply)
            if failure is not None:
                raise self._explain(asked, failure, may_repeat=may_repeat) from failure
            if reply.is_good:
                return reply
            pause = _find_pause(reply) if may_repeat else None
            if pause is None or waited + pause > self.patience:
                raise build_error(reply, waited)
            yield Pause(pause)
            waited += pause

    def _explain(self, asked: str, failure: httpx2.RequestError | OSError, *, may_repeat: bool) -> ModisteError:
        """Say in plain words why there is no answer, and what to type."""
        if isinstance(failure, OSError):
            return UsageError(f"{asked}: a file can't be read or written: {failure}")
        if isinstance(failure, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol):
            return UnreachableError(
                f"nobody answers at {self.address}: {failure}. Start a server there: modiste serve CATALOGUE; "
                f"or name another address: Client('http://HOST:PORT'), or the environment variable {_ADDRESS}"
            )
        known = "" if may_repeat else " It may have been done all the same: look before you send it again."
        if isinstance(failure, httpx2.TimeoutException):
            return UnreachableError(
                f"{asked}: {self.address} did not answer in time.{known} Give it longer: Client(timeout=...), "
                f"which is {self.timeout:g} seconds now"
            )
        return UnreachableError(f"{asked}: the connection to {self.address} broke: {failure}.{known} Try again")


def _check_address(address: str) -> str:
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, TypeError) as error:
        raise UsageError(f"the address {address!r} is none: {error}; expected one such as {_HERE}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError(f"the address {address!r} is none; expected one such as {_HERE}")
    if url.userinfo or url.query or url.fragment:
        raise UsageError("the address has more than scheme, host, port and path; a key is given apart: key=...")
    return str(url).rstrip("/")


def _check_key(key: str | None) -> str | None:
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError("the key has letters that can't be sent; expected what modiste serve --make-key printed")
    return key


def _encode(name: str, value: str | int) -> str:
    """Return a part of a path: percent-encoded as a whole, so that an id may hold slashes, or be two dots."""
    text = str(value)
    if not text:
        raise UsageError(f"the {name} is empty; expected what the server calls it")
    try:
        return quote(text, safe="").replace(".", "%2E") if set(text) == {"."} else quote(text, safe="")
    except UnicodeEncodeError as error:
        raise UsageError(f"the {name} {text!r} holds half a letter, which can't be sent") from error


def _leave_out_none(parts: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(parts)
    if shown.get("params"):
        shown["params"] = {name: value for name, value in shown["params"].items() if value is not None}
    return {name: value for name, value in shown.items() if value is not None}


def _find_pause(reply: Reply) -> float | None:
    """Return how many seconds the server asks to wait; None where it does not."""
    said = reply.headers.get("retry-after", "").strip()
    if reply.status not in _LATER or not said:
        return None
    if said.isdecimal():
        seconds = float(said[:9])
    else:
        try:
            seconds = max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        except ValueError:
            return None
    return seconds * (1 + _JITTER * random.random())  # noqa: S311  (spreads clients, guards nothing)

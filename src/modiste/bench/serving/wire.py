"""Requests as bytes, and answers read off a connection: as little work as it takes, since the server's cores do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from modiste.errors import ModisteError

__all__ = ["Answer", "AnswerReader", "Part", "build_form", "build_request"]

_HOST: Final = "localhost"
_BOUNDARY: Final = "----modiste-bench-7MA4YWxkTrZu0gW"
_EMPTY: Final = frozenset({204, 304})


class Part(NamedTuple):
    """A part of a form."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str | None = None


class Answer(NamedTuple):
    """An answer; its headers are as they came, in lower case."""

    status: int
    head: bytes
    body: bytes

    def has(self, header: str) -> bool:
        """Whether a header is there."""
        return f"\r\n{header.lower()}:".encode() in self.head

    @property
    def closes(self) -> bool:
        """Whether the connection ends with it."""
        return b"\r\nconnection: close" in self.head


def build_request(
    method: str, path: str, body: bytes = b"", *, content_type: str = "", headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Return a request as it goes over the connection.

    Example:
        >>> build_request("GET", "/health/live").split(b"\\r\\n")[0]
        b'GET /health/live HTTP/1.1'
    """
    lines = [f"{method} {path} HTTP/1.1", f"host: {_HOST}"]
    if body or method not in ("GET", "DELETE"):
        lines.append(f"content-length: {len(body)}")
    if content_type:
        lines.append(f"content-type: {content_type}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def build_form(parts: Sequence[Part]) -> tuple[bytes, str]:
    """Return a form as a body, and the type of that body."""
    chunks = []
    for part in parts:
        about = f'form-data; name="{part.name}"'
        about += "" if part.filename is None else f'; filename="{part.filename}"'
        kind = "" if part.content_type is None else f"content-type: {part.content_type}\r\n"
        head = f"--{_BOUNDARY}\r\ncontent-disposition: {about}\r\n{kind}\r\n"
        chunks += [head.encode("utf-8", "surrogateescape"), part.data, b"\r\n"]
    return b"".join([*chunks, f"--{_BOUNDARY}--\r\n".encode()]), f"multipart/form-data; boundary={_BOUNDARY}"


class AnswerReader:
    """Puts the answers of one connection together.

    Example:
        >>> reader = AnswerReader()
        >>> reader.feed(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\no")
        >>> reader.feed(b"k").status
        200
    """

    def __init__(self) -> None:
        self._came = b""
        self._head = b""
        self._status, self._length = 0, -1

    @property
    def is_empty(self) -> bool:
        """Whether nothing of an answer has come."""
        return self._length < 0 and not self._came

    def feed(self, data: bytes) -> Answer | None:
        """Take what came; return an answer when it is whole.

        Raises:
            ModisteError: It is no answer that says how long it is.
        """
        self._came += data
        if self._length < 0:
            head, end, rest = self._came.partition(b"\r\n\r\n")
            if not end:
                return None
            self._read_head(head.lower())
            self._came = rest
        if len(self._came) < self._length:
            return None
        answer = Answer(self._status, self._head, self._came[: self._length])
        self._came, self._length = self._came[self._length :], -1
        return answer

    def _read_head(self, head: bytes) -> None:
        self._head = head
        try:
            self._status = int(head[9:12])
            if self._status in _EMPTY or (b"\r\ncontent-length:" not in head and b"\r\nconnection: close" in head):
                self._length = 0  # the second ends with its connection: what it says is not waited for
                return
            start = head.index(b"\r\ncontent-length:") + 17
            end = head.find(b"\r\n", start)
            self._length = int(head[start : end if end >= 0 else None])
        except ValueError as error:
            raise ModisteError(f"an answer does not say how long it is: {head[:300]!r}") from error

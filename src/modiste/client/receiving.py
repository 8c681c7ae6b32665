"""Answers as they come: bounded in size and time, kept in memory or written into a file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import IO, Any, Final

import httpx2

from modiste.errors import AnswerError

__all__ = ["Reply"]

_MOST: Final = 200_000_000  # bytes of an answer that is held
_SHOWN: Final = 200


class Reply:
    """Takes an answer, piece by piece.

    Args:
        asked: What was asked, such as ``"GET /v1/items"``.
        seconds: How long the whole answer may take.
        file: Where the body of an answer without a problem goes; by default it is held.
    """

    def __init__(self, asked: str, seconds: float, file: IO[bytes] | None = None) -> None:
        self.asked, self._until, self._seconds = asked, time.monotonic() + seconds, seconds
        self._file, self._body = file, bytearray()
        self.status = 0
        self.headers: Mapping[str, str] = {}

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the status and the headers."""
        self.status, self.headers = status, headers

    def take(self, piece: bytes) -> None:
        """Take a piece of the body.

        Raises:
            httpx2.ReadTimeout: The answer takes too long, though it comes.
            AnswerError: It is too long.
        """
        if time.monotonic() > self._until:
            raise httpx2.ReadTimeout(f"the answer was not complete after {self._seconds:g} seconds")
        if self._file is not None and self.is_good:
            self._file.write(piece)
            return
        self._body += piece
        if len(self._body) > _MOST:
            raise AnswerError(f"{self.asked}: the answer has more than {_MOST:,} bytes; ask for less at a time")

    @property
    def is_good(self) -> bool:
        """It is an answer, not a problem."""
        return 200 <= self.status < 300

    @property
    def type(self) -> str:
        """What the body is, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def body(self) -> bytes:
        """The whole body, where it was held."""
        return bytes(self._body)

    def read_json(self) -> Any:
        """Return the body as plain JSON types.

        Raises:
            AnswerError: It is no JSON.
        """
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError) as error:
            start = self.body[:_SHOWN].decode("utf-8", "replace")
            raise AnswerError(
                f"{self.asked}: expected JSON, got {self.type or 'a body of no type'}: {start!r}. "
                "Check that a server of modiste is at this address"
            ) from error

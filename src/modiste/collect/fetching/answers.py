"""What comes of a request: an answer, another address, or a reason why not, and whether to try again."""

from __future__ import annotations

import email.utils
import http
import random
import time
from dataclasses import dataclass

__all__ = ["Answer", "Moved", "Refusal", "choose_delay", "explain_status", "parse_retry_after"]

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})
_LONGEST_BACK_OFF = 60.0


@dataclass(frozen=True)
class Answer:
    """A body that arrived whole.

    Args:
        data: The body.
        address: Where it came from, after redirects.
        has_length: Whether the server said how long it is, so that a body cut short would have been noticed.
    """

    data: bytes
    address: str
    has_length: bool


@dataclass(frozen=True)
class Moved:
    """The server names another address.

    Args:
        address: What it says, perhaps relative.
    """

    address: str


@dataclass(frozen=True)
class Refusal:
    """No body arrived.

    Args:
        reason: Why; the same text for the same reason, so that it can be counted.
        again: Whether another attempt may succeed.
        wait: Seconds that the server asks everybody to wait, or None.
    """

    reason: str
    again: bool = False
    wait: float | None = None


def explain_status(status: int, retry_after: str | None) -> Refusal:
    """Say what an answer without a picture means.

    Args:
        status: HTTP's number, anything but 200 and redirects.
        retry_after: The header of that name.

    Example:
        >>> explain_status(404, None)
        Refusal(reason='the server answered 404 Not Found', again=False, wait=None)
        >>> explain_status(429, "2").wait
        2.0
    """
    try:
        phrase = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    again = status in _AGAIN
    return Refusal(f"the server answered {phrase}", again, parse_retry_after(retry_after) if again else None)


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; None if it says nothing (RFC 9110, section 10.2.3).

    Args:
        text: Seconds, or a date.

    Example:
        >>> parse_retry_after("120"), parse_retry_after("soon")
        (120.0, None)
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, moment - time.time())


def choose_delay(attempts: int, *, base: float) -> float:
    """Return the seconds to wait before another attempt: doubled each time, with half of it left to chance.

    The chance keeps many pictures that failed together from coming back together.

    Args:
        attempts: How many there were, 1 or more.
        base: The wait after the first one, in seconds.

    Returns:
        0.5 to 1.5 times ``base * 2 ** (attempts - 1)``, which is at most 60.
    """
    delay = min(base * 2.0 ** min(attempts - 1, 16), _LONGEST_BACK_OFF)
    return delay * random.uniform(0.5, 1.5)  # noqa: S311  (nothing secret)

"""The protocol behind every image search: how a page of results is asked for, and what it says. No provider sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Found", "Page", "PageRequest", "Provider"]


@dataclass(frozen=True)
class Found:
    """A picture that a search found.

    Args:
        address: Where its file is.
        title: What it is called, or None.
        meta: What else is said of it, such as licence and creator; the same keys for all of a provider.
    """

    address: str
    title: str | None = None
    meta: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page of results.

    Args:
        found: What is on it, best first.
        is_last: Whether no page follows.
        skipped: Results without an address that could be fetched.
    """

    found: tuple[Found, ...]
    is_last: bool
    skipped: int = 0


@dataclass(frozen=True)
class PageRequest:
    """How a page is asked for.

    Args:
        address: With its query.
        headers: Names and values; they may hold secrets, and are sent to this address only.
    """

    address: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Provider(Protocol):
    """An image search.

    Attributes:
        name: Goes into the manifest's column ``source``.
        interval: Seconds between two requests.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def interval(self) -> float:
        """Seconds between two requests."""

    def describe(self) -> dict[str, Any]:
        """Return all that changes what is found, in JSON types, without secrets."""

    def request_page(self, term: str, page: int) -> PageRequest:
        """Say how a page is asked for; the first one is 0."""

    def read_page(self, content: Any, page: int) -> Page:
        """Understand an answer.

        Args:
            content: The JSON, as Python has it.
            page: Which one it is; the first one is 0.

        Raises:
            SourceError: It is not what this provider answers.
        """

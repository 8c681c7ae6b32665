"""The shape of every error."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Place", "Problem"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a request, and what is wrong there."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong (RFC 9457), and what to do next.

    Args:
        type: What kind of problem it is, as the address of its description: ``"/problems/bad-picture"``.
        title: The kind in a few words.
        status: The HTTP status.
        detail: What was given, and what was expected.
        next: What helps.
        places: Where in the request.
    """

    type: str
    title: str
    status: int
    detail: str
    next: str
    places: tuple[Place, ...] | None = None

    @property
    def kind(self) -> str:
        """The kind's name, such as ``"bad-picture"``."""
        return self.type.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.detail} (HTTP {self.status}: {self.title}). {self.next}"

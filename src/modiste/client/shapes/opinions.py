"""Opinions, and what is worth a second look."""

from __future__ import annotations

from dataclasses import dataclass

from modiste.client.shapes.items import Item
from modiste.client.shapes.tags import Alternative

__all__ = ["Opinion", "OpinionAnswer", "OpinionList", "Review", "ReviewItem"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person says of one field of an item; the time is ISO 8601, UTC."""

    id: str
    item_id: str
    field: str
    values: tuple[str, ...]
    author: str
    time: str


@dataclass(frozen=True, slots=True)
class OpinionAnswer:
    """An opinion, None where it was taken back, and the item as most people see it now, None where it is gone."""

    opinion: Opinion | None
    item: Item | None


@dataclass(frozen=True, slots=True)
class OpinionList:
    """What people said of an item, the oldest first."""

    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A field of an item that a person should look at.

    Args:
        item: The item.
        field: Which field.
        value: What counts now.
        confidence: In [0, 1], of the bundle's own answer.
        alternatives: What else it might be, best first.
        opinions: What people said of it.
        why: In plain words.
    """

    item: Item
    field: str
    value: str | None
    confidence: float | None
    alternatives: tuple[Alternative, ...]
    opinions: tuple[Opinion, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Review:
    """What is worth a person's second, the most doubtful first, and how many there are in all."""

    items: tuple[ReviewItem, ...]
    left: int

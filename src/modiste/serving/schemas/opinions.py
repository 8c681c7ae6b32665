"""Opinions, and what is worth a second look."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from modiste.serving.schemas.items import Item
from modiste.serving.schemas.shape import FieldName, Given, Shape, Value
from modiste.serving.schemas.tags import Alternative

__all__ = ["Author", "Opinion", "OpinionAnswer", "OpinionIn", "OpinionList", "Review", "ReviewItem"]

Author = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Opinion(Shape):
    """What one person says of one field of an item."""

    id: str = Field(examples=["8f2c01d29a3b4c5d"])
    item_id: str = Field(examples=["10001"])
    field: str = Field(examples=["articleType"])
    values: list[str] = Field(examples=[["Shirts"]])
    author: str = Field(examples=["Ann"])
    time: str = Field(description="ISO 8601, UTC.", examples=["2025-11-04T09:30:00.000Z"])


class OpinionIn(Given):
    """An opinion to be taken down."""

    field: FieldName = Field(examples=["articleType"])
    values: list[Value] = Field(min_length=1, max_length=200, description="What is right.", examples=[["Shirts"]])
    author: Author | None = Field(default=None, description="By default the name of the key.", examples=["Ann"])


class OpinionAnswer(Shape):
    """An opinion, and the item as most people see it now."""

    opinion: Opinion | None = Field(description="Null where it was taken back.")
    item: Item | None = Field(description="Null where it is gone.")


class OpinionList(Shape):
    """What people said of an item, the oldest first."""

    opinions: list[Opinion]


class ReviewItem(Shape):
    """A field of an item that a person should look at."""

    item: Item
    field: str = Field(examples=["articleType"])
    value: str | None = Field(description="What counts now.", examples=["Tops"])
    confidence: float | None = Field(description="Of the bundle's own answer.", examples=[0.31])
    alternatives: list[Alternative] = Field(description="What else it might be, best first.")
    opinions: list[Opinion]
    why: str = Field(examples=["Tops is 31 % sure, and 46 % are demanded"])


class Review(Shape):
    """What is worth a person's second, the most doubtful first."""

    items: list[ReviewItem]
    left: int = Field(description="How many there are in all.", examples=[17])

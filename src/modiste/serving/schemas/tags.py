"""What pictures show, as answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modiste.serving.schemas.problem import Problem
from modiste.serving.schemas.shape import Shape

__all__ = ["Alternative", "EmbedAnswer", "EmbeddedPicture", "Tag", "TagAnswer", "TaggedPicture"]


class Alternative(Shape):
    """One more value that a field might have."""

    value: str = Field(examples=["Tops"])
    confidence: float = Field(ge=0, le=1, description="Its probability.", examples=[0.02])


class Tag(Shape):
    """What is said of one field."""

    value: str | None = Field(description="The answer; null where nothing is said.", examples=["Shirts"])
    values: list[str] = Field(description="All values that are said, best first.", examples=[["Shirts"]])
    confidence: float = Field(
        ge=0, le=1, description="Probability that the answer is right; 0 without one.", examples=[0.97]
    )
    doubtful: bool = Field(description="Less sure than the bundle demands.", examples=[False])
    kind: Literal["single", "multi"] = Field(examples=["single"])
    alternatives: list[Alternative]


class TaggedPicture(Shape):
    """The tags of a picture, or why it could not be read."""

    name: str = Field(examples=["shirt.jpg"])
    tags: dict[str, Tag] | None = None
    doubtful: bool | None = Field(default=None, description="A field is doubtful.", examples=[False])
    stranger: bool | None = Field(
        default=None, description="Looks like no fashion product: all tags are doubtful.", examples=[False]
    )
    problem: Problem | None = None


class TagAnswer(Shape):
    """What some pictures show."""

    bundle: str = Field(description="Fingerprint of the bundle that answers.", examples=["3f6a…"])
    pictures: list[TaggedPicture]


class EmbeddedPicture(Shape):
    """The vector of a picture, or why it could not be read."""

    name: str = Field(examples=["shirt.jpg"])
    vector: list[float] | None = Field(default=None, description="Of unit length.", examples=[[0.1, -0.02]])
    problem: Problem | None = None


class EmbedAnswer(Shape):
    """The vectors of some pictures; those of bundles with other fingerprints can't be compared."""

    bundle: str = Field(description="Fingerprint of the bundle that answers.", examples=["3f6a…"])
    pictures: list[EmbeddedPicture]

"""Why a picture is tagged as it is."""

from __future__ import annotations

from pydantic import Field

from modiste.serving.schemas.items import Item
from modiste.serving.schemas.shape import Shape

__all__ = ["Explanation", "Neighbour", "OcclusionMap"]


class OcclusionMap(Shape):
    """How much each part of the picture mattered."""

    rows: int = Field(examples=[2])
    columns: int = Field(examples=[2])
    values: list[list[float]] = Field(
        description="From top to bottom, from left to right: 0 did not matter, 1 mattered most.",
        examples=[[[0.0, 0.2], [1.0, 0.4]]],
    )


class Neighbour(Shape):
    """An item like the picture whose label the shop or a person gave."""

    item: Item
    score: float = Field(description="Cosine, -1 to 1.", examples=[0.87])
    agrees: bool = Field(description="Its label is the answer.", examples=[True])


class Explanation(Shape):
    """Why a field was answered so."""

    field: str = Field(examples=["articleType"])
    value: str = Field(examples=["Shirts"])
    confidence: float = Field(ge=0, le=1, examples=[0.97])
    map: OcclusionMap
    neighbours: list[Neighbour]
    seconds: float = Field(examples=[0.31])

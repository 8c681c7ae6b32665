"""Why a picture is tagged as it is."""

from __future__ import annotations

from dataclasses import dataclass

from modiste.client.shapes.items import Item

__all__ = ["Explanation", "Neighbour", "OcclusionMap"]


@dataclass(frozen=True, slots=True)
class OcclusionMap:
    """How much each part of the picture mattered: from top to bottom, from left to right, 0 not, 1 most."""

    rows: int
    columns: int
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item like the picture whose label the shop or a person gave: its cosine, and whether its label agrees."""

    item: Item
    score: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a field was answered so.

    Args:
        field: Which field.
        value: The answer, or the value that was asked about.
        confidence: Its probability in [0, 1].
        map: Which parts of the picture mattered.
        neighbours: Labelled items that are like it.
        seconds: How long the server took.
    """

    field: str
    value: str
    confidence: float
    map: OcclusionMap
    neighbours: tuple[Neighbour, ...]
    seconds: float

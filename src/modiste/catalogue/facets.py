"""How many items have which value: what a shop shows beside its results."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FacetValue"]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, or a range of numbers, and how many items have it.

    Args:
        value: The word; of a range, such as ``"199 to 499"``.
        count: Items that have it.
        low: The least number of a range; ``name between low and high`` keeps exactly these items. None of a word.
        high: The greatest number of a range; None of a word.
    """

    value: str
    count: int
    low: float | None = None
    high: float | None = None

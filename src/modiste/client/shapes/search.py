"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from modiste.client.shapes.items import Item
from modiste.client.shapes.many import Many

__all__ = ["FacetValue", "Hit", "SearchAnswer", "Sort"]

Sort = Literal["score", "price", "-price", "title"]


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found.

    Args:
        item_id: Its id.
        item: The item.
        score: Cosine, -1 to 1, higher is better; None where nothing was looked for.
        word_score: How well the words fit (BM25).
        colour_score: How well the colours fit, if they were asked for.
        folded: Items that this one stands for.
        reasons: What it has in common with the query, if that was asked for.
    """

    item_id: str
    score: float | None
    item: Item
    word_score: float | None = None
    colour_score: float | None = None
    folded: tuple[str, ...] = ()
    reasons: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a column, or a range of numbers from `low` to `high`, and how many items have it."""

    value: str
    count: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SearchAnswer(Many[Hit]):
    """The answer to a search: a sequence of `Hit`, best first.

    Args:
        hits: Those of the page that was asked for.
        total: How many there are on all pages together; None where nobody counted.
        reason: Why nothing was found; empty where something was.
        corrected: The words as they were read, where some of them were mended.
        unknown: Words that no item has.
        added: Words that were looked for, too.
        methods: What was searched.
        notes: What a person should know of how it was done.
        facets: Column -> its values with their counts, among all that the filter keeps.
        seconds: How long the server took.
    """

    hits: tuple[Hit, ...]
    total: int | None
    reason: str
    corrected: str | None
    unknown: tuple[str, ...]
    added: tuple[str, ...]
    methods: tuple[str, ...]
    notes: tuple[str, ...]
    facets: dict[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def item_ids(self) -> list[str]:
        """The ids of the hits, best first."""
        return [hit.item_id for hit in self.hits]

    @property
    def _all(self) -> tuple[Hit, ...]:
        return self.hits

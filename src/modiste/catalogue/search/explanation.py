"""Explanation: what a hit has in common with the query, and what its place is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words import list_item_words

__all__ = ["Explanation", "explain_hit"]

Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Explanation:
    """What a hit has in common with the query.

    Args:
        agree: Field -> the values that both have.
        differ: Field -> the query's values and the item's, where they share none.
        words: The query's words, as they are compared, that the item has.
        parts: What adds up to the number that hits are ordered by -> how much it adds: ``"picture"``, ``"text
            vectors"``, ``"words"``, ``"colours"``.

    Example:
        >>> print(Explanation({"gender": ("Men",)}, {"baseColour": (("Blue",), ("Red",))}, ("shirt",), {}))
        same gender (Men); other base colour (Red, not Blue); has the words: shirt
    """

    agree: Labels
    differ: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    words: tuple[str, ...]
    parts: Mapping[str, float]

    def __str__(self) -> str:
        same = [f"{_speak(name)} ({', '.join(values)})" for name, values in self.agree.items()]
        other = [
            f"{_speak(name)} ({', '.join(its)}, not {', '.join(asked)})" for name, (asked, its) in self.differ.items()
        ]
        said = [("same ", ", ".join(same)), ("other ", ", ".join(other)), ("has the words: ", " ".join(self.words))]
        return "; ".join(start + rest for start, rest in said if rest)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "agree": {name: list(values) for name, values in self.agree.items()},
            "differ": {name: {"query": list(asked), "item": list(its)} for name, (asked, its) in self.differ.items()},
            "words": list(self.words),
            "parts": dict(self.parts),
        }


def explain_hit(labels: Labels, words: Sequence[str], item: CatalogueItem, parts: Mapping[str, float]) -> Explanation:
    """Compare a query with an item that it found.

    Args:
        labels: Field -> what the query's picture or item shows; empty for words alone.
        words: The query's words, as they are compared.
        item: The item.
        parts: What its place is made of.

    Example:
        >>> from modiste.catalogue.item import ItemTag
        >>> item = CatalogueItem("7", tags=(ItemTag("gender", "Men"), ItemTag("season", "Summer")))
        >>> explain_hit({"gender": ("Men",), "season": ("Winter",)}, (), item, {}).differ
        {'season': (('Winter',), ('Summer',))}
    """
    agree: dict[str, tuple[str, ...]] = {}
    differ: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for name, asked in labels.items():
        its = item.values(name)
        both = tuple(value for value in its if value in asked)
        if both:
            agree[name] = both
        elif its and asked:
            differ[name] = (asked, its)
    has = set(list_item_words(item)) if words else set()
    return Explanation(agree, differ, tuple(word for word in dict.fromkeys(words) if word in has), dict(parts))


def _speak(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()

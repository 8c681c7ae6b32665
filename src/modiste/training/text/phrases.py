"""Phrases that say what labels say: "navy tshirt for women", out of a product's fields and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import RecipeError
from modiste.runtime.word_pieces import split_text
from modiste.training.text.recipe import PartRecipe

__all__ = ["Phrase", "PhraseBook", "Sayings"]

Sayings: TypeAlias = tuple[tuple[str, ...], ...]
"""The ways to say a value, each as its words, the value's own first."""

_IN_ANY_ORDER = 0.4
_BEHIND = 0.3  # chance that a part with ``after`` stands behind it


@dataclass(frozen=True)
class Phrase:
    """Some words, and the parts of the book that they speak of."""

    words: tuple[str, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True)
class PhraseBook:
    """What can be said of n items.

    Args:
        parts: What a phrase is made of, in the order in which people say it.
        codes: int32 [n, parts]: the value of each part, -1 where nothing is known; equal codes, equal values.
        sayings: For each part: code -> the ways to say it, each as its words, the value's own first.
    """

    parts: tuple[PartRecipe, ...]
    codes: NDArray[np.int32]
    sayings: tuple[tuple[Sayings, ...], ...]

    @classmethod
    def read(cls, items: pl.DataFrame, parts: Sequence[PartRecipe]) -> PhraseBook:
        """Read the columns that the parts name; parts whose column is missing are left out.

        Args:
            items: A manifest's items.
            parts: What is said.

        Raises:
            RecipeError: A column holds something else than one text an item.

        Example:
            >>> items = pl.DataFrame({"label.kind": ["Shirts", None], "label.colour": ["Blue", "Red"]})
            >>> parts = [PartRecipe(column="label.colour", chance=1), PartRecipe(column="label.kind", chance=1)]
            >>> book = PhraseBook.read(items, parts)
            >>> sorted(book.draw(0, np.random.default_rng(1)).words), book.draw(1, np.random.default_rng(1)).words
            (['blue', 'shirts'], ('red',))
        """
        there = [part for part in parts if part.column in items.columns]
        coded = [_read_column(items[part.column], part) for part in there]
        codes = np.stack([codes for codes, _ in coded], axis=1) if coded else np.empty((items.height, 0), np.int32)
        return cls(tuple(there), codes, tuple(sayings for _, sayings in coded))

    def draw(self, item: int, random: np.random.Generator) -> Phrase | None:
        """Say something of an item, or None where nothing is known of it.

        Args:
            item: Its row.
            random: Where chance comes from.
        """
        known = np.flatnonzero(self.codes[item] >= 0)
        if not len(known):
            return None
        chances = np.array([self.parts[part].chance for part in known])
        said = known[random.random(len(known)) < chances]
        if not len(said):
            said = known[[int(random.integers(len(known)))]]
        return Phrase(self._arrange(item, said.tolist(), random), tuple(said.tolist()))

    def _arrange(self, item: int, said: list[int], random: np.random.Generator) -> tuple[str, ...]:
        order = list(random.permutation(said)) if random.random() < _IN_ANY_ORDER else said
        last = next((part for part in order if self.parts[part].after), None)
        spoken = {part: self._say(part, int(self.codes[item, part]), random) for part in order}
        if last is None or random.random() >= _BEHIND:
            return tuple(word for part in order for word in spoken[part])
        front = tuple(word for part in order if part != last for word in spoken[part])
        return (*front, *split_text(self.parts[last].after), *spoken[last])

    def _say(self, part: int, code: int, random: np.random.Generator) -> tuple[str, ...]:
        ways = self.sayings[part][code]
        if len(ways) == 1 or random.random() < 0.5:
            return ways[0]
        return ways[int(random.integers(1, len(ways)))]


def _read_column(column: pl.Series, part: PartRecipe) -> tuple[NDArray[np.int32], tuple[Sayings, ...]]:
    if column.dtype != pl.String:
        raise RecipeError(
            f"parts.column = {part.column!r} holds {column.dtype}; expected one text an item, or leave it out"
        )
    values = column.drop_nulls().unique().sort().to_list()
    sayings = [_list_sayings(value, part.words) for value in values]
    numbers = {value: number for number, value in enumerate(values) if sayings[number]}
    codes = np.array([numbers.get(value, -1) for value in column], np.int32)
    return codes, tuple(sayings)


def _list_sayings(value: str, words: Mapping[str, Sequence[str]]) -> Sayings:
    ways = [tuple(split_text(way)) for way in (value, *words.get(value, ()))]
    return tuple(way for way in ways if way)

"""Items as pairs of a text and a picture's vector, and which text fits which picture of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import RecipeError
from modiste.runtime.word_pieces import split_text
from modiste.training.text.garbling import garble
from modiste.training.text.phrases import Phrase, PhraseBook
from modiste.training.text.recipe import TextRecipe, TitleRecipe

__all__ = ["TextBatch", "TextPairs"]


@dataclass(frozen=True)
class TextBatch:
    """Some texts, each as its words, the vectors of the pictures, and bool [texts, pictures]: which fits which."""

    texts: tuple[tuple[str, ...], ...]
    vectors: NDArray[np.float32]
    fits: NDArray[np.bool_]


@dataclass(frozen=True)
class TextPairs:
    """The items that a text encoder learns from.

    Args:
        titles: The words of each item's title; empty where there is none.
        title_codes: int32 [n]; equal codes, equal titles; -1 where there is none.
        book: What their labels say.
        vectors: float32 [n, embedding size] of unit length: their pictures.
    """

    titles: tuple[tuple[str, ...], ...]
    title_codes: NDArray[np.int32]
    book: PhraseBook
    vectors: NDArray[np.float32]

    @classmethod
    def read(cls, items: pl.DataFrame, vectors: NDArray[np.float32], recipe: TextRecipe) -> TextPairs:
        """Pair the items of a manifest with the vectors of their pictures.

        Args:
            items: n rows with ``title`` and the columns that the recipe names.
            vectors: float32 [n, embedding size], in their order.
            recipe: What is said of them.

        Raises:
            RecipeError: Nothing is known of any of them.
        """
        titles = tuple(tuple(split_text(title or "")) for title in items["title"])
        numbers: dict[tuple[str, ...], int] = {}
        codes = [numbers.setdefault(title, len(numbers)) if title else -1 for title in titles]
        pairs = cls(titles, np.array(codes, np.int32), PhraseBook.read(items, recipe.parts), vectors)
        if not pairs.list_usable().size:
            raise RecipeError("the data has no titles and none of the columns of the recipe's parts: nothing to learn")
        return pairs

    def list_usable(self) -> NDArray[np.int64]:
        """Return the rows of the items of which anything can be said."""
        labelled = (self.book.codes >= 0).any(axis=1)
        return np.flatnonzero((self.title_codes >= 0) | labelled)

    def draw(self, rows: Sequence[int], recipe: TextRecipe, random: np.random.Generator) -> TextBatch:
        """Say something of each of some items: its title, or a phrase, garbled.

        A title fits the pictures of all items with that title; a phrase those of all items that it is true of.

        Args:
            rows: Items of `list_usable`.
            recipe: How.
            random: Where chance comes from.
        """
        chosen = np.asarray(rows, np.int64)
        phrases = [self._draw_phrase(row, recipe, random) for row in chosen]
        said = [
            _read_out(self.titles[row], recipe.titles, random) if phrase is None else phrase.words
            for row, phrase in zip(chosen, phrases, strict=True)
        ]
        texts = tuple(tuple(garble(words, recipe.garble, random)) for words in said)
        return TextBatch(texts, self.vectors[chosen], self._find_fits(chosen, phrases))

    def _draw_phrase(self, row: int, recipe: TextRecipe, random: np.random.Generator) -> Phrase | None:
        """Return a phrase, or None where the title is read out."""
        if self.title_codes[row] >= 0 and random.random() < recipe.titles.share:
            return None
        phrase = self.book.draw(row, random)
        return Phrase(self.titles[row], ()) if phrase is None else phrase

    def _find_fits(self, rows: NDArray[np.int64], phrases: Sequence[Phrase | None]) -> NDArray[np.bool_]:
        titles, codes = self.title_codes[rows], self.book.codes[rows]
        fits: NDArray[np.bool_] = (titles[:, None] == titles) & (titles >= 0)
        for row, phrase in enumerate(phrases):
            if phrase is not None and phrase.parts:
                parts = list(phrase.parts)
                fits[row] = (codes[:, parts] == codes[row, parts]).all(axis=1)
        np.fill_diagonal(fits, True)
        return fits


def _read_out(title: tuple[str, ...], recipe: TitleRecipe, random: np.random.Generator) -> tuple[str, ...]:
    kept = random.random(len(title)) >= recipe.dropped
    words = [word for word, keep in zip(title, kept, strict=True) if keep] or list(title)
    if random.random() < recipe.shuffled:
        words = [words[place] for place in random.permutation(len(words))]
    return tuple(words)

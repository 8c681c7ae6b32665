"""How people type: typos, and plurals where the shop has none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modiste.training.text.recipe import GarbleRecipe

__all__ = ["garble", "mistype", "toggle_plural"]

_SHORTEST = 4  # letters; shorter words become other words
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def garble(words: Sequence[str], recipe: GarbleRecipe, random: np.random.Generator) -> list[str]:
    """Return some words as somebody in a hurry might type them.

    Args:
        words: Words as `modiste.runtime.word_pieces.split_text` gives them.
        recipe: How often.
        random: Where chance comes from.

    Example:
        >>> garble(["red", "shirts"], GarbleRecipe(typos=0, plurals=0), np.random.default_rng(0))
        ['red', 'shirts']
    """
    chances = random.random((len(words), 2))
    typed = []
    for word, (plural, typo) in zip(words, chances, strict=True):
        changed = toggle_plural(word) if plural < recipe.plurals else word
        typed.append(mistype(changed, random) if typo < recipe.typos else changed)
    return typed


def mistype(word: str, random: np.random.Generator) -> str:
    """Leave a letter out, swap two, replace one, double one or add one; the first letter stays.

    Example:
        >>> sorted({mistype("shirt", np.random.default_rng(seed)) for seed in range(40)})[:4]
        ['shhirt', 'shifrt', 'shigt', 'shijt']
    """
    if len(word) < _SHORTEST:
        return word
    at = int(random.integers(1, len(word) - 1))
    kind = int(random.integers(5))
    letter = _LETTERS[int(random.integers(len(_LETTERS)))]
    before, after = word[:at], word[at + 1 :]
    return (
        before + after,
        before + after[0] + word[at] + after[1:],
        before + letter + after,
        before + word[at] + word[at:],
        before + word[at] + letter + after,
    )[kind]


def toggle_plural(word: str) -> str:
    """Add a final s, or take it away.

    Example:
        >>> [toggle_plural(word) for word in ("shirt", "shirts", "dress", "tie")]
        ['shirts', 'shirt', 'dress', 'tie']
    """
    if len(word) < _SHORTEST or word.endswith("ss"):
        return word
    return word[:-1] if word.endswith("s") else f"{word}s"

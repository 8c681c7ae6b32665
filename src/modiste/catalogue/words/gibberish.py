"""Telling what was typed blindly ("qwrtzx plmk") from words that no item happens to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rapidfuzz.distance import OSA

from modiste.catalogue.words.normalising import Token, list_shop_words

__all__ = ["is_gibberish"]

_VOCABULARY: Final = 2000  # words; fewer don't show how words are spelt, and nothing is taken for gibberish
_SEVERAL: Final = 2  # items that have a word, so that it is probably none that was mistyped there
_OFTEN: Final = 5  # words that have the same three letters in a row
_FAMILIAR: Final = 0.4  # share of a mended word's threes that words often have
_SHORTEST: Final = 4  # letters of an unknown word that may be one
_LONG: Final = 8  # letters from which a mended word may have been mistyped twice
_SHARE: Final = 0.5  # of a text's words that must be ones


def is_gibberish(
    typed: Sequence[Token], known: Mapping[str, int], *, corrected: Sequence[str], unknown: Iterable[str]
) -> bool:
    """Say whether a text, none of whose words the catalogue has, is no text at all.

    A word that was mended counts as one where little had to be mended and some of its letters stand as they do in
    words; one that was not, where every three of its letters in a row do. By the vocabulary of 40,000 products, none of
    200 queries of shoppers is gibberish, and 96 to 100 % of random letters, keys in a row and consonants are; of
    syllables such as "fizotuke", which might be a brand, 83 %.

    Args:
        typed: The words, none of which the catalogue has; stop words left out.
        known: Every word of the catalogue -> how many items have it.
        corrected: The words as they were mended.
        unknown: Those that nothing near was found for.

    Example:
        >>> word = Token("qwrtzx", "qwrtzx")
        >>> is_gibberish([word], {"shirt": 9}, corrected=[], unknown=["qwrtzx"])  # too few words to judge by
        False
    """
    if not typed or len(known) < _VOCABULARY:
        return False
    spelt = _join_words(known)
    lost = set(unknown)
    words = sum(
        _may_be_word(token.word, spelt) if token.written in lost else _was_mistyped(token, corrected, spelt)
        for token in typed
    )
    return words < _SHARE * len(typed)


def _join_words(known: Mapping[str, int]) -> str:
    """Write the words that show how words are spelt one after the other, each between ``^`` and ``$``."""
    words = {word for word, items in known.items() if word.isalpha() and items >= _SEVERAL}
    return "".join(f"^{word}$" for word in words | set(list_shop_words()))


def _is_frequent(three: str, spelt: str) -> bool:
    """Say whether three letters in a row, a word's ends counting as letters, stand in several words."""
    found, at = 0, spelt.find(three)
    while at >= 0 and found < _OFTEN:
        found += 1
        at = spelt.find(three, spelt.index("$", at))  # once a word
    return found >= _OFTEN


def _list_threes(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def _measure_familiarity(word: str, spelt: str) -> float:
    own = _list_threes(word)
    return sum(_is_frequent(three, spelt) for three in own) / len(own)


def _may_be_word(word: str, spelt: str) -> bool:
    return word.isalpha() and len(word) >= _SHORTEST and _measure_familiarity(word, spelt) == 1


def _was_mistyped(token: Token, corrected: Sequence[str], spelt: str) -> bool:
    edits = min((OSA.distance(token.written, other) for other in corrected), default=len(token.written))
    return edits <= 1 + (len(token.written) >= _LONG) and _measure_familiarity(token.word, spelt) >= _FAMILIAR

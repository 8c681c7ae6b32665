"""Words as they are compared: without case, accents, plurals, and with one spelling for what shops write in several."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

__all__ = ["Token", "is_stop_word", "join_phrases", "list_shop_words", "list_tokens", "split_words", "to_singular"]

_POSSESSIVE: Final = re.compile(r"['’`´ʼ]s?\b")
_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST_WORD: Final = 64  # characters; what is longer is no word
_LONGEST_TEXT: Final = 20_000  # characters of a text that are read
_REMEMBERED: Final = 1 << 16


class Token(NamedTuple):
    """A word of a text: as it was ``written``, in lower case, and as it is compared, its ``word``."""

    written: str
    word: str


@dataclass(frozen=True)
class _ShopWords:
    stop: frozenset[str]
    keep: frozenset[str]
    singular: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    starts: Mapping[str, int]  # the first word of a phrase -> the length of the longest one


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into the words that it is found by.

    Case, accents, possessives and plurals go, stop words are dropped, and what shops write in several ways becomes one:
    ``t-shirt``, ``tee`` and ``t shirt`` are ``tshirt``; ``ladies`` are ``women`` (shop_words.toml lists them).

    Args:
        text: Any text; its first 20,000 characters are read.

    Returns:
        The words in order, doubled ones doubly.

    Example:
        >>> split_words("Men's Blue T-Shirts with Café dresses")
        ('men', 'blue', 'tshirt', 'cafe', 'dress')
        >>> split_words("ladies trainers"), split_words("jeans & watches")
        (('women', 'sports', 'shoe'), ('jeans', 'watch'))
    """
    shop = _read_shop_words()
    words = list(map(to_singular, _list_written(text)))
    if not shop.starts.keys().isdisjoint(words):
        words = join_phrases(words)
    return tuple(words) if shop.stop.isdisjoint(words) else tuple(word for word in words if word not in shop.stop)


def list_tokens(text: str) -> list[Token]:
    """Split a text into its words, without looking at phrases or stop words.

    Example:
        >>> list_tokens("Flip-Flops")
        [Token(written='flip', word='flip'), Token(written='flops', word='flop')]
    """
    return [Token(word, to_singular(word)) for word in _list_written(text)]


def join_phrases(words: Sequence[str]) -> list[str]:
    """Replace words and phrases by what they are read as; the longest phrase wins.

    Args:
        words: As `list_tokens` compares them.

    Example:
        >>> join_phrases(["wrist", "watch", "t", "shirt"])
        ['watch', 'tshirt']
    """
    shop = _read_shop_words()
    joined: list[str] = []
    at = 0
    while at < len(words):
        longest = min(shop.starts.get(words[at], 0), len(words) - at)
        length = next((size for size in range(longest, 0, -1) if tuple(words[at : at + size]) in shop.phrases), 0)
        joined.extend(shop.phrases[tuple(words[at : at + length])] if length else [words[at]])
        at += max(length, 1)
    return joined


def is_stop_word(word: str) -> bool:
    """Say whether a word, as it is compared, is dropped."""
    return word in _read_shop_words().stop


def list_shop_words() -> Mapping[str, tuple[str, ...]]:
    """Return every word that stands in a phrase of the table -> the words that its phrases are read as.

    A query may have any of them, though no item has: `read_query` must not take "ladies" for a typo.

    Example:
        >>> list_shop_words()["lady"]
        ('women',)
    """
    return _list_shop_words()


@lru_cache(maxsize=1)
def _list_shop_words() -> Mapping[str, tuple[str, ...]]:
    readings: dict[str, tuple[str, ...]] = {}
    for phrase, reading in _read_shop_words().phrases.items():
        for word in phrase:
            readings[word] = readings.get(word, ()) + reading
    return readings


@lru_cache(maxsize=_REMEMBERED)
def to_singular(word: str) -> str:
    """Strip a plural's ending where that is safe.

    Args:
        word: One word in lower case, without accents.

    Example:
        >>> [to_singular(word) for word in ("dresses", "watches", "jeans", "ties", "berries", "shoes", "glass")]
        ['dress', 'watch', 'jeans', 'tie', 'berry', 'shoe', 'glass']
    """
    shop = _read_shop_words()
    if word in shop.singular:
        return shop.singular[word]
    if len(word) < 4 or word in shop.keep or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word
    return word[:-2] if word.endswith(("sses", "ches", "shes", "xes", "zzes")) else word[:-1]


def _list_written(text: str) -> list[str]:
    words: list[str] = _WORD.findall(_fold(text[:_LONGEST_TEXT]))
    return words if max(map(len, words), default=0) <= _LONGEST_WORD else [w for w in words if len(w) <= _LONGEST_WORD]


def _fold(text: str) -> str:
    if text.isascii():
        return _POSSESSIVE.sub("", text.lower()) if "'" in text or "`" in text else text.lower()
    # A letter with a mark becomes two characters, of which the mark is dropped; "ß" becomes "ss".
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return "".join(mark for mark in text if not unicodedata.combining(mark)).casefold()


@lru_cache(maxsize=1)
def _read_shop_words() -> _ShopWords:
    text = resources.files("modiste.catalogue.words").joinpath("shop_words.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    phrases = dict(_list_phrases(data["same"]))
    starts: dict[str, int] = {}
    for phrase in phrases:
        starts[phrase[0]] = max(starts.get(phrase[0], 0), len(phrase))
    return _ShopWords(frozenset(data["stop"]), frozenset(data["keep"]), data["singular"], phrases, starts)


def _list_phrases(same: Mapping[str, Iterable[str]]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for reading, phrases in same.items():
        for phrase in phrases:
            yield tuple(phrase.split()), tuple(reading.split())

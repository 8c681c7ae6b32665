"""Spelling: what somebody meant who typed a word that no item has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from modiste.catalogue.words.gibberish import is_gibberish
from modiste.catalogue.words.normalising import (
    Token,
    is_stop_word,
    join_phrases,
    list_shop_words,
    list_tokens,
    split_words,
)

__all__ = ["ReadWords", "correct_spelling", "read_query"]

_FIRST_LETTER: Final = 0.5  # of an edit: people seldom mistype the first letter
_PER_TENFOLD: Final = 0.25  # of an edit, for each tenfold of items that have the word
_SHORTEST_PART: Final = 3  # letters of either part of two words that were run together
_RARE: Final = 3  # items at most that have a word which may be a typo in the catalogue itself
_TIMES: Final = 300  # as many items must have the word that was meant
_SHORTEST_RARE: Final = 4  # letters
_MOST_MENDED: Final = 16  # words of a query that are mended; a longer one is no query


@dataclass(frozen=True)
class ReadWords:
    """How a query's words were read.

    Args:
        words: What is looked for, as `split_words` gives it.
        corrected: The text as it was read, or None where nothing was mended.
        unknown: Words, as they were typed, that no item has and that nothing near was found for.
        added: Words that are looked for, too: of what was typed very few items have it, and a word that differs in one
            letter very many, so that the items' own titles are probably mistyped. They are among ``words``.
        gibberish: Whether there is no word in it at all, known, mistyped or new.
    """

    words: tuple[str, ...]
    corrected: str | None = None
    unknown: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    gibberish: bool = field(default=False, repr=False)


def read_query(text: str, known: Mapping[str, int]) -> ReadWords:
    """Read what somebody typed: split it into words, and mend those that no item has.

    A word that is in the catalogue is never changed. One that is not may be two that were run together, or half of one
    that was torn apart, or mistyped.

    Args:
        text: What was typed.
        known: Every word of the catalogue -> how many items have it.

    Example:
        >>> known = {"blue": 90, "checked": 12, "shirt": 70, "chest": 1, "men": 50, "sunglasses": 3}
        >>> read_query("blu chekd shrt", known)
        ReadWords(words=('blue', 'checked', 'shirt'), corrected='blue checked shirt', unknown=(), added=())
        >>> read_query("mens blueshirt zzz", known)
        ReadWords(words=('men', 'blue', 'shirt'), corrected='mens blue shirt', unknown=('zzz',), added=())
    """
    tokens = list_tokens(text)
    readings = [_Reading(token, _is_known(token.word, known)) for token in tokens]
    _accept_phrases(readings, known)
    has_known = any(reading.known and not is_stop_word(reading.token.word) for reading in readings)
    mended = list(_mend_all(readings, known))
    unknown = tuple(reading.token.written for reading in mended if not reading.known)
    corrected = None
    if any(reading.changed for reading in mended):
        corrected = " ".join(reading.token.written for reading in mended if reading.known)
    words = split_words(text if corrected is None else corrected)
    added = tuple(dict.fromkeys(other for word in words for other in _find_frequent(word, known) if other not in words))
    typed = [token for token in tokens if not is_stop_word(token.word)]
    gibberish = not has_known and is_gibberish(typed, known, corrected=(corrected or "").split(), unknown=unknown)
    return ReadWords(words + added, corrected, unknown, added, gibberish)


def correct_spelling(word: str, known: Mapping[str, int]) -> str | None:
    """Find the word that somebody meant.

    Of all words within one edit (of up to four letters) or two, the one with the fewest edits wins, where having the
    same first letter counts for half an edit and ten times as many items for a quarter. An edit inserts, deletes or
    replaces a letter or swaps two neighbours (optimal string alignment).

    Args:
        word: In lower case, as `list_tokens` compares it.
        known: Every word of the catalogue -> how many items have it.

    Returns:
        The word, or None where it is in the catalogue itself or nothing is near.

    Example:
        >>> correct_spelling("shrt", {"shirt": 70, "short": 5, "skirt": 20})
        'shirt'
        >>> correct_spelling("short", {"shirt": 70, "short": 5}) is None
        True
    """
    edits = _count_allowed_edits(word)
    if not edits or _is_known(word, known):
        return None
    near = [(name, distance) for name, distance in _find_near(word, list(known), edits) if name.isalpha()]
    near += [pair for pair in _find_near(word, list(list_shop_words()), edits) if _is_known(pair[0], known)]
    costs = [(distance - _favour(word, name, known), name not in known, name) for name, distance in near]
    return min(costs)[-1] if costs else None


def _find_frequent(word: str, known: Mapping[str, int]) -> list[str]:
    """Find the one word that a rare word of the catalogue is a typo of, if any."""
    count = known.get(word, 0)
    if not 0 < count <= _RARE or not _count_allowed_edits(word) or len(word) < _SHORTEST_RARE:
        return []
    near = [name for name, _ in _find_near(word, list(known), 1) if known[name] >= _TIMES * count]
    return [max(near, key=lambda name: (known[name], name))] if near else []


def _find_near(word: str, names: list[str], edits: int) -> list[tuple[str, int]]:
    # rapidfuzz (MIT, 3 MB, C++) compares 8,000 words in 0.4 ms without preparing anything, and the vocabulary changes
    # with every item; symspellpy answers in 0.1 ms but prepares them for 0.3 s.
    found = process.extract(word, names, scorer=OSA.distance, score_cutoff=edits, limit=None)
    return [(name, int(distance)) for name, distance, _ in found]


@dataclass
class _Reading:
    token: Token
    known: bool
    changed: bool = False


def _is_known(word: str, known: Mapping[str, int]) -> bool:
    """Say whether items can be found by a word, as it is or by what the table of shop words reads it as."""
    return word in known or is_stop_word(word) or all(part in known for part in join_phrases([word]))


def _accept_phrases(readings: Sequence[_Reading], known: Mapping[str, int]) -> None:
    """Mark words as known that are so only beside their neighbours, such as the t of "t shirt"."""
    for size in (2, 3):
        for at in range(len(readings) - size + 1):
            phrase = readings[at : at + size]
            words = [reading.token.word for reading in phrase]
            joined = join_phrases(words)
            if joined != words and all(word in known for word in joined):
                for reading in phrase:
                    reading.known = True


def _mend_all(readings: Sequence[_Reading], known: Mapping[str, int]) -> Iterator[_Reading]:
    at = tried = 0
    while at < len(readings):
        reading = readings[at]
        tried += not reading.known
        if reading.known or tried > _MOST_MENDED:
            yield reading
        elif at + 1 < len(readings) and _join(reading.token, readings[at + 1].token, known):
            yield _change(reading.token.written + readings[at + 1].token.written)
            at += 1
        else:
            yield from _mend(reading, known)
        at += 1


def _mend(reading: _Reading, known: Mapping[str, int]) -> list[_Reading]:
    better = correct_spelling(reading.token.word, known)
    parts = _split(reading.token.written, known)
    if parts and (better is None or OSA.distance(better, reading.token.word) > 1):
        return [_change(part) for part in parts]
    return [reading] if better is None else [_change(better)]


def _change(written: str) -> _Reading:
    return _Reading(list_tokens(written)[0], known=True, changed=True)


def _join(left: Token, right: Token, known: Mapping[str, int]) -> bool:
    return _find_word(left.written + right.written) in known


def _split(written: str, known: Mapping[str, int]) -> tuple[str, str] | None:
    """Split a word in two that items have; of several ways, the one whose rarer part is the least rare."""
    places = range(_SHORTEST_PART, len(written) - _SHORTEST_PART + 1)
    ways = [(written[:at], written[at:]) for at in places]
    common = [(min(known.get(_find_word(part), 0) for part in way), way) for way in ways]
    most, way = max(common, default=(0, ("", "")))
    return way if most else None


def _find_word(written: str) -> str:
    return list_tokens(written)[0].word


def _count_allowed_edits(word: str) -> int:
    if len(word) < 3 or not word.isalpha():
        return 0  # sizes and model numbers are right or wrong, not mistyped
    return 1 if len(word) <= 4 else 2


def _favour(word: str, choice: str, known: Mapping[str, int]) -> float:
    count = known.get(choice) or min(known.get(part, 0) for part in join_phrases([choice]))
    return _FIRST_LETTER * (word[0] == choice[0]) + _PER_TENFOLD * math.log10(max(count, 1))

"""Patterns of ``like``, matched in time that grows with text times pattern at most."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

__all__ = ["build_matcher"]

_PART: Final = re.compile(r"\\(.)|(%)|(_)|([^\\%_]+)", re.DOTALL)


def build_matcher(pattern: str) -> Callable[[str], bool]:
    r"""Build the test of a pattern.

    Args:
        pattern: ``%`` is any run of characters, ``_`` is one, a backslash takes the next one as it is; folded, if the
            texts are.

    Returns:
        A function that says whether the whole of a text fits.

    Example:
        >>> matches = build_matcher("na%y _")
        >>> matches("navy 4"), matches("nay 42")
        (True, False)
    """
    pieces = list(_split(pattern))
    if len(pieces) == 1:
        whole = _compile(pieces[0])
        return lambda text: whole.fullmatch(text) is not None
    plain = ["".join(part for part in piece if part) for piece in pieces]
    if all(len(text) == len(piece) for text, piece in zip(plain, pieces, strict=True)):
        return _build_plain(*plain)
    return _build_general(pieces)


# What stands between two % is looked for at its leftmost place: any later one would leave less for the rest. Each piece
# has a fixed length, so there is nothing to go back into.


def _build_plain(first: str, *others: str) -> Callable[[str], bool]:
    """Build the test of a pattern without _."""
    *middle, last = others

    def matches(text: str) -> bool:
        if not (text.startswith(first) and text.endswith(last)):
            return False
        place = len(first)
        for piece in middle:
            found = text.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        return place <= len(text) - len(last)

    return matches


def _build_general(pieces: list[list[str | None]]) -> Callable[[str], bool]:
    first, *middle, last = map(_compile, pieces)
    length = len(pieces[-1])

    def matches(text: str) -> bool:
        found = first.match(text)
        for piece in middle:
            found = found and piece.search(text, found.end())
        start = len(text) - length
        return found is not None and found.end() <= start and last.match(text, start) is not None

    return matches


def _split(pattern: str) -> Iterator[list[str | None]]:
    """Yield what stands between the %: characters as they are, None for any one."""
    piece: list[str | None] = []
    for escaped, run, single, plain in _PART.findall(pattern):
        if run:
            yield piece
            piece = []
        else:
            piece.extend([None] if single else escaped or plain)
    yield piece


def _compile(piece: list[str | None]) -> re.Pattern[str]:
    return re.compile("".join("." if part is None else re.escape(part) for part in piece), re.DOTALL)

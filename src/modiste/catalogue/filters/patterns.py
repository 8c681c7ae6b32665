"""Patterns of ``like``, matched in time that grows with the text and the pattern, never faster."""

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
    first, *middle, last = map(_compile, pieces)
    # What stands between two % is found at its leftmost place: any later one would leave less for the rest.
    # Every piece has a fixed length, so there is nothing to backtrack into.
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

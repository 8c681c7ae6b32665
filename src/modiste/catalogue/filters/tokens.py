"""From text to the smallest parts of a filter: names, words, numbers and signs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from modiste.catalogue.filters.literals import KEYWORDS
from modiste.catalogue.filters.pointing import point_at

__all__ = ["Token", "split_tokens"]

TokenKind = Literal["name", "keyword", "word", "number", "sign", "mark", "end"]

_PATTERNS: Final = (
    ("number", r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"),
    ("bare", r"[^\W\d][\w.\-]*"),
    ("name", r"`(?:[^`]|``)*`"),
    ("word", r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""),
    ("sign", r"<=|>=|!=|<>|==|=|<|>"),
    ("mark", r"[(),]"),
    ("blank", r"\s+"),
)
_TOKEN: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS))
_SIGNS: Final = {"<>": "!=", "==": "="}
_HINTS: Final = {
    "'": "this quote is never closed; double a quote within: 'Levi''s'",
    '"': "this quote is never closed; double a quote within",
    "`": "this backquote is never closed; names with blanks stand like this: `Sleeve Length`",
    "&": "type: and",
    "|": "type: or",
    "!": "type != or not",
    "≤": "type <=",
    "≥": "type >=",
    "≠": "type !=",
    "‘": "put words in straight quotes: 'M'",
    "’": "put words in straight quotes: 'M'",
    "“": 'put words in straight quotes: "M"',
    "”": 'put words in straight quotes: "M"',
}


class Token(NamedTuple):
    """A smallest part: its kind, what it stands for, and where it begins.

    ``value`` is the unquoted text of names and words, the folded text of keywords, the number of numbers.
    """

    kind: TokenKind
    value: str | float
    position: int


def split_tokens(text: str) -> Iterator[Token]:
    """Split a filter into its smallest parts.

    Args:
        text: The filter.

    Yields:
        The parts in order, the last of kind ``"end"``.

    Raises:
        FilterError: A character, a number or an open quote that the language does not have.

    Example:
        >>> [token.value for token in split_tokens("price <= 1500")]
        ['price', '<=', 1500.0, '']
    """
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            hint = _HINTS.get(text[position], "expected a filter such as price <= 1500 and size = 'M'")
            raise point_at(text, position, f"{text[position]!r} can't stand here; {hint}")
        if (kind := found.lastgroup or "") != "blank":
            yield _READERS[kind](text, found)
        position = found.end()
    yield Token("end", "", len(text))


def _read_number(text: str, found: re.Match[str]) -> Token:
    end = found.end()
    if end < len(text) and (text[end].isalnum() or text[end] in "._"):
        raise point_at(text, end, "a number ends in something else; type it in plain digits: 1500, -2.5")
    number = float(found[0])
    if not math.isfinite(number):
        raise point_at(text, found.start(), "this number is too large; the largest is about 1.8e308")
    return Token("number", number, found.start())


def _read_bare(_: str, found: re.Match[str]) -> Token:
    folded = found[0].casefold()
    return Token("keyword", folded, found.start()) if folded in KEYWORDS else Token("name", found[0], found.start())


def _read_name(text: str, found: re.Match[str]) -> Token:
    if not (name := found[0][1:-1].replace("``", "`")):
        raise point_at(text, found.start(), "this name is empty; expected a column such as `Sleeve Length`")
    return Token("name", name, found.start())


def _read_word(_: str, found: re.Match[str]) -> Token:
    quote = found[0][0]
    return Token("word", found[0][1:-1].replace(quote * 2, quote), found.start())


def _read_sign(_: str, found: re.Match[str]) -> Token:
    return Token("sign", _SIGNS.get(found[0], found[0]), found.start())


def _read_mark(_: str, found: re.Match[str]) -> Token:
    return Token("mark", found[0], found.start())


_READERS: Final[dict[str, Callable[[str, re.Match[str]], Token]]] = {
    "number": _read_number,
    "bare": _read_bare,
    "name": _read_name,
    "word": _read_word,
    "sign": _read_sign,
    "mark": _read_mark,
}

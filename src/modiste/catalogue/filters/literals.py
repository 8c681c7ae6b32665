"""The words that filters are written in: names, literals, and what can't be written."""

from __future__ import annotations

import math
import re
from typing import Final

from modiste.errors import FilterError

__all__ = ["KEYWORDS", "Value", "check_literal", "check_text", "to_plain", "to_word", "write_literal", "write_name"]

Value = str | float | bool

KEYWORDS: Final = frozenset(
    ("and", "or", "not", "in", "between", "like", "contains", "is", "missing", "present", "null", "true", "false")
)

_BARE_NAME: Final = re.compile(r"[^\W\d][\w.\-]*")
_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")  # neither SQLite nor UTF-8 takes them as they are


def write_name(name: str) -> str:
    """Write a column's name as filters take it.

    Args:
        name: Any name.

    Returns:
        The name, in backquotes where it has blanks or is a word of the language.

    Example:
        >>> write_name("price"), write_name("Sleeve Length"), write_name("in")
        ('price', '`Sleeve Length`', '`in`')
    """
    if _BARE_NAME.fullmatch(name) and name.casefold() not in KEYWORDS:
        return name
    return f"`{name.replace('`', '``')}`"


def write_literal(value: Value) -> str:
    """Write a literal as filters take it: words in the quotes that need less doubling.

    Args:
        value: A word, a finite number, or a truth.

    Returns:
        Text that parses to the same value.

    Example:
        >>> write_literal("M"), write_literal("Levi's"), write_literal(1500.0), write_literal(True)
        ("'M'", '"Levi\\'s"', '1500', 'true')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        quote = '"' if value.count("'") > value.count('"') else "'"
        return f"{quote}{value.replace(quote, quote * 2)}{quote}"
    return repr(float(value)).removesuffix(".0")


def to_plain(value: Value) -> Value:
    """Turn whole numbers into floats; what has no sign loses it."""
    return value if isinstance(value, bool | str) else float(value) + 0.0  # -0.0 becomes 0.0


def to_word(value: Value) -> str:
    """Turn a value into the word that it is in a column of words: numbers as they are typed, truths as true and false.

    Args:
        value: A word, a number or a truth.

    Returns:
        The word.

    Example:
        >>> to_word("M"), to_word(42.0), to_word(True)
        ('M', '42', 'true')
    """
    return value if isinstance(value, str) else write_literal(value)


def check_literal(value: object) -> None:
    """Raise FilterError if a value is no literal of the language."""
    if isinstance(value, str):
        check_text(value, "a word")
    elif not isinstance(value, float | bool) or not math.isfinite(value):
        raise FilterError(f"{value!r} is no literal; expected a finite number, a word, true or false")


def check_text(text: str, what: str) -> None:
    """Raise FilterError if a text has a character that can't be stored."""
    if found := _UNWRITABLE.search(text):
        raise FilterError(f"{what} has the character {found[0]!r}, which no text holds; leave it out")

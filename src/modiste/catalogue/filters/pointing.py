"""Errors that show the filter with a caret under the place."""

from __future__ import annotations

from typing import Final

from modiste.errors import FilterError

__all__ = ["point_at"]

_BEFORE: Final = 50
_AFTER: Final = 30


def point_at(text: str, position: int, message: str) -> FilterError:
    """Build the error that points at a place of a filter.

    Args:
        text: The filter.
        position: Of the character in question; the length of the text is its end.
        message: What is wrong there, what was expected, what to type.

    Returns:
        The error: the message, the text around the place, and a caret below it.

    Example:
        >>> print(point_at("price <= cheap", 9, "expected a number"))
        expected a number
          price <= cheap
                   ^
    """
    start = max(0, position - _BEFORE)
    end = min(len(text), position + _AFTER)
    lead = "…" if start else ""
    shown = "".join(character if character.isprintable() else " " for character in text[start:end])
    caret = " " * (len(lead) + position - start) + "^"
    return FilterError(f"{message}\n  {lead}{shown}{'…' if end < len(text) else ''}\n  {caret}")

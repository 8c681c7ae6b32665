"""Whether a filter fits the columns that it is asked of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from modiste.catalogue.filters.columns import ColumnKind
from modiste.catalogue.filters.literals import write_literal, write_name
from modiste.catalogue.filters.pointing import point_at
from modiste.catalogue.filters.tree import Condition, Contains, Filter, Like
from modiste.errors import FilterError

__all__ = ["check_filter", "check_names"]

_SHOWN: Final = 25
_DIGITS: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def check_filter(condition: Filter, known: Mapping[str, ColumnKind]) -> None:
    """Check that a filter names known columns, and compares each with what it holds.

    Args:
        condition: The filter.
        known: Column -> what it holds; ``size`` and ``stock`` are of kind variant.

    Raises:
        FilterError: A name is unknown, or words are compared with numbers; the error points at the place.

    Example:
        >>> from modiste.catalogue.filters import parse_filter
        >>> check_filter(parse_filter("size = 42"), {"size": "variant"})
        Traceback (most recent call last):
        modiste.errors.FilterError: size holds words, and 42 is a number; type size = '42'
          size = 42
          ^
    """
    check_names(condition, known)
    for part in condition.conditions:
        kind = known[part.name]
        numeric = kind == "number" or (kind == "variant" and part.name == "stock")
        if problem := _find_number_problem(part) if numeric else _find_word_problem(part):
            raise _point(condition, part, problem)


def check_names(condition: Filter, known: Iterable[str]) -> None:
    """Check that a filter names known columns.

    Args:
        condition: The filter.
        known: The columns there are.

    Raises:
        FilterError: A name is unknown; the error points at it and offers near ones.
    """
    names = list(known)
    there = set(names)
    for part in condition.conditions:
        if part.name not in there:
            raise _point(condition, part, f"there is no column {write_name(part.name)}{_offer(part.name, names)}")


def _find_number_problem(part: Condition) -> str | None:
    name = write_name(part.name)
    if isinstance(part, Like | Contains):
        return f"{name} holds numbers, and like and contains are for words; type {name} between 100 and 200"
    wrong = next((value for value in part.values if isinstance(value, str)), None)
    if wrong is None:
        return None
    return f"{name} holds numbers, and {write_literal(wrong)} is a word; type {name} {_sign(part)} {_to_number(wrong)}"


def _find_word_problem(part: Condition) -> str | None:
    name = write_name(part.name)
    wrong = next((value for value in part.values if isinstance(value, float)), None)
    if wrong is None:
        return None
    number = write_literal(wrong)
    return f"{name} holds words, and {number} is a number; type {name} {_sign(part)} '{number}'"


def _sign(part: Condition) -> str:
    return str(getattr(part, "sign", "="))


def _to_number(word: str) -> str:
    plain = word.strip().replace(",", "")
    return write_literal(float(plain)) if _DIGITS.fullmatch(plain) else "100"


def _offer(name: str, known: list[str]) -> str:
    folded = {other.casefold(): other for other in known}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    near = near or [other for other in known if name.casefold() in other.casefold()][:3]
    shown = ", ".join(map(write_name, known[:_SHOWN])) + (", ..." if len(known) > _SHOWN else "")
    return f"; did you mean {' or '.join(map(write_name, near))}?" if near else f". Known: {shown or 'none'}"


def _point(whole: Filter, part: Condition, message: str) -> FilterError:
    found: list[tuple[Filter, int]] = []
    text = whole.spell(found)
    return point_at(text, next(position for other, position in found if other is part), message)

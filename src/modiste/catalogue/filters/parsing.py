"""From text to a filter, by descent: or, and, not, comparisons."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, NoReturn, cast

from modiste.catalogue.filters.literals import Value, write_literal, write_name
from modiste.catalogue.filters.pointing import point_at
from modiste.catalogue.filters.tokens import Token, split_tokens
from modiste.catalogue.filters.tree import (
    MAX_DEPTH,
    All,
    Between,
    Comparison,
    Contains,
    Either,
    Filter,
    Like,
    Membership,
    Negation,
    Presence,
    Sign,
)
from modiste.errors import FilterError

__all__ = ["MAX_LENGTH", "parse_filter"]

MAX_LENGTH: Final = 10_000

_EXAMPLE: Final = "price <= 1500 and size = 'M' and stock > 0"
_COMPARISONS: Final = "= != < <= > >=, in (...), between ... and ..., like, contains, is missing or is present"


def parse_filter(text: str) -> Filter:
    """Parse a filter.

    Names are bare (letters, digits, ``_ . -``) or in backquotes; words stand in single or double quotes, a quote within
    doubled; keywords are taken in any case. ``not`` binds closest, then ``and``, then ``or``.

    Args:
        text: At most 10,000 characters.

    Returns:
        The filter; `str` of it is canonical text, which parses to the same filter.

    Raises:
        FilterError: The text is not in the language, or too long, or too deep; the error points at the place.

    Example:
        >>> parsed = parse_filter('''price<=1500 AND size in ("M",'L') and not `Sleeve Length` is null''')
        >>> print(parsed)
        price <= 1500 and size in ('M', 'L') and not `Sleeve Length` is missing
        >>> parsed.names
        ('price', 'size', 'Sleeve Length')
    """
    return _parse(text)


@functools.lru_cache(maxsize=256)  # a page of results, the next one and its facets ask the same
def _parse(text: str) -> Filter:
    _check_length(text)
    parsed = _Parser(text).parse()
    _check_length(str(parsed))
    return parsed


def _check_length(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the filter has {len(text):,} characters; at most {MAX_LENGTH:,} are taken. Split it")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(split_tokens(text))
        self._place = 0
        self._depth = 0

    def parse(self) -> Filter:
        if self._ended:
            self._refuse(f"the filter is empty; type one such as {_EXAMPLE}")
        parsed = self._read_either()
        if not self._ended:
            hint = "; numbers are typed without commas: 1500" if self._next.value == "," else ""
            self._refuse(f"expected 'and', 'or' or the end of the filter here{hint}")
        return parsed

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    @property
    def _ended(self) -> bool:
        return self._next.kind == "end"

    def _take(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _accept(self, *values: str) -> str | None:
        """Take the next part if it is one of some keywords or marks."""
        token = self._next
        if token.kind not in {"keyword", "mark"} or token.value not in values:
            return None
        self._place += 1
        return str(token.value)

    def _expect(self, mark: str, instead: str) -> None:
        if not self._accept(mark):
            self._refuse(instead)

    def _refuse(self, message: str, position: int | None = None) -> NoReturn:
        raise point_at(self._text, self._next.position if position is None else position, message)

    def _make(self, build: Callable[[], Filter], position: int) -> Filter:
        """Build a part; what it refuses is said with its place."""
        try:
            return build()
        except FilterError as error:
            raise point_at(self._text, position, str(error)) from None

    def _read_either(self) -> Filter:
        return self._read_joined("or", Either, self._read_all)

    def _read_all(self) -> Filter:
        return self._read_joined("and", All, self._read_negation)

    def _read_joined(self, word: str, kind: type[All] | type[Either], read: Callable[[], Filter]) -> Filter:
        position = self._next.position
        parts = [read()]
        while self._accept(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else self._make(lambda: kind(tuple(parts)), position)

    def _read_negation(self) -> Filter:
        position = self._next.position
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"the filter is nested more than {MAX_DEPTH} deep; drop some parentheses")
        try:
            if self._accept("not"):
                part = self._read_negation()
                return self._make(lambda: Negation(part), position)
            if self._accept("("):
                inner = self._read_either()
                self._expect(")", "expected 'and', 'or' or the closing ')' here")
                return inner
            return self._read_condition()
        finally:
            self._depth -= 1

    def _read_condition(self) -> Filter:
        token = self._next
        if token.kind != "name":
            self._refuse_name(token)
        self._place += 1
        name = str(token.value)
        if self._next.kind == "sign":
            return self._read_comparison(name, token.position)
        if self._accept("is"):
            return self._read_presence(name, token.position)
        negated = self._accept("not") is not None
        word = self._accept("in", "between", "like", "contains")
        if word is None:
            self._refuse(f"expected a comparison after {write_name(name)}: {_COMPARISONS}")
        return _TAILS[word](self, name, token.position, negated)

    def _refuse_name(self, token: Token) -> NoReturn:
        if token.kind == "keyword" and token.value not in {"and", "or"}:
            self._refuse(f"expected a column's name here; one called {token.value} is typed `{token.value}`")
        if token.kind in {"word", "number"}:
            self._refuse("expected a column's name first, its value after the comparison: price > 100, size = 'M'")
        self._refuse(f"expected a comparison here, such as {_EXAMPLE}")

    def _read_comparison(self, name: str, position: int) -> Filter:
        sign = cast(Sign, self._take().value)
        value = self._read_literal(f"{write_name(name)} {sign}")
        return self._make(lambda: Comparison(name, sign, value), position)

    def _read_presence(self, name: str, position: int) -> Filter:
        negated = self._accept("not") is not None
        word = self._accept("missing", "present", "null")
        if word is None:
            self._refuse("expected missing or present after 'is'; to compare with a value type =")
        return self._make(lambda: Presence(name, (word != "present") != negated), position)

    def _read_members(self, name: str, position: int, negated: bool) -> Filter:
        start = f"{write_name(name)} in ('"
        self._expect("(", f"expected a list in parentheses here: {start}S', 'M')")
        members = [self._read_literal(f"{write_name(name)} =")]
        while self._accept(","):
            members.append(self._read_literal(f"{write_name(name)} ="))
        self._expect(")", "expected ',' or the closing ')' of the list here")
        return self._make(lambda: Membership(name, tuple(members), negated), position)

    def _read_between(self, name: str, position: int, negated: bool) -> Filter:
        low = self._read_literal(f"{write_name(name)} >=")
        self._expect("and", f"expected 'and' here: {write_name(name)} between {write_literal(low)} and ...")
        high = self._read_literal(f"{write_name(name)} <=")
        return self._make(lambda: Between(name, low, high, negated), position)

    def _read_like(self, name: str, position: int, negated: bool) -> Filter:
        pattern = self._read_text(f"{write_name(name)} like 'Na%'")
        return self._make(lambda: Like(name, pattern, negated), position)

    def _read_contains(self, name: str, position: int, negated: bool) -> Filter:
        sought = self._read_text(f"{write_name(name)} contains 'navy'")
        return self._make(lambda: Contains(name, sought, negated), position)

    def _read_text(self, example: str) -> str:
        if self._next.kind != "word":
            self._refuse(f"expected a word in quotes here: {example}")
        return str(self._take().value)

    def _read_literal(self, start: str) -> Value:
        token = self._next
        if token.kind in {"word", "number"}:
            return self._take().value
        if truth := self._accept("true", "false"):
            return truth == "true"
        if token.value == "null":
            self._refuse(f"nothing equals null; type {start.rpartition(' ')[0]} is missing")
        if token.kind == "name" or (token.kind == "keyword" and token.value not in {"and", "or", "not", "in"}):
            self._refuse(f"words stand in quotes; type {start} {write_literal(str(token.value))}")
        self._refuse(f"expected a number or a word in quotes here: {start} 100, {start} 'M'")


_TAILS: Final[dict[str, Callable[[_Parser, str, int, bool], Filter]]] = {
    "in": _Parser._read_members,
    "between": _Parser._read_between,
    "like": _Parser._read_like,
    "contains": _Parser._read_contains,
}

"""What a filter is: a frozen tree of comparisons, joined by and, or and not, that writes itself as canonical text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from modiste.catalogue.filters.literals import Value, check_literal, check_text, to_plain, write_literal, write_name
from modiste.errors import FilterError

__all__ = [
    "MAX_DEPTH",
    "MAX_LITERALS",
    "MAX_PATTERN",
    "SIGNS",
    "VARIANT_NAMES",
    "All",
    "Between",
    "Comparison",
    "Condition",
    "Contains",
    "Either",
    "Filter",
    "Like",
    "Membership",
    "Negation",
    "Presence",
    "Sign",
]

Sign = Literal["=", "!=", "<", "<=", ">", ">="]
SIGNS: Final[tuple[Sign, ...]] = ("=", "!=", "<", "<=", ">", ">=")
VARIANT_NAMES: Final = frozenset({"size", "stock"})  # they belong to one size of an item, not to the item
MAX_DEPTH: Final = 50
MAX_LITERALS: Final = 1_000
MAX_PATTERN: Final = 1_000


class Filter:
    """A condition on items: either one comparison or several joined.

    Subclasses are frozen, equal where they say the same, and `str` of one parses to an equal one.
    """

    @property
    def children(self) -> tuple[Filter, ...]:
        """The filters it joins; () of a comparison."""
        return ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns it speaks of, in order of appearance, each once."""
        return tuple(dict.fromkeys(condition.name for condition in self.conditions))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Its comparisons, in order of appearance."""
        return tuple(condition for part in self.children for condition in part.conditions)

    @cached_property
    def depth(self) -> int:
        """Levels of and, or and not, a comparison being 1; at most 50."""
        return 1 + max(part.depth for part in self.children)

    @cached_property
    def literals(self) -> int:
        """How many comparisons and literals it has; at most 1,000."""
        return sum(part.literals for part in self.children)

    @cached_property
    def variant_only(self) -> bool:
        """Whether it is asked of one size of an item: it speaks of size and stock only, and nothing is negated."""
        return all(part.variant_only for part in self.children)

    def spell(self, found: list[tuple[Filter, int]], start: int = 0) -> str:
        """Write it, and note where each part begins.

        Args:
            found: Gets every part with its position.
            start: The position of this filter's first character.

        Returns:
            The canonical text.
        """
        raise NotImplementedError

    @cached_property
    def text(self) -> str:
        """The canonical text."""
        return self.spell([])

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str(other) == self.text  # by fields, `x = 1` would equal `x = true`

    def __hash__(self) -> int:
        return hash(self.text)

    def _check_bounds(self) -> None:
        if self.depth > MAX_DEPTH:
            raise FilterError(f"the filter is nested {self.depth} deep; at most {MAX_DEPTH} is taken. Drop parentheses")
        if self.literals > MAX_LITERALS:
            raise FilterError(
                f"the filter has {self.literals} comparisons and literals; at most {MAX_LITERALS} are taken. Split it"
            )


@dataclass(frozen=True, eq=False)
class Condition(Filter):
    """One comparison of one column; what is missing compares false.

    Args:
        name: The column.
    """

    name: str

    def __post_init__(self) -> None:
        check_text(self.name, "a name")
        if not self.name:
            raise FilterError("a name is empty; expected a column such as price or `Sleeve Length`")
        for value in self.values:
            check_literal(value)
        if len({type(value) for value in self.values}) > 1:
            raise FilterError(f"{self.name} is compared with words and numbers at once; use one kind: ('S', 'M')")
        self._check_bounds()

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return ()

    @property
    def negated(self) -> bool:
        """Whether it asks that the column has a value but none that fits."""
        return False

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Its comparisons, in order of appearance."""
        return (self,)

    @cached_property
    def depth(self) -> int:
        """Levels of and, or and not, a comparison being 1; at most 50."""
        return 1

    @cached_property
    def literals(self) -> int:
        """How many comparisons and literals it has; at most 1,000."""
        return max(1, len(self.values))

    @cached_property
    def variant_only(self) -> bool:
        """Whether it is asked of one size of an item."""
        return self.name in VARIANT_NAMES

    def spell(self, found: list[tuple[Filter, int]], start: int = 0) -> str:
        """Write it, and note where each part begins."""
        found.append((self, start))
        return f"{write_name(self.name)} {self._tail()}"

    def _tail(self) -> str:
        raise NotImplementedError

    def _not(self, text: str) -> str:
        return f"not {text}" if self.negated else text


@dataclass(frozen=True, eq=False)
class Comparison(Condition):
    """``price <= 1500``.

    Args:
        name: The column.
        sign: One of = != < <= > >=. Of a column with several values, != asks that none is equal, < that one is less.
        value: A number, a word, or true or false (with = and != only).

    Raises:
        FilterError: The sign is none, or can't go with the value.

    Example:
        >>> str(Comparison("price", "<=", 1500.0))
        'price <= 1500'
    """

    sign: Sign
    value: Value

    def __post_init__(self) -> None:
        if self.sign not in SIGNS:
            raise FilterError(f"{self.sign!r} is no comparison; expected one of {' '.join(SIGNS)}")
        if isinstance(self.value, bool) and self.sign not in {"=", "!="}:
            raise FilterError(
                f"true and false have no order; type {write_name(self.name)} = {write_literal(self.value)}"
            )
        object.__setattr__(self, "value", to_plain(self.value))
        super().__post_init__()

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return (self.value,)

    @property
    def negated(self) -> bool:
        """Whether it asks that the column has a value but none that fits."""
        return self.sign == "!="

    def _tail(self) -> str:
        return f"{self.sign} {write_literal(self.value)}"


@dataclass(frozen=True, eq=False)
class Membership(Condition):
    """``gender in ('Women', 'Unisex')``, ``season not in ('Winter')``.

    Args:
        name: The column.
        members: At least one literal, all of one kind.
        negated: Asks that the column has a value, but none of these.
    """

    members: tuple[Value, ...]
    negated: bool = False

    def __post_init__(self) -> None:
        if not self.members:
            raise FilterError(f"the list after {write_name(self.name)} in is empty; expected in ('S', 'M')")
        object.__setattr__(self, "members", tuple(map(to_plain, self.members)))
        super().__post_init__()

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return self.members

    def _tail(self) -> str:
        return self._not(f"in ({', '.join(map(write_literal, self.members))})")


@dataclass(frozen=True, eq=False)
class Between(Condition):
    """``price between 500 and 1500``, both ends included.

    Args:
        name: The column.
        low: The least value.
        high: The greatest value; below ``low`` nothing fits.
        negated: Asks that the column has a value, but none of these.
    """

    low: str | float
    high: str | float
    negated: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.low, bool) or isinstance(self.high, bool):
            raise FilterError(f"true and false have no order; type {write_name(self.name)} = true")
        object.__setattr__(self, "low", to_plain(self.low))
        object.__setattr__(self, "high", to_plain(self.high))
        super().__post_init__()

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return (self.low, self.high)

    def _tail(self) -> str:
        return self._not(f"between {write_literal(self.low)} and {write_literal(self.high)}")


@dataclass(frozen=True, eq=False)
class Like(Condition):
    r"""``title like 'Na%'``.

    Args:
        name: A column of words.
        pattern: ``%`` is any run of characters, ``_`` is one; a backslash before them takes them as they are. At most
            1,000 characters.
        negated: Asks that the column has a value, but none of these.
    """

    pattern: str
    negated: bool = False

    def __post_init__(self) -> None:
        if len(self.pattern) > MAX_PATTERN:  # SQLite takes 50,000 bytes, and folding may triple what there is
            raise FilterError(f"the pattern has {len(self.pattern):,} characters; at most {MAX_PATTERN:,} are taken")
        if (len(self.pattern) - len(self.pattern.rstrip("\\"))) % 2:
            raise FilterError(r"the pattern ends in a single backslash; type \\ for a backslash itself")
        super().__post_init__()

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return (self.pattern,)

    def _tail(self) -> str:
        return self._not(f"like {write_literal(self.pattern)}")


@dataclass(frozen=True, eq=False)
class Contains(Condition):
    """``title contains 'navy'``: anywhere in it, within words too.

    Args:
        name: A column of words.
        sought: What to look for.
        negated: Asks that the column has a value, but none of these.
    """

    sought: str
    negated: bool = False

    @property
    def values(self) -> tuple[Value, ...]:
        """The literals, in order."""
        return (self.sought,)

    def _tail(self) -> str:
        return self._not(f"contains {write_literal(self.sought)}")


@dataclass(frozen=True, eq=False)
class Presence(Condition):
    """``price is missing``, ``price is present``.

    Args:
        name: The column.
        missing: What is asked for.
    """

    missing: bool

    def _tail(self) -> str:
        return "is missing" if self.missing else "is present"


@dataclass(frozen=True, eq=False)
class _Joined(Filter):
    """Several filters joined; those that are joined the same way are taken in: there is one way to write it.

    Args:
        parts: At least two.
    """

    parts: tuple[Filter, ...]

    def __post_init__(self) -> None:
        flat = tuple(_flatten(self.parts, type(self)))
        if len(flat) < 2:
            raise FilterError(f"'{self._word()}' joins {len(flat)} filters; expected at least two")
        object.__setattr__(self, "parts", flat)
        self._check_bounds()

    @property
    def children(self) -> tuple[Filter, ...]:
        """The filters it joins."""
        return self.parts

    @staticmethod
    def _word() -> str:
        raise NotImplementedError

    def spell(self, found: list[tuple[Filter, int]], start: int = 0) -> str:
        """Write it, and note where each part begins."""
        found.append((self, start))
        text = ""
        for part in self.parts:
            text += f" {self._word()} " if text else ""
            text += _wrap(part, found, start + len(text), isinstance(part, Either))
        return text


@dataclass(frozen=True, eq=False)
class All(_Joined):
    """``a and b and c``: comparisons of size and stock among them must hold for one and the same size.

    Example:
        >>> str(All((Comparison("size", "=", "M"), Comparison("stock", ">", 0.0))))
        "size = 'M' and stock > 0"
    """

    @cached_property
    def gathered(self) -> tuple[Filter, ...]:
        """Its parts, with those joined that are asked of one and the same size."""
        ours = tuple(part for part in self.parts if part.variant_only)
        others = tuple(part for part in self.parts if not part.variant_only)
        return (*others, All(ours)) if len(ours) > 1 else (*others, *ours)

    @staticmethod
    def _word() -> str:
        return "and"


@dataclass(frozen=True, eq=False)
class Either(_Joined):
    """``a or b or c``."""

    @staticmethod
    def _word() -> str:
        return "or"


@dataclass(frozen=True, eq=False)
class Negation(Filter):
    """``not a``: true where ``a`` is false, what is missing included.

    Args:
        part: What is negated.
    """

    part: Filter

    def __post_init__(self) -> None:
        self._check_bounds()

    @property
    def children(self) -> tuple[Filter, ...]:
        """The filters it joins."""
        return (self.part,)

    @cached_property
    def variant_only(self) -> bool:
        """Whether it is asked of one size of an item."""
        return False

    def spell(self, found: list[tuple[Filter, int]], start: int = 0) -> str:
        """Write it, and note where each part begins."""
        found.append((self, start))
        return "not " + _wrap(self.part, found, start + 4, isinstance(self.part, _Joined))


def _wrap(part: Filter, found: list[tuple[Filter, int]], start: int, parentheses: bool) -> str:
    return f"({part.spell(found, start + 1)})" if parentheses else part.spell(found, start)


def _flatten(parts: Iterable[Filter], kind: type[Filter]) -> Iterable[Filter]:
    for part in parts:
        yield from part.children if type(part) is kind else (part,)

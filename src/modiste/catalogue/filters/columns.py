"""The columns that filters and facets read: one entry a row, words as codes into a dictionary."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError

__all__ = [
    "Column",
    "ColumnKind",
    "ColumnSource",
    "Dictionary",
    "NumberColumn",
    "Spans",
    "VariantColumns",
    "WordColumn",
    "WordListColumn",
    "drop_repeats",
    "find_kind",
]

_REMEMBERED: Final = 32

ColumnKind = Literal["number", "word", "words", "variant"]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A number of each of n rows; truths are 1 and 0.

    Args:
        values: float64 [n]; NaN is missing.
    """

    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


class Dictionary:
    """The distinct values of a column of words, folded once for comparing.

    Args:
        values: Words, by code; words that differ in case only may have several codes.
    """

    def __init__(self, values: tuple[str, ...]) -> None:
        self.values = values
        self._answers: dict[Hashable, Sequence[int]] = {}

    @cached_property
    def folded(self) -> list[str]:
        """The values without their case, by code."""
        return [value.casefold() for value in self.values]

    @cached_property
    def codes(self) -> dict[str, list[int]]:
        """Folded value -> its codes."""
        found: dict[str, list[int]] = {}
        for code, value in enumerate(self.folded):
            found.setdefault(value, []).append(code)
        return found

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The group of each code [number of values]: values that differ in case only are one group."""
        numbers = {value: number for number, value in enumerate(self.codes)}
        return np.asarray([numbers[value] for value in self.folded], np.int64)

    def spell_groups(self, codes: NDArray[np.int32]) -> list[str]:
        """Return the most frequent spelling of each group among some codes (-1 is missing), of equals the first."""
        counts = np.bincount(codes[codes >= 0], minlength=len(self.values))
        return [self.values[max(group, key=lambda code: counts[code])] for group in self.codes.values()]

    def find(self, question: Hashable, fits: Callable[[], Callable[[str], bool]]) -> Sequence[int]:
        """Return the codes of the folded values that fit; what was asked lately is remembered.

        Args:
            question: Equal for equal questions only.
            fits: Builds the test of a folded value.

        Returns:
            Codes, rising.
        """
        if (known := self._answers.get(question)) is not None:
            return known
        test = fits()
        answer = array("i", [code for code, value in enumerate(self.folded) if test(value)])
        if len(self._answers) >= _REMEMBERED:
            self._answers = {}  # a new one: another thread may be reading the old
        self._answers[question] = answer
        return answer


@dataclass(frozen=True, eq=False)
class WordColumn:
    """At most one word of each of n rows.

    Args:
        codes: int32 [n], each -1 (missing) or a place in ``values``.
        values: The words.

    Example:
        >>> column = WordColumn.from_words(["Red", None, "Red"])
        >>> column.codes.tolist(), column.values
        ([0, -1, 0], ('Red',))
    """

    codes: NDArray[np.int32]
    values: tuple[str, ...]

    @classmethod
    def from_words(cls, words: Iterable[str | None]) -> WordColumn:
        """Build a column of n words, None where one is missing."""
        places: dict[str, int] = {}
        codes = [-1 if word is None else places.setdefault(word, len(places)) for word in words]
        return cls(np.asarray(codes, np.int32), tuple(places))

    @cached_property
    def dictionary(self) -> Dictionary:
        """The values, folded."""
        return Dictionary(self.values)

    @cached_property
    def spellings(self) -> list[str]:
        """How each group of the dictionary is written most."""
        return self.dictionary.spell_groups(self.codes)

    def __len__(self) -> int:
        return len(self.codes)


class Spans:
    """Which of m entries belong to which of n rows: those of row i are ``offsets[i]`` to ``offsets[i + 1]``.

    Args:
        offsets: int64 [n + 1], never falling, the first 0.
    """

    def __init__(self, offsets: NDArray[np.int64]) -> None:
        self.offsets = offsets

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Entries of each row [n]."""
        return np.diff(self.offsets)

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """Which rows have any entry [n]."""
        return self.counts > 0

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The row of each entry [m]."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def any(self, entries: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say of which rows [n] any of the entries [m] is true."""
        found = np.zeros(len(self.counts), np.bool_)
        found[self.owners[np.flatnonzero(entries)]] = True
        return found


@dataclass(frozen=True, eq=False)
class WordListColumn:
    """Any number of words of each of n rows; none is missing.

    Args:
        offsets: int64 [n + 1]; the words of row i are ``codes[offsets[i]:offsets[i + 1]]``.
        codes: int32 [m], places in ``values``.
        values: The words.

    Example:
        >>> column = WordListColumn.from_lists([("Red", "Blue"), (), ("Red",)])
        >>> column.offsets.tolist(), column.codes.tolist()
        ([0, 2, 2, 3], [0, 1, 0])
    """

    offsets: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: tuple[str, ...]

    @classmethod
    def from_lists(cls, lists: Sequence[Sequence[str]]) -> WordListColumn:
        """Build a column of n lists of words."""
        flat = WordColumn.from_words(word for words in lists for word in words)
        return cls(_count_offsets(lists), flat.codes, flat.values)

    @cached_property
    def dictionary(self) -> Dictionary:
        """The values, folded."""
        return Dictionary(self.values)

    @cached_property
    def spans(self) -> Spans:
        """Which words belong to which row."""
        return Spans(self.offsets)

    @cached_property
    def spellings(self) -> list[str]:
        """How each group of the dictionary is written most."""
        return self.dictionary.spell_groups(self.codes)

    @cached_property
    def distinct(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows [p] and groups [p] of the dictionary: each pair once, however often a row repeats a word."""
        return drop_repeats(self.spans.owners, self.dictionary.groups[self.codes], len(self.dictionary.codes))

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, eq=False)
class VariantColumns:
    """The sizes of each of n rows, with their stock.

    Args:
        offsets: int64 [n + 1]; the variants of row i are ``offsets[i]`` to ``offsets[i + 1]``.
        sizes: int32 [m], places in ``size_values``.
        size_values: The sizes.
        stock: float64 [m], pieces left; NaN where the shop does not count.
    """

    offsets: NDArray[np.int64]
    sizes: NDArray[np.int32]
    size_values: tuple[str, ...]
    stock: NDArray[np.float64]

    @classmethod
    def from_lists(cls, lists: Sequence[Sequence[tuple[str, float | None]]]) -> VariantColumns:
        """Build the columns of n lists of a size with its stock."""
        flat = [variant for variants in lists for variant in variants]
        sizes = WordColumn.from_words(size for size, _ in flat)
        stock = np.asarray([np.nan if left is None else left for _, left in flat], np.float64)
        return cls(_count_offsets(lists), sizes.codes, sizes.values, stock)

    @cached_property
    def dictionary(self) -> Dictionary:
        """The sizes, folded."""
        return Dictionary(self.size_values)

    @cached_property
    def spans(self) -> Spans:
        """Which variants belong to which row."""
        return Spans(self.offsets)

    @cached_property
    def spellings(self) -> list[str]:
        """How each group of the dictionary is written most."""
        return self.dictionary.spell_groups(self.sizes)

    @cached_property
    def repeats(self) -> bool:
        """Whether any row lists a size twice."""
        rows, _ = drop_repeats(self.spans.owners, self.dictionary.groups[self.sizes], len(self.dictionary.codes))
        return len(rows) < len(self.sizes)

    def __len__(self) -> int:
        return len(self.offsets) - 1


Column = NumberColumn | WordColumn | WordListColumn


class ColumnSource(Protocol):
    """The columns of n rows, each built when it is asked for.

    ``size`` and ``stock`` are in ``names`` but come together, as ``variants``.
    """

    def names(self) -> list[str]:
        """List the columns that filters may name."""
        ...

    def column(self, name: str) -> Column:
        """Return a column other than size and stock."""
        ...

    def variants(self) -> VariantColumns:
        """Return the sizes with their stock."""
        ...

    def __len__(self) -> int:
        """Return the number of rows."""
        ...


def drop_repeats(
    rows: NDArray[np.int64], groups: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep each pair of a row and a group once.

    Args:
        rows: [p].
        groups: [p], each below ``count``.
        count: How many groups there are.

    Returns:
        Rows and groups [at most p], by row, then by group.
    """
    pairs = np.sort(rows * max(count, 1) + groups)  # several times faster than numpy.unique
    once = np.divmod(pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)]], max(count, 1))
    return once[0], once[1]


def find_kind(column: Column) -> ColumnKind:
    """Say what a column holds.

    Args:
        column: Any.

    Returns:
        ``"number"``, ``"word"`` or ``"words"``.
    """
    for kind, name in _KINDS:
        if isinstance(column, kind):
            return name
    raise UsageError(f"a {type(column).__name__} is no column; expected NumberColumn, WordColumn or WordListColumn")


_KINDS: tuple[tuple[type, ColumnKind], ...] = (
    (NumberColumn, "number"),
    (WordColumn, "word"),
    (WordListColumn, "words"),
)


def _count_offsets(lists: Sequence[Sequence[object]]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(entries) for entries in lists])]).astype(np.int64)

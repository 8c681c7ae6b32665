r"""Filters as conditions of SQLite, for commands that change what they find; every literal and name is a parameter.

The connection needs the function ``fold``: `str.casefold` of text, anything else as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from modiste.catalogue.filters.checking import check_filter
from modiste.catalogue.filters.columns import ColumnKind
from modiste.catalogue.filters.literals import Value, to_word
from modiste.catalogue.filters.tabulating import NUMBER_NAMES, WORD_NAMES
from modiste.catalogue.filters.tree import (
    All,
    Between,
    Comparison,
    Condition,
    Contains,
    Filter,
    Like,
    Membership,
    Negation,
    Presence,
)

__all__ = ["to_sql"]

Parameter = str | float

# Where a column's values are when it may have several: what follows FROM, with the column's name as its parameter.
_FIELD: Final = "effective_values AS said WHERE said.item_key = items.item_key AND said.field = ?"
_NUMBERS: Final = (
    "json_each(items.details) AS detail WHERE detail.key = ? AND detail.type IN ('integer', 'real', 'true', 'false')"
)
_WORDS: Final = (
    "json_each(items.details) AS detail JOIN json_each(CASE detail.type WHEN 'array' THEN detail.value "
    "WHEN 'null' THEN '[]' WHEN 'true' THEN '[\"true\"]' WHEN 'false' THEN '[\"false\"]' "
    "ELSE json_array(detail.value) END) AS word WHERE detail.key = ?"
)
_WORD: Final = (  # whole numbers are words without a point, as people type them
    "CAST(CASE WHEN word.type = 'real' AND word.value = CAST(word.value AS INTEGER) "
    "THEN CAST(word.value AS INTEGER) ELSE word.value END AS TEXT)"
)
_VARIANTS: Final = "(SELECT 1) LEFT JOIN variants AS variant ON variant.item_key = items.item_key"


def to_sql(
    condition: Filter, known: Mapping[str, ColumnKind], *, fields: Collection[str]
) -> tuple[str, list[Parameter]]:
    """Translate a filter into what may follow WHERE in a statement on the table ``items``.

    Args:
        condition: The filter.
        known: Column -> what it holds.
        fields: The columns that are fields, their values being tags; what is neither one of the item's own columns nor
            a field is a detail.

    Returns:
        The condition, which is 0 or 1 and never NULL, and its parameters in order.

    Raises:
        FilterError: A name is unknown, or words are compared with numbers.

    Example:
        >>> from modiste.catalogue.filters import parse_filter
        >>> to_sql(parse_filter("brand = 'Nike'"), {"brand": "word"}, fields=())
        ('(items.brand IS NOT NULL AND fold(items.brand) = ?)', ['nike'])
    """
    check_filter(condition, known)
    translation = _Translation(known, frozenset(fields))
    return translation.write(condition), translation.parameters


class _Translation:
    """Writes from left to right, so that parameters stand in the order of their question marks."""

    def __init__(self, known: Mapping[str, ColumnKind], fields: frozenset[str]) -> None:
        self._known = known
        self._fields = fields
        self.parameters: list[Parameter] = []

    def write(self, part: Filter) -> str:
        if part.variant_only:
            return f"EXISTS (SELECT 1 FROM {_VARIANTS} WHERE {self._write_variant(part)})"  # noqa: S608 (no text of others)
        if isinstance(part, Condition):
            return self._write_condition(part)
        if isinstance(part, Negation):
            # SQLite's parser has room for a hundred open symbols: what cancels is left out.
            inner = part.part
            return self.write(inner.part) if isinstance(inner, Negation) else f"NOT {self.write(inner)}"
        parts = list(part.gathered) if isinstance(part, All) else list(part.children)
        return _join("AND" if isinstance(part, All) else "OR", [self.write(other) for other in _sort(parts)])

    def _write_variant(self, part: Filter) -> str:
        if isinstance(part, Condition):
            return self._write_scalar(part, f"variant.{part.name}", numeric=part.name == "stock")
        word = "AND" if isinstance(part, All) else "OR"
        return _join(word, [self._write_variant(other) for other in _sort(list(part.children))])

    def _write_condition(self, part: Condition) -> str:
        if part.name in WORD_NAMES or part.name in NUMBER_NAMES:
            return self._write_scalar(part, f"items.{part.name}", numeric=part.name in NUMBER_NAMES)
        if part.name in self._fields:
            return self._write_several(part, _FIELD, "said.value", numeric=False)
        if self._known[part.name] == "number":
            return self._write_several(part, _NUMBERS, "detail.value", numeric=True)
        return self._write_several(part, _WORDS, _WORD, numeric=False)

    def _write_scalar(self, part: Condition, value: str, *, numeric: bool) -> str:
        if isinstance(part, Presence):
            return f"{value} IS {'' if part.missing else 'NOT '}NULL"
        test = self._write_test(part, value, numeric)
        return f"({value} IS NOT NULL AND {f'NOT ({test})' if part.negated else test})"

    def _write_several(self, part: Condition, source: str, value: str, *, numeric: bool) -> str:
        present = self._write_present(part.name, source) if part.negated or isinstance(part, Presence) else ""
        if isinstance(part, Presence):
            return f"NOT {present}" if part.missing else present
        self.parameters.append(part.name)
        fits = f"EXISTS (SELECT 1 FROM {source} AND {self._write_test(part, value, numeric)})"  # noqa: S608
        return f"({present} AND NOT {fits})" if part.negated else fits

    def _write_present(self, name: str, source: str) -> str:
        self.parameters.append(name)
        return f"EXISTS (SELECT 1 FROM {source})"  # noqa: S608

    def _write_test(self, part: Condition, value: str, numeric: bool) -> str:
        """Write what is asked of one value that is there, negation aside."""
        self.parameters += [float(one) if numeric else _fold(one) for one in part.values]
        own = value if numeric else f"fold({value})"
        if isinstance(part, Membership):
            return f"{own} IN ({', '.join('?' * len(part.values))})"
        if isinstance(part, Between):
            return f"{own} BETWEEN ? AND ?"
        if isinstance(part, Like):
            return f"{own} LIKE ? ESCAPE '\\'"
        if isinstance(part, Contains):
            return f"instr({own}, ?) > 0"
        return f"{own} {_SIGNS[part.sign] if isinstance(part, Comparison) else '='} ?"


_SIGNS: Final = {"=": "=", "!=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _fold(value: Value) -> str:
    return to_word(value).casefold()


def _sort(parts: list[Filter]) -> list[Filter]:
    """Put the deepest first, where it needs the least of the parser's stack."""
    return sorted(parts, key=lambda part: -part.depth)


def _join(word: str, parts: list[str]) -> str:
    """Join by halves: SQLite takes expressions up to 1,000 deep, and a chain is as deep as it is long."""
    if len(parts) == 1:
        return parts[0]
    middle = (len(parts) + 1) // 2 if len(parts) > _CHAIN else len(parts) - 1
    return f"({_join(word, parts[:middle])} {word} {_join(word, parts[middle:])})"


_CHAIN: Final = 8

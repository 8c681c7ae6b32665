"""Filters on columns, whole arrays at a time: codes of words are looked up in tables of truths."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.checking import check_filter, check_names
from modiste.catalogue.filters.columns import (
    Column,
    ColumnSource,
    Dictionary,
    NumberColumn,
    VariantColumns,
    WordColumn,
    find_kind,
)
from modiste.catalogue.filters.literals import Value, to_word
from modiste.catalogue.filters.patterns import build_matcher
from modiste.catalogue.filters.tree import (
    VARIANT_NAMES,
    All,
    Between,
    Comparison,
    Condition,
    Contains,
    Either,
    Filter,
    Like,
    Membership,
    Negation,
    Presence,
)

__all__ = ["evaluate_filter"]

Mask = NDArray[np.bool_]

_FEW: Final = 4  # up to so many codes are compared with; more are looked up
_ORDERS: Final[dict[str, Callable[..., Mask]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.eq,  # negated afterwards
}


def evaluate_filter(condition: Filter, columns: ColumnSource) -> Mask:
    """Say which rows a filter keeps.

    A comparison with what is missing is false, and ``not`` of it true. Of a row with several values, a comparison asks
    whether any fits; ``!=``, ``not in``, ``not like`` and so on ask that there are values and none fits. Comparisons of
    size and stock that ``and`` and ``or`` join hold for one and the same size; a row without sizes counts as one size
    of which everything is missing.

    Args:
        condition: The filter.
        columns: Of n rows.

    Returns:
        bool [n], the caller's own.

    Raises:
        FilterError: A name is unknown, or words are compared with numbers.

    Example:
        >>> from modiste.catalogue.filters import parse_filter
        >>> from modiste.catalogue.filters.tabulating import tabulate_items
        >>> from modiste.catalogue.item import CatalogueItem
        >>> columns = tabulate_items([CatalogueItem("1", price=900.0), CatalogueItem("2", price=1900.0)])
        >>> evaluate_filter(parse_filter("price < 1500"), columns).tolist()
        [True, False]
    """
    check_names(condition, columns.names())
    found = {name: columns.column(name) for name in condition.names if name not in VARIANT_NAMES}
    kinds = {name: find_kind(column) for name, column in found.items()}
    check_filter(condition, {**kinds, "size": "variant", "stock": "variant"})
    return _Evaluation(found, columns).evaluate(condition)


class _Evaluation:
    def __init__(self, columns: dict[str, Column], source: ColumnSource) -> None:
        self._columns = columns
        self._source = source

    def evaluate(self, part: Filter) -> Mask:
        if part.variant_only:
            return _evaluate_variants(part, self._source.variants())
        if isinstance(part, Condition):
            return _compare_column(part, self._columns[part.name])
        if isinstance(part, Negation):
            return ~self.evaluate(part.part)
        if isinstance(part, All):
            return _join(np.logical_and, [self.evaluate(other) for other in part.gathered])
        return _join(np.logical_or, [self.evaluate(other) for other in part.children])


def _evaluate_variants(part: Filter, variants: VariantColumns) -> Mask:
    kept = variants.spans.any(_compare_variants(part, variants))
    return kept | ~variants.spans.filled if _fits_nothing(part) else kept


def _compare_variants(part: Filter, variants: VariantColumns) -> Mask:
    """Say of which variants [m] a filter of size and stock is true."""
    if isinstance(part, Condition):
        if part.name == "stock":
            return _compare_numbers(part, variants.stock)
        return _compare_words(part, variants.sizes, variants.dictionary)
    join = np.logical_and if isinstance(part, All) else np.logical_or
    return _join(join, [_compare_variants(other, variants) for other in part.children])


def _fits_nothing(part: Filter) -> bool:
    """Say whether a filter of size and stock is true where both are missing."""
    if isinstance(part, Condition):
        return isinstance(part, Presence) and part.missing
    return (any if isinstance(part, Either) else all)(map(_fits_nothing, part.children))


def _compare_column(part: Condition, column: Column) -> Mask:
    if isinstance(column, NumberColumn):
        return _compare_numbers(part, column.values)
    if isinstance(column, WordColumn):
        return _compare_words(part, column.codes, column.dictionary)
    spans = column.spans
    if isinstance(part, Presence):
        return ~spans.filled if part.missing else spans.filled.copy()
    kept = spans.any(_find_words(part, column.codes, column.dictionary))
    return spans.filled & ~kept if part.negated else kept


def _compare_numbers(part: Condition, values: NDArray[np.float64]) -> Mask:
    if isinstance(part, Presence):
        return np.isnan(values) if part.missing else ~np.isnan(values)
    kept = _find_numbers(part, values)
    return ~(kept | np.isnan(values)) if part.negated else kept


def _find_numbers(part: Condition, values: NDArray[np.float64]) -> Mask:
    numbers = [float(value) for value in part.values]
    if isinstance(part, Comparison):
        return _ORDERS[part.sign](values, numbers[0])
    if isinstance(part, Between):
        return (values >= numbers[0]) & (values <= numbers[1])
    if len(numbers) > _FEW:
        return np.isin(values, numbers)
    return _join(np.logical_or, [values == number for number in numbers])


def _compare_words(part: Condition, codes: NDArray[np.int32], dictionary: Dictionary) -> Mask:
    if isinstance(part, Presence):
        return codes < 0 if part.missing else codes >= 0
    kept = _find_words(part, codes, dictionary)
    return ~kept & (codes >= 0) if part.negated else kept


def _find_words(part: Condition, codes: NDArray[np.int32], dictionary: Dictionary) -> Mask:
    """Say which of some words fit, negation aside; what is missing does not."""
    fitting = _find_codes(part, dictionary)
    if len(fitting) <= _FEW:
        return _join(np.logical_or, [codes == code for code in fitting]) if fitting else np.zeros(len(codes), np.bool_)
    table = np.zeros(len(dictionary.values) + 1, np.bool_)  # the last is for -1, what is missing
    table[fitting] = True
    return table.take(codes)


def _find_codes(part: Condition, dictionary: Dictionary) -> Sequence[int]:
    if isinstance(part, Membership) or (isinstance(part, Comparison) and part.sign in {"=", "!="}):
        return [code for value in dict.fromkeys(map(_fold, part.values)) for code in dictionary.codes.get(value, ())]
    return dictionary.find((type(part), getattr(part, "sign", None), part.values), lambda: _build_test(part))


def _build_test(part: Condition) -> Callable[[str], bool]:
    first, *rest = map(_fold, part.values)
    if isinstance(part, Like):
        return build_matcher(first)
    if isinstance(part, Contains):
        return lambda word: first in word
    if isinstance(part, Between):
        return lambda word: first <= word <= rest[0]
    order: Callable[[str, str], bool] = getattr(operator, _NAMES[getattr(part, "sign", "=")])
    return lambda word: order(word, first)


_NAMES: Final = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _fold(value: Value) -> str:
    return to_word(value).casefold()


def _join(join: np.ufunc, masks: list[Mask]) -> Mask:
    first, *rest = masks
    for mask in rest:
        join(first, mask, out=first)
    return first

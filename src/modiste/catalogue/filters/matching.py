"""Filters on one item, word for word as they are defined: slow, and what the fast ways are tested against."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from modiste.catalogue.filters.checking import check_filter
from modiste.catalogue.filters.columns import ColumnKind
from modiste.catalogue.filters.literals import Value, to_word
from modiste.catalogue.filters.patterns import build_matcher
from modiste.catalogue.filters.tabulating import NUMBER_NAMES, WORD_NAMES, to_words
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
from modiste.catalogue.item import CatalogueItem

__all__ = ["matches_item"]

_Values = tuple[Value, ...]
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.eq,  # negated afterwards
}


def matches_item(condition: Filter, item: CatalogueItem, known: Mapping[str, ColumnKind] | None = None) -> bool:
    """Say whether a filter keeps an item.

    Args:
        condition: The filter.
        item: The item.
        known: What each column of the item's catalogue holds. Without it a column that the item lacks is missing, and
            words and numbers are different.

    Returns:
        The same as `evaluate_filter` for the item's row.

    Raises:
        FilterError: With ``known``: a name is not in it, or words are compared with numbers.

    Example:
        >>> from modiste.catalogue.filters import parse_filter
        >>> from modiste.catalogue.item import Variant
        >>> item = CatalogueItem("7", price=799.0, variants=(Variant("M", 0), Variant("L", 3)))
        >>> [matches_item(parse_filter(f"price < 1500 and size = '{size}' and stock > 0"), item) for size in "ML"]
        [False, True]
    """
    if known is not None:
        check_filter(condition, known)
    return _matches(condition, item, known or {})


def _matches(part: Filter, item: CatalogueItem, known: Mapping[str, ColumnKind]) -> bool:
    if part.variant_only:
        sizes: list[dict[str, _Values]] = [
            {"size": (variant.size,), "stock": _drop_missing(variant.stock)} for variant in item.variants
        ]
        return any(_matches_variant(part, size) for size in sizes or [{"size": (), "stock": ()}])
    if isinstance(part, Condition):
        return _compare(part, _read(item, part.name, known.get(part.name)))
    if isinstance(part, Negation):
        return not _matches(part.part, item, known)
    if isinstance(part, All):
        return all(_matches(other, item, known) for other in part.gathered)
    return any(_matches(other, item, known) for other in part.children)


def _matches_variant(part: Filter, size: Mapping[str, _Values]) -> bool:
    if isinstance(part, Condition):
        return _compare(part, size[part.name])
    return (all if isinstance(part, All) else any)(_matches_variant(other, size) for other in part.children)


def _read(item: CatalogueItem, name: str, kind: ColumnKind | None) -> _Values:
    if name in WORD_NAMES or name in NUMBER_NAMES:
        return _drop_missing(getattr(item, name))
    if values := item.values(name):
        return values
    detail = item.details.get(name)
    if kind in {"word", "words"} or isinstance(detail, tuple):
        return to_words(detail)
    return _drop_missing(detail)


def _drop_missing(value: Value | None) -> _Values:
    return () if value is None or (isinstance(value, float) and math.isnan(value)) else (value,)


def _compare(part: Condition, values: _Values) -> bool:
    if isinstance(part, Presence):
        return part.missing == (not values)
    fits = any(_fits(part, value) for value in values)
    return bool(values) and not fits if part.negated else fits


def _fits(part: Condition, value: Value) -> bool:
    literals = [_align(literal, value) for literal in part.values]
    own = value.casefold() if isinstance(value, str) else float(value)
    if any(type(literal) is not type(own) for literal in literals):
        return False
    if isinstance(part, Membership):
        return own in literals
    if isinstance(part, Between):
        return bool(literals[0] <= own <= literals[1])
    if isinstance(part, Comparison):
        return _ORDERS[part.sign](own, literals[0])
    return _fits_text(part, str(literals[0]), str(own))


def _fits_text(part: Condition, literal: str, own: str) -> bool:
    return build_matcher(literal)(own) if isinstance(part, Like) else isinstance(part, Contains) and literal in own


def _align(literal: Value, value: Value) -> Any:
    """Bring a literal into the form of the value that it is compared with: truths are either words or numbers."""
    if isinstance(literal, bool):
        literal = to_word(literal) if isinstance(value, str) else float(literal)
    return literal.casefold() if isinstance(literal, str) else literal

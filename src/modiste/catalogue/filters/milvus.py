"""Filters as expressions of Milvus; what a literal may hold is encoded, so that none can say more than a comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from modiste.catalogue.filters.checking import check_filter
from modiste.catalogue.filters.columns import ColumnKind, VariantColumns, WordColumn
from modiste.catalogue.filters.evaluating import evaluate_filter
from modiste.catalogue.filters.literals import Value, to_word, write_name
from modiste.catalogue.filters.milvus_facts import COLUMNS, FACTS, encode_name, encode_text
from modiste.catalogue.filters.tabulating import NUMBER_NAMES, WORD_NAMES, ItemColumns
from modiste.catalogue.filters.tree import (
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
from modiste.errors import FilterError

__all__ = ["MOST_VALUES", "quote", "to_milvus"]

MOST_VALUES: Final = 10_000  # values of a column of lists that an expression may name

_Expression = str | bool  # a truth where it does not depend on the row

_OPPOSITE: Final = {"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_NEVER: Final = 'item_id == ""'
_ALWAYS: Final = 'item_id != ""'
_ESCAPES: Final = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r"}
_PART: Final = re.compile(r"\\(.)|([%_])|([^\\%_]+)", re.DOTALL)


def to_milvus(
    condition: Filter,
    known: Mapping[str, ColumnKind],
    *,
    fields: Collection[str],
    values: Callable[[str], Sequence[str]],
    slots: Callable[[], Mapping[str, str]],
) -> str:
    """Translate a filter into an expression on rows that hold `build_facts`.

    Milvus has three truths: a comparison with what is missing is neither true nor false, and so is `not` of it. So
    negations are carried down to the comparisons, and each says itself what it makes of what is missing. A list can be
    asked only whether it holds a value: other comparisons are made here, with every value that the column is known to
    have. Likewise one and the same size is asked for size by size.

    Args:
        condition: The filter.
        known: Column -> what it holds.
        fields: The columns that are fields; what is neither an item's own column nor a field is a detail.
        values: Column of lists -> at least all folded values in its lists.
        slots: At least all slots of sizes -> the folded size.

    Returns:
        The expression.

    Raises:
        FilterError: A name is unknown, words are compared with numbers, or too many values of a list fit.

    Example:
        >>> from modiste.catalogue.filters import parse_filter
        >>> asked = parse_filter("gender = 'Men' and not brand = 'Nike'")
        >>> known = {"brand": "word", "gender": "words"}
        >>> print(to_milvus(asked, known, fields=["gender"], values=lambda name: [], slots=dict))
        (json_contains_any(facts["w"]["gender"], ["men"]) and (brand is null or brand != "nike"))
    """
    check_filter(condition, known)
    written = _Translation(known, frozenset(fields), values, slots).write(condition, False)
    if isinstance(written, bool):
        return _ALWAYS if written else _NEVER
    return written


def quote(text: str) -> str:
    r"""Write a literal of Milvus that is no pattern.

    Example:
        >>> print(quote('a "b"'))
        "a \"b\""
    """
    return f'"{text.translate(_ESCAPES)}"'


class _Translation:
    def __init__(
        self,
        known: Mapping[str, ColumnKind],
        fields: frozenset[str],
        values: Callable[[str], Sequence[str]],
        slots: Callable[[], Mapping[str, str]],
    ) -> None:
        self._known, self._fields, self._values, self._slots = known, fields, values, slots

    def write(self, part: Filter, negate: bool) -> _Expression:
        if isinstance(part, Negation):
            return self.write(part.part, not negate)
        if part.variant_only:
            return _write_variants(part, self._slots(), negate)
        if isinstance(part, Condition):
            return self._write_condition(part, negate)
        parts = part.gathered if isinstance(part, All) else part.children
        return _join([self.write(other, negate) for other in parts], conjunction=isinstance(part, All) != negate)

    def _write_condition(self, part: Condition, negate: bool) -> _Expression:
        name = part.name
        if name in NUMBER_NAMES:
            return _write_scalar(part, _Place(name, f"{name} is null"), _compare_number, negate)
        if name in WORD_NAMES:
            return _write_scalar(part, _word_place("s", name), _compare_word, negate)
        if name in self._fields:
            return _write_list(part, _json_place("w", name), self._values, negate)
        if self._known[name] == "number":
            return _write_scalar(part, _json_place("n", name), _compare_number, negate)
        if self._known[name] == "word":
            return _write_scalar(part, _word_place("d", name), _compare_word, negate)
        return self._write_mixed(part, negate)

    def _write_mixed(self, part: Condition, negate: bool) -> _Expression:
        """Write a comparison of a detail that is a list of some items and a word of others."""
        fits = _strip(part)
        word, words = _word_place("d", part.name), _json_place("t", part.name)
        positive = [
            _write_scalar(fits, word, _compare_word, False),
            _write_list(fits, words, self._values, False),
        ]
        if isinstance(part, Presence):
            return _join(positive, conjunction=part.missing) if not negate else self._write_mixed(_invert(part), False)
        absent = _join([word.absent, words.absent], conjunction=True)
        if part.negated == negate:
            return _join([*positive, *([absent] if negate else [])], conjunction=False)
        lacking = [
            _write_scalar(fits, word, _compare_word, True),
            _write_list(fits, words, self._values, True),
        ]
        there = [_negate_text(word.absent), _negate_text(words.absent)]
        return _join([*lacking, *([] if negate else [_join(there, conjunction=False)])], conjunction=True)


class _Place:
    """Where rows hold a column: the expression of its value, of its being missing, and of the word for its order."""

    def __init__(self, value: str, absent: str, order: str | None = None) -> None:
        self.value, self.absent, self.order = value, absent, order


def _path(space: str, key: str) -> str:
    return f'{FACTS}["{space}"]["{key}"]'


def _json_place(space: str, name: str) -> _Place:
    value = _path(space, encode_name(name))
    return _Place(value, f"not exists {value}")


def _word_place(space: str, name: str) -> _Place:
    own = space == "s" and name in COLUMNS
    place = _Place(name, f"{name} is null") if own else _json_place(space, name)
    return _Place(place.value, place.absent, _path("o", f"{space}_{encode_name(name)}"))


_Compare = Callable[[Condition, _Place, bool], _Expression]


def _write_scalar(part: Condition, place: _Place, compare: _Compare, negate: bool) -> _Expression:
    """Write a comparison of a column with at most one value, or that it does not hold."""
    if isinstance(part, Presence):
        return place.absent if part.missing != negate else _negate_text(place.absent)
    test = compare(_strip(part), place, part.negated != negate)
    if negate:
        return _join([place.absent, test], conjunction=False)
    return _join([_negate_text(place.absent), test], conjunction=True) if part.negated or test is True else test


def _compare_number(part: Condition, place: _Place, negate: bool) -> _Expression:
    numbers = [repr(float(value)) for value in part.values]
    if isinstance(part, Comparison):
        return _compare(place.value, _SIGNS[part.sign], numbers[0], negate)
    if isinstance(part, Between):
        return _between(place.value, numbers, negate)
    return _write_members(place, numbers, negate)


def _compare_word(part: Condition, place: _Place, negate: bool) -> _Expression:
    words = [_fold(value) for value in part.values]
    if isinstance(part, Like):
        return _compare_pattern(place, _encode_pattern(words[0]), negate)
    if isinstance(part, Contains):
        return _compare_pattern(place, f"%{encode_text(words[0])}%", negate)
    if isinstance(part, Membership):
        return _write_members(place, [quote(encode_text(word)) for word in words], negate)
    if isinstance(part, Comparison) and part.sign == "=":
        return _compare(place.value, "==", quote(encode_text(words[0])), negate)
    return _compare_order(part, place, [quote(word) for word in words], negate)


def _compare_order(part: Condition, place: _Place, literals: Sequence[str], negate: bool) -> _Expression:
    """Write a comparison of order, of the word as it is where it is encoded otherwise."""

    def write(value: str) -> _Expression:
        if isinstance(part, Comparison):
            return _compare(value, _SIGNS[part.sign], literals[0], negate)
        return _between(value, literals, negate)

    plain = _join([f"not exists {place.order}", write(place.value)], conjunction=True)
    return _join(
        [plain, _join([f"exists {place.order}", write(str(place.order))], conjunction=True)], conjunction=False
    )


def _compare(value: str, sign: str, literal: str, negate: bool) -> str:
    return f"{value} {_OPPOSITE[sign] if negate else sign} {literal}"


def _between(value: str, literals: Sequence[str], negate: bool) -> _Expression:
    ends = [_compare(value, ">=", literals[0], negate), _compare(value, "<=", literals[1], negate)]
    return _join(ends, conjunction=not negate)


def _compare_pattern(place: _Place, pattern: str, negate: bool) -> _Expression:
    if not pattern.strip("%") and pattern:
        return not negate  # any text fits, and whether there is one is asked beside
    test = f'{place.value} like "{pattern}"' if pattern else f'{place.value} == ""'
    return f"not ({test})" if negate else test


def _write_members(place: _Place, literals: Sequence[str], negate: bool) -> _Expression:
    members = list(dict.fromkeys(literals))
    if "[" not in place.value:
        return f"{place.value} {'not in' if negate else 'in'} [{', '.join(members)}]"
    return _join([_compare(place.value, "==", member, negate) for member in members], conjunction=negate)


def _encode_pattern(pattern: str) -> str:
    return "".join(wild or encode_text(escaped or plain) for escaped, wild, plain in _PART.findall(pattern))


def _write_list(part: Condition, place: _Place, values: Callable[[str], Sequence[str]], negate: bool) -> _Expression:
    """Write a comparison of a column of lists, or that it does not hold."""
    if isinstance(part, Presence):
        return place.absent if part.missing != negate else _negate_text(place.absent)
    fitting = _find_fitting(_strip(part), values)
    contains = f"json_contains_any({place.value}, [{', '.join(quote(encode_text(word)) for word in fitting)}])"
    if part.negated == negate:  # some value fits, or, of a negation of a negation, there is none
        return _join([*([place.absent] if negate else []), contains if fitting else False], conjunction=False)
    lacks: _Expression = f"not {contains}" if fitting else True
    if negate:
        return _join([place.absent, lacks], conjunction=False)
    return _join([_negate_text(place.absent), lacks], conjunction=True)


def _find_fitting(part: Condition, values: Callable[[str], Sequence[str]]) -> Sequence[str]:
    """Return the folded values that fit a comparison that is not negated."""
    if isinstance(part, Membership) or (isinstance(part, Comparison) and part.sign == "="):
        return list(dict.fromkeys(map(_fold, part.values)))
    there = tuple(dict.fromkeys(values(part.name)))
    column = WordColumn(np.arange(len(there), dtype=np.int32), there)
    kept = evaluate_filter(part, ItemColumns({part.name: column}, VariantColumns.from_lists([()] * len(there))))
    if (count := int(kept.sum())) > MOST_VALUES:
        raise FilterError(
            f"{count:,} values of {write_name(part.name)} fit {part}; at most {MOST_VALUES:,} can be asked of "
            "Milvus at once. Narrow the comparison"
        )
    return [there[place] for place in np.flatnonzero(kept).tolist()]


def _write_variants(part: Filter, slots: Mapping[str, str], negate: bool) -> _Expression:
    """Write that one size fits a filter of size and stock, or that none does."""
    always: list[str] = []  # slots that fit whatever their stock
    tests: list[_Expression] = []
    held = f'{FACTS}["v"]'
    for slot, size in slots.items():
        test = _write_slot(part, slot, size, negate)
        if test is (not negate):
            always.append(slot)
        elif not isinstance(test, bool):
            there = _contains_slots(held, [slot], negate)
            tests.append(_join([there, test], conjunction=not negate))
    if always:
        tests.append(_contains_slots(held, always, negate))
    if _fits_nothing(part):
        tests.append(f"{'' if negate else 'not '}exists {held}")
    return _join(tests, conjunction=negate)


def _contains_slots(held: str, slots: Sequence[str], negate: bool) -> str:
    contains = f"json_contains_any({held}, [{', '.join(map(quote, slots))}])"
    return f"(not exists {held} or not {contains})" if negate else contains


def _write_slot(part: Filter, slot: str, size: str, negate: bool) -> _Expression:
    """Write a filter of size and stock for one slot, whose size is known."""
    if not isinstance(part, Condition):
        parts = [_write_slot(other, slot, size, negate) for other in part.children]
        return _join(parts, conjunction=isinstance(part, All) != negate)
    if part.name == "stock":
        path = _path("k", slot)
        return _write_scalar(part, _Place(path, f"not exists {path}"), _compare_number, negate)
    column = WordColumn.from_words([size])
    alone = replace(part, name="title")  # a column of words is asked, outside any size
    return bool(evaluate_filter(alone, ItemColumns({"title": column}, VariantColumns.from_lists([()])))[0]) != negate


def _fits_nothing(part: Filter) -> bool:
    """Say whether a filter of size and stock is true where both are missing."""
    if isinstance(part, Condition):
        return isinstance(part, Presence) and part.missing
    return (any if isinstance(part, Either) else all)(map(_fits_nothing, part.children))


def _strip(part: Condition) -> Condition:
    """Return a comparison without its negation."""
    if isinstance(part, Comparison):
        return replace(part, sign="=") if part.negated else part
    return replace(part, negated=False) if part.negated else part  # type: ignore[call-arg]


def _invert(part: Presence) -> Presence:
    return replace(part, missing=not part.missing)


def _negate_text(absent: str) -> str:
    return absent.removeprefix("not ") if absent.startswith("not ") else absent.replace(" is null", " is not null")


def _join(parts: Sequence[_Expression], *, conjunction: bool) -> _Expression:
    """Join expressions; truths are taken out."""
    if (not conjunction) in parts:
        return not conjunction
    texts = list(dict.fromkeys(part for part in parts if isinstance(part, str)))
    if not texts:
        return conjunction
    return texts[0] if len(texts) == 1 else f"({(' and ' if conjunction else ' or ').join(texts)})"


def _fold(value: Value) -> str:
    return to_word(value).casefold()


_SIGNS: Final = {"=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

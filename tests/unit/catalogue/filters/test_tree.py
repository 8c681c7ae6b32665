from __future__ import annotations

import math

import pytest

from modiste.catalogue.filters import (
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
)
from modiste.errors import FilterError

_A, _B, _C = (Comparison(name, "=", 1.0) for name in "abc")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Comparison("", "=", 1.0), "a name is empty"),
        (lambda: Comparison("a", "~", 1.0), "'~' is no comparison; expected one of ="),  # type: ignore[arg-type]
        (lambda: Comparison("a", "=", math.nan), "nan is no literal"),
        (lambda: Comparison("a", "=", math.inf), "inf is no literal"),
        (lambda: Comparison("a", "<", True), "true and false have no order; type a = true"),
        (lambda: Comparison("a\0", "=", 1.0), "a name has the character"),
        (lambda: Comparison("a", "=", "\ud800"), "a word has the character"),
        (lambda: Membership("a", ()), "the list after a in is empty"),
        (lambda: Membership("a", ("x", 1.0)), "words and numbers at once"),
        (lambda: Between("a", True, 2.0), "no order"),
        (lambda: Between("a", "x", 2.0), "words and numbers at once"),
        (lambda: Like("a", "x\\"), "ends in a single backslash"),
        (lambda: Like("a", "x" * 1_001), "1,001 characters; at most 1,000"),
        (lambda: All((_A,)), "'and' joins 1 filters"),
        (lambda: Either(()), "'or' joins 0 filters"),
    ],
)
def test_refusals(build: object, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        build()  # type: ignore[operator]


def test_joined_alike_is_joined_once() -> None:
    assert All((All((_A, _B)), _C)).parts == All((_A, All((_B, _C)))).parts == (_A, _B, _C)
    assert str(All((Either((_A, _B)), _C))) == "(a = 1 or b = 1) and c = 1"


def test_bounds_hold_for_trees_that_code_builds() -> None:
    deep: Filter = _A
    for _ in range(49):
        deep = Negation(deep)
    assert deep.depth == 50
    with pytest.raises(FilterError, match="nested 51 deep"):
        Negation(deep)
    with pytest.raises(FilterError, match="1001 comparisons"):
        Either(tuple(Presence(f"c{number}", missing=True) for number in range(1_001)))


def test_names_and_positions() -> None:
    whole = All((Negation(_A), Either((_B, Contains("a", "x")))))
    found: list[tuple[Filter, int]] = []
    text = whole.spell(found)
    assert whole.names == ("a", "b")
    for part, position in found:
        assert text[position:].startswith(str(part))

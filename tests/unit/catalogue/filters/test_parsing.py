from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue.filters import All, Comparison, Either, Filter, Negation, Presence, parse_filter
from modiste.catalogue.filters.parsing import MAX_LENGTH
from modiste.errors import FilterError
from tests.unit.catalogue.filters.drawing import any_filters

_PIECES = [
    "price", "size", "`a b`", "`", "``", "'M'", '"M"', "'", '"', "''", "1", "-2.5", "1e3", ".5", "=", "!=", "<>", "<=",
    ">",     "(", ")", ",", "and", "OR", "not", "in", "between", "like", "contains", "is", "missing", "present", "null",
    "true",    " ", "\n", ";", "--", "/*", "\\", "%", "\0", "\ud800", "é", "=="]  # fmt: skip


@settings(deadline=None, max_examples=500)
@given(any_filters)
def test_text_and_filter_are_one(condition: Filter) -> None:
    parsed = parse_filter(str(condition))
    assert repr(parsed) == repr(condition)  # to the last field, more than their texts being equal
    assert parsed == condition and hash(parsed) == hash(condition)
    assert parsed.names == condition.names and set(parsed.names) == {part.name for part in parsed.conditions}


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=60) | st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        parsed = parse_filter(text)
    except FilterError as error:
        assert "^" in str(error)
    else:
        assert repr(parse_filter(str(parsed))) == repr(parsed)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a=1 or b=2 and not c=3", "a = 1 or b = 2 and not c = 3"),
        ("(a=1 or b=2) and (c=3 and d=4)", "(a = 1 or b = 2) and c = 3 and d = 4"),
        ("NOT (a=1 AND b=2)", "not (a = 1 and b = 2)"),
        ("not not a=1", "not not a = 1"),
        ("((a=1))", "a = 1"),
        ("a<>1 or b == 2", "a != 1 or b = 2"),
        ("a is null and b is not null", "a is missing and b is present"),
        ("a is not present", "a is missing"),
        ("a between 1 and 2 and b = 3", "a between 1 and 2 and b = 3"),
        ("a not between -1.50 and 1e3", "a not between -1.5 and 1000"),
        ("a not in ('x',\"y\")", "a not in ('x', 'y')"),
        ("a like 'Na%' and b not contains 'x'", "a like 'Na%' and b not contains 'x'"),
        ("a = 'Levi''s' or a = \"Levi's\"", 'a = "Levi\'s" or a = "Levi\'s"'),
        ("`attribute.Sleeve Length`='x' and `a``b`=1 and `in`=TRUE", None),
        ("ärmel-länge_2.x = -0", "ärmel-länge_2.x = 0"),
        ("`price` = 1", "price = 1"),
    ],
)
def test_canonical_text(text: str, canonical: str | None) -> None:
    parsed = parse_filter(text)
    expected = canonical or "`attribute.Sleeve Length` = 'x' and `a``b` = 1 and `in` = true"
    assert str(parsed) == expected
    assert repr(parse_filter(expected)) == repr(parsed)


def test_the_tree_of_a_filter() -> None:
    assert repr(parse_filter("a = 1 or not b is missing and c = 'x'")) == repr(
        Either((Comparison("a", "=", 1.0), All((Negation(Presence("b", missing=True)), Comparison("c", "=", "x")))))
    )


def test_numbers_and_truths_are_different_filters() -> None:
    assert parse_filter("a = 1") != parse_filter("a = true")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "the filter is empty; type one such as price <="),
        ("price <= 1,500", 10, "numbers are typed without commas: 1500"),
        ("brand = Nike", 8, "type brand = 'Nike'"),
        ("brand in (Nike)", 10, "type brand = 'Nike'"),
        ("brand = 'Nike", 8, "this quote is never closed"),
        ("`brand = 'Nike'", 0, "this backquote is never closed"),
        ("``= 1", 0, "this name is empty"),
        ("brand = null", 8, "type brand is missing"),
        ("brand is Nike", 9, "expected missing or present after 'is'"),
        ("1 < price", 0, "expected a column's name first"),
        ("price", 5, "expected a comparison after price: = != <"),
        ("price + 1 > 2", 6, "'+' can't stand here"),
        ("price > 2 + 1", 10, "'+' can't stand here"),
        ("price > list_price", 8, "words stand in quotes"),
        ("lower(brand) = 'x'", 5, "expected a comparison after lower"),
        ("price in (select price)", 10, "words stand in quotes"),
        ("price in 5", 9, "expected a list in parentheses here"),
        ("price in ()", 10, "expected a number or a word in quotes here"),
        ("price in (1 2)", 12, "expected ',' or the closing ')'"),
        ("price in (1, 'a')", 0, "words and numbers at once"),
        ("price between 1 or 2", 16, "expected 'and' here: price between 1 and ..."),
        ("price between true and false", 0, "true and false have no order"),
        ("price > true", 0, "true and false have no order"),
        ("(price = 1", 10, "expected 'and', 'or' or the closing ')' here"),
        ("price = 1)", 9, "expected 'and', 'or' or the end of the filter"),
        ("price = 1 and", 13, "expected a comparison here"),
        ("is = 1", 0, "one called is is typed `is`"),
        ("price = 15rs", 10, "a number ends in something else"),
        ("price = 1_500", 9, "a number ends in something else"),
        ("price = 1e999", 8, "too large"),
        ("title like 5", 11, "expected a word in quotes here: title like 'Na%'"),
        ("title like 'a\\'", 0, "ends in a single backslash"),
        ("size = ‘M’", 7, "put words in straight quotes"),
        ("a = 1 && b = 2", 6, "type: and"),
        ("a = 1; drop table items", 5, "';' can't stand here"),
        ("a = '\0'", 0, "which no text holds"),
        ("a = '\ud800'", 0, "which no text holds"),
    ],
)
def test_errors_point_at_the_place(text: str, position: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    first, *_, shown, caret = str(caught.value).split("\n")
    assert message in first
    assert caret == " " * (2 + position) + "^"
    assert len(shown) == 2 + len(text)


def test_long_filters_are_shown_around_the_place() -> None:
    text = "price = 1 and " * 20 + "oops"
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    _, shown, caret = str(caught.value).split("\n")
    assert len(shown) < 100 and shown.startswith("  …") and len(caret) == len(shown) + 1


@pytest.mark.parametrize("opening", ["(", "not ", "not ("])
def test_depth_is_bounded(opening: str) -> None:
    closing = ")" * opening.count("(")
    step = 1 + (len(opening) > 4)
    assert parse_filter(opening * (49 // step) + "a = 1" + closing * (49 // step)).names == ("a",)
    with pytest.raises(FilterError, match=r"deep|closed"):
        parse_filter(opening * 60 + "a = 1" + closing * 60)
    with pytest.raises(FilterError, match="deep"):
        parse_filter((opening * 5000)[:9_000])


def test_length_and_literals_are_bounded() -> None:
    with pytest.raises(FilterError, match="at most 10,000"):
        parse_filter("a" * (MAX_LENGTH + 1))
    with pytest.raises(FilterError, match="at most 10,000"):  # short as typed, too long in full
        parse_filter(" or ".join(["a=1e15"] * 1_000))
    assert parse_filter(f"a in ({','.join('1' * 1_000)})").literals == 1_000
    with pytest.raises(FilterError, match="1001 comparisons and literals; at most 1000"):
        parse_filter(f"a in ({','.join('1' * 1_001)})")

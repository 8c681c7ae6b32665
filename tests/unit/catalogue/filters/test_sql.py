from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem, ItemTag, Variant
from modiste.catalogue.filters import (
    All,
    Comparison,
    Either,
    Filter,
    Membership,
    Negation,
    evaluate_filter,
    tabulate_items,
    to_sql,
)
from modiste.errors import FilterError
from tests.unit.catalogue.filters.drawing import any_text, build_database

_ATTACKS = [
    "'; DROP TABLE items; --", "' OR '1'='1", "x' UNION SELECT sql FROM sqlite_schema --", '"; DELETE FROM items; --',
    "\\'; DROP TABLE items", "?", "?1", ":name", "%' OR 1=1 --", ") OR (1=1", "/*", "$.a", "$[0]",
]  # fmt: skip
_ITEM = CatalogueItem(
    "1", title="shirt", price=5.0, tags=(ItemTag("gender", "Men"),), variants=(Variant("M", 1),), details={"note": "x"}
)
_KNOWN = tabulate_items([_ITEM]).kinds()
_LEAVES: list[Filter] = [
    Comparison("gender", "!=", "x"), Comparison("price", ">", 0.0), Comparison("note", "!=", "a"),
    Comparison("size", "=", "M"), Comparison("title", "=", "y"),
]  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(_ATTACKS) | any_text.filter(bool), st.sampled_from(_ATTACKS) | any_text)
def test_names_and_words_are_never_part_of_the_statement(name: str, word: str) -> None:
    item = CatalogueItem("1", details={name: word})
    columns = tabulate_items([item, CatalogueItem("2")])
    if name in {"title", "price", "size", "stock", "brand", "item_id", "product_id", "currency", "list_price"}:
        return
    condition = Comparison(name, "=", word)
    with build_database([item, CatalogueItem("2")]) as connection:
        before = list(connection.iterdump())
        for fields in ((), (name,)):
            where, parameters = to_sql(condition, columns.kinds(), fields=fields)
            plain, _ = to_sql(Comparison("x", "=", "y"), {"x": "word"}, fields=["x"] if fields else [])
            assert where == plain and parameters == [name, word.casefold()]
            kept = connection.execute(f"SELECT item_id FROM items WHERE {where}", parameters).fetchall()
            assert kept == ([] if fields else [("1",)])
        assert list(connection.iterdump()) == before
    connection.close()
    assert evaluate_filter(condition, columns).tolist() == [True, False]


def _nest(rounds: int, *, negate: bool) -> Filter:
    found: Filter = _LEAVES[0]
    for place in range(rounds):
        joined = (All if place % 2 else Either)((_LEAVES[place % 5], found))
        found = Negation(joined) if negate else joined
    return found


@pytest.mark.parametrize(
    "condition",
    [
        _nest(49, negate=False),
        _nest(24, negate=True),
        Either(tuple(_LEAVES * 200)),
        All(tuple(_LEAVES * 200)),
        Either(tuple(All(tuple(_LEAVES * 2)) for _ in range(100))),
        Membership("note", tuple(f"{number}" for number in range(1_000))),
    ],
    ids=["deep", "deep and negated", "wide or", "wide and", "many conjunctions", "long list"],
)
def test_sqlite_takes_the_largest_filters(condition: Filter) -> None:
    connection = build_database([_ITEM])
    where, parameters = to_sql(condition, _KNOWN, fields=["gender"])
    kept = connection.execute(f"SELECT count(*) FROM items WHERE {where}", parameters).fetchone()[0]
    connection.close()
    assert kept == evaluate_filter(condition, tabulate_items([_ITEM])).sum()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(FilterError, match="there is no column"):
        to_sql(Comparison("nothing", "=", "x"), _KNOWN, fields=())

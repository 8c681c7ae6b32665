"""Columns, single items and SQLite give the same answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem, Variant
from modiste.catalogue.filters import (
    All,
    Comparison,
    Filter,
    Negation,
    Presence,
    evaluate_filter,
    matches_item,
    parse_filter,
    tabulate_items,
    to_sql,
)
from tests.unit.catalogue.filters.drawing import (
    FIELDS,
    build_database,
    draw_items,
    filters,
    variant_conditions,
    variants,
)


@settings(deadline=None, max_examples=400)
@given(draw_items(), st.lists(filters, min_size=1, max_size=5))
def test_three_ways_agree(items: list[CatalogueItem], asked: list[Filter]) -> None:
    columns = tabulate_items(items, fields=FIELDS)
    known = columns.kinds()
    connection = build_database(items)
    for condition in asked:
        kept = [item.item_id for item, keep in zip(items, evaluate_filter(condition, columns), strict=True) if keep]
        assert kept == [item.item_id for item in items if matches_item(condition, item, known)], str(condition)
        where, parameters = to_sql(condition, known, fields=FIELDS)
        rows = connection.execute(f"SELECT item_id, ({where}) FROM items ORDER BY item_key", parameters).fetchall()
        assert kept == [item_id for item_id, keep in rows if keep], str(condition)
        assert {keep for _, keep in rows} <= {0, 1}, str(condition)
    connection.close()


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(variants, max_size=3), min_size=1, max_size=6), variant_conditions, variant_conditions)
def test_one_and_the_same_size(sizes: list[list[Variant]], first: Filter, second: Filter) -> None:
    items = [CatalogueItem(f"{place}", variants=tuple(some), price=1.0) for place, some in enumerate(sizes)]
    always = Presence("price", missing=False)
    kept = evaluate_filter(All((first, always, second)), tabulate_items(items))
    expected = [
        any(
            matches_item(first, CatalogueItem("x", variants=one))
            and matches_item(second, CatalogueItem("x", variants=one))
            for one in ([(variant,) for variant in some] or [()])
        )
        for some in sizes
    ]
    assert kept.tolist() == expected
    assert evaluate_filter(Negation(All((first, second))), tabulate_items(items)).tolist() == [
        not one for one in expected
    ]


def test_not_stands_outside() -> None:
    items = [CatalogueItem("1", price=1.0, variants=(Variant("M", 0), Variant("L", 3)))]
    columns = tabulate_items(items)

    def keeps(text: str) -> bool:
        kept = evaluate_filter(parse_filter(text), columns).tolist()[0]
        assert kept == matches_item(parse_filter(text), items[0])
        return bool(kept)

    assert not keeps("size = 'M' and price < 9 and stock > 0")
    assert keeps("size = 'L' and price < 9 and stock > 0")
    assert keeps("size = 'M' and (price < 9 and stock > 0 or price > 9)")  # joined with a price: asked by itself
    assert keeps("size != 'M'") and not keeps("not size = 'M'")
    assert not keeps("size is missing") and not keeps("stock is missing")


def test_conditions_of_size_and_stock_are_gathered() -> None:
    size, stock, price = Comparison("size", "=", "M"), Comparison("stock", ">", 0.0), Comparison("price", "<", 9.0)
    assert All((size, price, stock)).gathered == (price, All((size, stock)))

"""Columns, single items and SQLite give the same answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem
from modiste.catalogue.filters import All, Comparison, Filter, evaluate_filter, matches_item, tabulate_items, to_sql
from tests.unit.catalogue.filters.drawing import FIELDS, build_database, draw_items, filters


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


def test_conditions_of_size_and_stock_are_gathered() -> None:
    size, stock, price = Comparison("size", "=", "M"), Comparison("stock", ">", 0.0), Comparison("price", "<", 9.0)
    assert All((size, price, stock)).gathered == (price, All((size, stock)))

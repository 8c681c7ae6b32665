from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem, Variant
from modiste.catalogue.facets import FacetValue, count_facets
from modiste.catalogue.filters import (
    All,
    Between,
    Comparison,
    Either,
    Filter,
    Presence,
    evaluate_filter,
    matches_item,
    tabulate_items,
)
from modiste.errors import UnknownNameError, UsageError
from tests.unit.catalogue.filters.drawing import FIELDS, draw_items

_WORDS = ("title", "brand", *FIELDS, "note", "labels")
_IN_STOCK = Either((Comparison("stock", ">", 0.0), Presence("stock", missing=True)))


def _read(item: CatalogueItem, name: str) -> list[str]:
    """The folded words of one item, each once."""
    if name == "size":
        found = [variant.size for variant in item.variants if variant.stock is None or variant.stock > 0]
    elif name in FIELDS:
        found = list(item.values(name))
    else:
        value = getattr(item, name) if name in ("title", "brand") else item.details.get(name)
        value = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
        found = [] if value is None else [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    return sorted({one.casefold() for one in found})


@settings(deadline=None, max_examples=200)
@given(draw_items(), st.randoms(use_true_random=False))
def test_words_are_counted_like_a_counter(items: list[CatalogueItem], random: object) -> None:
    mask = np.array([random.random() < 0.7 for _ in items])  # type: ignore[attr-defined]
    names = [*_WORDS, "size"]
    for name, values in count_facets(tabulate_items(items, fields=FIELDS), names, mask).items():
        expected = Counter(word for item, keep in zip(items, mask, strict=True) if keep for word in _read(item, name))
        assert {value.value.casefold(): value.count for value in values} == expected, name
        assert values == sorted(values, key=lambda value: (-value.count, value.value))


@settings(deadline=None, max_examples=100)
@given(draw_items())
def test_a_facet_counts_what_its_filter_keeps(items: list[CatalogueItem]) -> None:
    columns = tabulate_items(items, fields=FIELDS)
    facets = count_facets(columns, [*_WORDS, "size", "price", "year"], None)
    for name, values in facets.items():
        for value in values:
            condition: Filter = Comparison(name, "=", value.value)
            if value.low is not None and value.high is not None:
                condition = Between(name, value.low, value.high)
            if name == "size":
                condition = All((condition, _IN_STOCK))
            assert evaluate_filter(condition, columns).sum() == value.count
            assert sum(matches_item(condition, item, columns.kinds()) for item in items) == value.count


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(0, 20).map(float), max_size=60))
def test_ranges_hold_every_number_once(prices: list[float | None]) -> None:
    items = [CatalogueItem(f"{place}", price=price) for place, price in enumerate(prices)]
    ranges = count_facets(tabulate_items(items), ["price"], None)["price"]
    there = sorted(price for price in prices if price is not None)
    assert sum(one.count for one in ranges) == len(there)
    assert len(ranges) <= 5 and bool(ranges) == bool(there)
    if there:
        assert ranges[0].low == there[0] and ranges[-1].high == there[-1]
        assert all(one.high < other.low for one, other in itertools.pairwise(ranges))  # type: ignore[operator]


def test_ranges_are_even_where_numbers_differ() -> None:
    items = [CatalogueItem(f"{price}", price=float(price)) for price in range(100)]
    ranges = count_facets(tabulate_items(items), ["price"], None)["price"]
    assert [one.count for one in ranges] == [20] * 5
    assert ranges[1] == FacetValue("20 to 39", 20, 20.0, 39.0)


def test_the_most_frequent_spelling_is_shown_and_the_limit_holds() -> None:
    brands = ["PUMA", "Puma", "Puma", "Asics", "Nike", "Nike", "Fila"]
    columns = tabulate_items([CatalogueItem(f"{place}", brand=brand) for place, brand in enumerate(brands)])
    shown = count_facets(columns, ["brand"], None, limit=3)["brand"]
    assert shown == [FacetValue("Puma", 3), FacetValue("Nike", 2), FacetValue("Asics", 1)]


def test_a_size_counts_once_an_item_and_only_where_it_is_left() -> None:
    twice = CatalogueItem("1", variants=(Variant("M", 2), Variant("m", 1), Variant("L", 0)))
    uncounted = CatalogueItem("2", variants=(Variant("L"),))
    shown = count_facets(tabulate_items([twice, uncounted]), ["size"], None)["size"]
    assert shown == [FacetValue("L", 1), FacetValue("M", 1)]


def test_what_has_no_values_has_no_facets() -> None:
    columns = tabulate_items([], fields=FIELDS)
    assert count_facets(columns, ["brand", "gender", "size", "price"], None) == {
        "brand": [], "gender": [], "size": [], "price": []}  # fmt: skip


def test_refusals() -> None:
    columns = tabulate_items([CatalogueItem("1")])
    with pytest.raises(UnknownNameError, match="did you mean 'brand'"):
        count_facets(columns, ["brnd"], None)
    with pytest.raises(UsageError, match="ask for the facet size"):
        count_facets(columns, ["stock"], None)
    with pytest.raises(UsageError, match="expected at least 1"):
        count_facets(columns, ["brand"], None, limit=0)
    with pytest.raises(UsageError, match=r"int64 \[2\]; expected bool \[1\]"):
        count_facets(columns, ["brand"], np.array([0, 1]))  # type: ignore[arg-type]

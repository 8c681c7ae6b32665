"""Filters in Milvus Lite keep what the reference keeps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueHead, CatalogueItem, Variant
from modiste.catalogue.filters import Filter, matches_item, parse_filter, tabulate_items
from modiste.catalogue.filters.milvus import to_milvus
from modiste.catalogue.filters.milvus_facts import encode_name, encode_text
from modiste.catalogue.milvus import MilvusBackend
from modiste.errors import FilterError
from modiste.taxonomy import Taxonomy
from tests.unit.catalogue.filters.drawing import any_filters, draw_items, filters

HEAD = CatalogueHead("a" * 64, "tests", 2, Taxonomy(()))
Make = Callable[..., MilvusBackend]


def fill(backend: MilvusBackend, items: list[CatalogueItem]) -> None:
    backend.remove(backend.list_ids())
    backend.put(items, np.tile(np.float32([1, 0]), (len(items), 1)))


def keepable(items: list[CatalogueItem]) -> list[CatalogueItem]:
    """Without what no catalogue takes: tags without a value, and what a bundle can't have predicted."""
    return [
        replace(item, tags=tuple(tag for tag in item.tags if tag.value and tag.origin != "predicted")) for item in items
    ]


@pytest.fixture(scope="module")
def backend(lite: object) -> MilvusBackend:
    return MilvusBackend(f"milvus://{lite}?name=filters", create=HEAD)


@pytest.mark.slow
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(items=draw_items(), asked=st.lists(filters, min_size=4, max_size=12))
def test_the_same_items_are_kept(backend: MilvusBackend, items: list[CatalogueItem], asked: list[Filter]) -> None:
    items = keepable(items)
    fill(backend, items)
    known = tabulate_items(items, fields=["gender", "colour"]).kinds()
    assert dict(backend.describe().columns) == known
    for condition in asked:
        expected = [item.item_id for item in items if matches_item(condition, item, known)]
        assert backend.list_ids(condition) == expected, str(condition)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("size = 'm' and stock > 0", ["1"]),
        ("size = 'M' and stock is missing", ["1"]),
        ("not (size = 'M' and stock > 0)", ["2", "3"]),
        ("stock = 0", ["2"]),
        ("size != 'L'", ["1", "2"]),
        ("size is missing", ["3"]),
        ("(size = 'L' or stock > 2) and price < 9", ["1"]),
    ],
)
def test_one_and_the_same_size(backend: MilvusBackend, text: str, kept: list[str]) -> None:
    variants = [(Variant("M", 3), Variant("m"), Variant("L", -1)), (Variant("M", 0),), ()]
    fill(backend, [CatalogueItem(str(i), variants=some, price=5.0) for i, some in enumerate(variants, start=1)])
    assert backend.list_ids(parse_filter(text)) == kept


@settings(deadline=None, max_examples=200)
@given(any_filters)
def test_nothing_but_a_comparison_can_be_said(asked: Filter) -> None:
    """Whatever the words and names are: outside literals there is only what the translation writes."""
    from milvus_lite.search.filter.parser import parse_expr

    kinds = {}
    for part in asked.conditions:
        number = any(isinstance(value, float) for value in part.values) or kinds.get(part.name) == "number"
        kinds[part.name] = "number" if number else "word"
    kinds |= {"size": "variant", "stock": "variant"}
    try:
        written = to_milvus(asked, kinds, fields=(), values=lambda name: [], slots=dict)
    except FilterError:
        return
    names = {node.name for node in _walk(parse_expr(written)) if type(node).__name__ == "FieldRef"}
    assert names <= {"facts", "brand", "price", "list_price", "item_id"}


def _walk(node: object) -> list:
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple | list):
            waiting += one
        elif hasattr(one, "__dataclass_fields__"):
            found.append(one)
            waiting += [getattr(one, name) for name in one.__dataclass_fields__]
    return found


@given(st.text(max_size=6), st.text(max_size=6))
def test_names_and_texts_stay_different(first: str, second: str) -> None:
    assert (encode_name(first) == encode_name(second)) == (first == second)
    assert len(encode_text(first)) == len(first)
    assert not set(encode_text(first)) & set('%_\\"\n\r')


def test_too_many_values_are_refused() -> None:
    values = functools.partial(lambda name: [f"a{number}" for number in range(10_001)])
    with pytest.raises(FilterError, match="10,001 values of shade fit"):
        to_milvus(parse_filter("shade like 'a%'"), {"shade": "words"}, fields=["shade"], values=values, slots=dict)

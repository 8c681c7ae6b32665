from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.filters import parse_filter
from modiste.catalogue.search import Query
from modiste.errors import FilterError, UsageError


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "nothing is looked for"),
        ({"item": "1", "image": "a.jpg"}, "expected one of them"),
        ({"item": "1", "vector": [1.0]}, "expected one of them"),
        ({"text": "  "}, "the text is empty"),
        ({"text": "x" * 2001}, "2,001 characters"),
        ({"text": "shirt", "box": (0, 0, 1, 1)}, "without an image"),
        ({"item": "1", "weight": 1.5}, "weight is 1.5; expected a number 0 to 1"),
        ({"item": "1", "colour_weight": -0.1}, "colour_weight"),
        ({"item": "1", "diversity": float("nan")}, "diversity"),
        ({"item": "1", "min_score": 2}, "min_score is 2; expected a number -1 to 1"),
        ({"item": "1", "k": 0}, "k is 0; expected a whole number 1 to 10,000"),
        ({"item": "1", "k": True}, "k is True"),
        ({"item": "1", "k": 2.0}, "k is 2.0"),
        ({"item": "1", "offset": -1}, "offset"),
        ({"item": "1", "facets": "brand"}, "expected names"),
        ({"vector": [0.0, 0.0]}, "points somewhere"),
        ({"vector": [[1.0]]}, "expected \\[embedding size\\]"),
        ({"vector": [1.0, float("inf")]}, "finite"),
        ({"vector": "abc"}, "no list of numbers"),
    ],
)
def test_what_contradicts_itself_is_refused(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        Query(**options)


def test_the_filter_is_parsed_when_the_query_is_made() -> None:
    assert Query(item="1", where="price <= 5").filter == parse_filter("price <= 5")
    assert Query(item="1", where=" ").filter is None
    with pytest.raises(FilterError):
        Query(item="1", where="price <=")


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=5).filter(lambda numbers: np.linalg.norm(numbers) > 1e-3))
def test_a_vector_of_any_length_is_brought_to_one(numbers: list[float]) -> None:
    vector = Query(vector=numbers).vector
    np.testing.assert_allclose(vector, np.array(numbers) / np.linalg.norm(numbers), atol=1e-6)


def test_numbers_of_numpy_are_numbers() -> None:
    assert Query(item="1", k=np.int64(3), weight=np.float32(0.5)).k == 3

"""Options that contradict each other, the smaller parts of the readers, and what inspect says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, describe_manifest
from modiste.readers.boxes import parse_box
from modiste.readers.cells import make_free_column, split_labels
from modiste.readers.identifiers import make_item_ids
from modiste.readers.opinions import decide_by_majority, decide_each_by_majority


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"separator": ""}, "the separator is empty"),
        ({"multi_fields": ("a",)}, "separator does not say at what"),
        ({"fields": ("a", "a")}, "must be non-empty and differ"),
        ({"fields": ("a",), "multi_fields": ("b",), "separator": "|"}, "multi_fields names b"),
        ({"box_columns": ("x", "y")}, "box_columns names 2 columns"),
        ({"image_column": "a", "title_column": "a"}, "column 'a' is given two parts"),
        ({"product_column": "a", "product_pattern": "(.)"}, "both say what the product is"),
        ({"product_pattern": "("}, "is not a regular expression"),
        ({"product_pattern": "a"}, "has 0 groups; expected one"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(text)):
        ReaderOptions(**options)


def test_an_id_may_name_the_product_too() -> None:
    assert ReaderOptions(id_column="sku", product_column="sku").given() == ("id_column", "product_column")


@given(st.lists(st.text("ab./", min_size=1, max_size=5), unique=True))
def test_ids_differ(names: list[str]) -> None:
    ids = make_item_ids(names)
    assert len(ids) == len(names) == len(set(ids))


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=1, max_size=5))
def test_majorities_against_counting(answers: list[list[str]]) -> None:
    expected = {value for value in "abc" if 2 * sum(value in answer for answer in answers) > len(answers)}
    assert set(decide_each_by_majority(answers)) == expected
    flat = [answer[0] for answer in answers if answer]
    counts = sorted((flat.count(value) for value in "abc"), reverse=True)
    decided = decide_by_majority(flat)
    assert (decided is None) == (counts[0] == counts[1])
    assert decided is None or flat.count(decided) == counts[0]


@pytest.mark.parametrize(
    "cells", [["1,2,3"], ["a b c d"], [1, 2, 0, 4], [1, 2, 3, float("inf")], [["1", 2]], [1, 2, None, 4]]
)
def test_boxes_that_are_none(cells: list[Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse_box(cells)


def test_boxes_may_begin_outside_the_picture() -> None:
    assert parse_box(["-5 -2 30 40"]) == [-5.0, -2.0, 30.0, 40.0]
    assert parse_box([float("nan"), None, "", "NA"]) is None


def test_labels_of_a_cell() -> None:
    assert split_labels(["a", None, "a", 3.0], None) == ["a", "3"]
    assert split_labels("a|b", None) == ["a|b"]
    assert split_labels("nan", "|") is None


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "2"], pl.Int64),
        (["007", "1"], pl.String),
        (["1.50", "-2"], pl.Float64),
        (["NA", ""], pl.String),
        ([1, None], pl.Int64),
        ([[1], [2]], pl.List(pl.Int64)),
        ([{"a": 1}, "b"], pl.String),
        (["a", 1], pl.String),
    ],
)
def test_free_columns(cells: list[Any], dtype: pl.DataType) -> None:
    assert make_free_column("meta.x", cells).dtype == dtype


def test_a_description_is_plain_and_stable() -> None:
    rows = [
        {"item_id": "1", "image": "a.zip::1.jpg", "source": "t", "label.c": ["x", "y"], "split": "train", "meta.m": 1},
        {"item_id": "2", "image": "https://a.b/2.PNG?x.gif", "source": "t", "label.c": ["x"], "box": [1.0, 2, 3, 4]},
        {"item_id": "3", "image": str(Path("pics") / "3"), "source": "t", "product_id": "1"},
    ]
    for row in rows:
        row.setdefault("product_id", row["item_id"])
    manifest = Manifest.from_rows(rows, problems=[("a", "why"), ("b", "why"), ("c", "what")])
    described = describe_manifest(manifest, source="here", examples=1)
    assert list(described) == [
        *("source", "readers", "rows", "items", "products", "fields", "splits", "pictures", "boxes", "titles"),
        *("metadata", "opinions", "problems"),
    ]
    assert (described["items"], described["products"], described["rows"], described["boxes"]) == (3, 2, None, 1)
    assert described["fields"] == [
        {
            "name": "c",
            "kind": "multi",
            "parent": None,
            "labelled": 2,
            "blank": 1,
            "values": [{"value": "x", "count": 2}, {"value": "y", "count": 1}],
        }
    ]
    assert described["splits"] == [{"split": None, "count": 2}, {"split": "train", "count": 1}]
    assert {name: described["pictures"][name] for name in ("files", "in_archives", "addresses")} == {
        "files": 1,
        "in_archives": 1,
        "addresses": 1,
    }
    assert [kind["suffix"] for kind in described["pictures"]["kinds"]] == [".jpg", ".png", ""]
    assert described["metadata"] == [{"name": "m", "type": "Int64", "filled": 1}]
    assert described["problems"] == {
        "count": 3,
        "reasons": [
            {"reason": "why", "count": 2, "examples": ["a"]},
            {"reason": "what", "count": 1, "examples": ["c"]},
        ],
    }

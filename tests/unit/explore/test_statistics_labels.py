"""Counts, gaps, hierarchies and co-occurrence against naive loops and scikit-learn."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.explore.statistics import (
    build_trees,
    count_field,
    count_gaps,
    effective_number,
    entropy,
    find_cooccurrences,
    imbalance_ratio,
    list_gap_patterns,
    list_lineages,
)
from modiste.manifest import build_taxonomy
from modiste.taxonomy import Field, Taxonomy

LABELS = st.sampled_from(["a", "b", "c", None])
SETS = st.one_of(st.none(), st.lists(st.sampled_from(["u", "v", "w", "x"]), max_size=4))


def build(single: list[str | None], multi: list[list[str] | None], other: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"label.one": single, "label.many": multi, "label.two": other},
        schema={"label.one": pl.String, "label.many": pl.List(pl.String), "label.two": pl.String},
    )


@given(st.lists(st.integers(0, 1000), max_size=30))
def test_entropy_is_that_of_a_loop(counts: list[int]) -> None:
    total = sum(counts)
    expected = -sum(count / total * math.log2(count / total) for count in counts if count)
    assert entropy(counts) == pytest.approx(expected, abs=1e-9)
    assert effective_number(counts) == pytest.approx(2**expected if total else 0.0)


def test_imbalance_ignores_values_that_never_occur() -> None:
    assert imbalance_ratio([0, 3, 12]) == 4.0
    assert imbalance_ratio([0]) is None


@given(st.lists(st.tuples(LABELS, SETS, LABELS), min_size=1, max_size=40))
def test_counts_are_those_of_a_loop(rows: list[tuple[str | None, list[str] | None, str | None]]) -> None:
    items = build(*map(list, zip(*rows, strict=True)))
    for name in ("one", "many"):
        field = build_taxonomy(items, {})[name]
        found = count_field(items, field)
        sets = [set(row[1] or ()) if name == "many" else {row[0]} - {None} for row in rows]
        counted = Counter(value for values in sets for value in values)
        assert {item.value: item.count for item in found.values} == counted
        assert [item.count for item in found.values] == sorted(counted.values(), reverse=True)
        assert found.labelled == sum(map(bool, sets)) and found.labelled + found.blank == len(rows)
        if name == "many":
            lengths = Counter(map(len, sets))
            assert found.per_item == tuple(lengths[number] for number in range(max(lengths) + 1))


@given(st.lists(st.tuples(LABELS, SETS, LABELS), min_size=1, max_size=60))
def test_cooccurrence_is_that_of_loops(rows: list[tuple[str | None, list[str] | None, str | None]]) -> None:
    items = build(*map(list, zip(*rows, strict=True)))
    for pair in find_cooccurrences(items, build_taxonomy(items, {}), listed=1000):
        columns = {"one": [{row[0]} - {None} for row in rows], "two": [{row[2]} - {None} for row in rows]}
        columns["many"] = [set(row[1] or ()) for row in rows]
        known = [(a, b) for a, b in zip(columns[pair.first], columns[pair.second], strict=True) if a and b]
        assert pair.items == len(known)
        within = pair.first == pair.second
        for down, one in enumerate(pair.rows):
            for across, other in enumerate(pair.columns):
                both = sum(one in a and other in b for a, b in known)
                expected = sum(one in a for a, _ in known) * sum(other in b for _, b in known) / len(known)
                assert pair.counts[down, across] == (0 if within and one == other else both)
                assert pair.expected[down, across] == pytest.approx(expected)
        for listed in (*pair.frequent, *pair.attracted, *pair.avoided):
            both = sum(listed.first in a and listed.second in b for a, b in known)
            assert listed.count == both and (not within or listed.first < listed.second)
            assert listed.lift == pytest.approx(both / listed.expected)
            assert listed.pmi == (pytest.approx(math.log2(listed.lift)) if both else None)
        assert all(listed.count >= 5 and listed.lift > 1 for listed in pair.attracted)
        assert all(listed.expected >= 5 and listed.lift < 1 for listed in pair.avoided)


def test_information_is_scikit_learns() -> None:
    from sklearn.metrics import normalized_mutual_info_score

    rng = np.random.default_rng(3)
    one, two = rng.integers(0, 5, 400), rng.integers(0, 4, 400)
    two = np.where(rng.random(400) < 0.5, one % 4, two)
    items = pl.DataFrame({"label.one": [f"v{at}" for at in one], "label.two": [f"w{at}" for at in two]})
    (pair,) = find_cooccurrences(items, build_taxonomy(items, {}))
    assert pair.information == pytest.approx(normalized_mutual_info_score(one, two))


def test_many_items_are_counted_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    items = build([None] * 500, [[f"v{at}" for at in rng.integers(0, 9, 4)] for _ in range(500)], [None] * 500)
    (whole,) = find_cooccurrences(items, build_taxonomy(items, {}))
    monkeypatch.setattr("modiste.explore.statistics.cooccurrence._CHUNK", 7)
    (chunked,) = find_cooccurrences(items, build_taxonomy(items, {}))
    assert (whole.counts == chunked.counts).all() and whole.frequent == chunked.frequent


def test_gaps_count_nulls_blanks_and_empty_lists() -> None:
    items = pl.DataFrame(
        {
            "title": ["", " ", None, "x"],
            "split": [None] * 4,
            "label.many": [[], None, ["a"], ["a"]],
            "label.one": [None, None, "b", "b"],
            "meta.price": [1, None, 2, 3],
        },
        schema_overrides={"split": pl.String},
    )
    taxonomy = Taxonomy((Field("many", "multi", ("a",)), Field("one", "single", ("b",))))
    missing = {column.name: (column.kind, column.missing, column.filled) for column in count_gaps(items, taxonomy)}
    assert missing == {
        "many": ("field", 2, 2),
        "one": ("field", 2, 2),
        "split": ("column", 4, 0),
        "title": ("column", 3, 1),
        "price": ("column", 1, 3),
    }
    assert {pattern.fields: pattern.count for pattern in list_gap_patterns(items, taxonomy)} == {
        (): 2,
        ("many", "one"): 2,
    }
    assert list_gap_patterns(items, Taxonomy(())) == ()


def test_trees_nest_and_tell_of_values_with_several_parents() -> None:
    rows = [("A", "s", "1")] * 3 + [("A", "t", "2")] * 4 + [("B", "s", "3")] + [("B", None, None)]
    items = pl.DataFrame(rows, schema=["label.top", "label.mid", "label.low"], orient="row")
    taxonomy = build_taxonomy(items, {"mid": "top", "low": "mid"})
    assert list_lineages(taxonomy) == [("top", "mid", "low")]
    (tree,) = build_trees(items, taxonomy)
    assert [(node.value, node.count) for node in tree.roots] == [("A", 7), ("B", 2)]
    assert [(node.value, node.count) for node in tree.roots[0].children] == [("t", 4), ("s", 3)]
    assert tree.roots[1].children[0].children[0].value == "3"
    assert [(item.field, item.value, item.parents) for item in tree.shared] == [("mid", "s", (("A", 3), ("B", 1)))]


def test_two_children_of_one_field_make_two_trees() -> None:
    items = pl.DataFrame({"label.a": ["x"], "label.b": ["y"], "label.c": ["z"]})
    trees = build_trees(items, build_taxonomy(items, {"b": "a", "c": "a"}))
    assert [tree.fields for tree in trees] == [("a", "b"), ("a", "c")]

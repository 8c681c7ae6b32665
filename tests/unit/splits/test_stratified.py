"""Exact shares: totals, cells, and what scikit-learn's folds promise."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from modiste.bench.splitting import PUBLISHED_CLASSES, PUBLISHED_PARTS, SHARES
from modiste.splits import make_equal_shares, make_proportional_parts, make_stratified_parts, parse_shares
from modiste.splits.apportion import apportion, round_table
from modiste.splits.hashing import hash_id, order_ids

SIZES = st.lists(st.integers(0, 40), min_size=1, max_size=8)
WEIGHTS = st.lists(st.integers(1, 9), min_size=2, max_size=5)


def list_strata(sizes: list[int]) -> list[str]:
    return [f"class {number}" for number, size in enumerate(sizes) for _ in range(size)]


def make_shares(weights: list[int]) -> dict[str, float]:
    return {f"part {number}": weight / sum(weights) for number, weight in enumerate(weights)}


@given(SIZES, WEIGHTS, st.integers(0, 9))
def test_every_part_has_its_share_of_each_class_and_of_all(sizes: list[int], weights: list[int], seed: int) -> None:
    strata, shares = list_strata(sizes), make_shares(weights)
    parts = make_proportional_parts([str(row) for row in range(len(strata))], strata, shares, seed=seed)
    seen = Counter(zip(strata, parts, strict=True))
    for number, size in enumerate(sizes):
        for part, share in shares.items():
            assert abs(seen[f"class {number}", part] - share * size) < 1
    assert all(abs(parts.count(part) - share * len(strata)) < 1 for part, share in shares.items())


@given(SIZES, st.integers(0, 9), st.randoms())
def test_parts_follow_the_ids_and_not_their_order(sizes: list[int], seed: int, random) -> None:
    strata = list_strata(sizes)
    items = [(str(row), stratum) for row, stratum in enumerate(strata)]
    shares = make_shares([7, 1, 2])
    parts = dict(
        zip(map(str, range(len(strata))), make_proportional_parts(*_unzip(items), shares, seed=seed), strict=True)
    )
    random.shuffle(items)
    again = make_proportional_parts(*_unzip(items), shares, seed=seed)
    assert again == [parts[item] for item, _ in items]


def _unzip(items: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [item for item, _ in items], [stratum for _, stratum in items]


def test_the_published_split_of_s2_comes_out() -> None:
    strata = [name for name, count in PUBLISHED_CLASSES.items() for _ in range(count)]
    parts = make_proportional_parts([str(row) for row in range(len(strata))], strata, SHARES, seed=1)
    assert Counter(parts) == PUBLISHED_PARTS
    control = Counter(stratum for stratum, part in zip(strata, parts, strict=True) if part == "control")
    published = {"Accessories": 1129, "Apparel": 2140, "Footwear": 923, "Free Items": 13, "Personal Care": 240}
    assert all(abs(control[name] - count) <= 1 for name, count in published.items())


@settings(max_examples=30)
@given(st.lists(st.integers(5, 30), min_size=2, max_size=5), st.integers(2, 5))
def test_folds_are_as_even_as_those_of_scikit_learn(sizes: list[int], folds: int) -> None:
    strata = list_strata(sizes)
    parts = np.array(
        make_proportional_parts(list(map(str, range(len(strata)))), strata, make_equal_shares("", folds), seed=0)
    )
    theirs = np.empty(len(strata), dtype=int)
    for number, (_, test) in enumerate(StratifiedKFold(folds).split(strata, strata)):
        theirs[test] = number
    for name in set(strata):
        chosen = np.array(strata) == name
        ours = np.bincount(parts[chosen].astype(int) - 1, minlength=folds)
        assert np.ptp(ours) <= 1
        assert np.ptp(ours) <= max(np.ptp(np.bincount(theirs[chosen], minlength=folds)), 1)
    assert np.ptp(np.bincount(parts.astype(int) - 1, minlength=folds)) <= 1


@given(st.integers(0, 500), WEIGHTS)
def test_a_total_is_divided_whole(total: int, weights: list[int]) -> None:
    shares = np.array(weights) / sum(weights)
    found = apportion(total, shares.tolist())
    assert found.sum() == total
    assert (np.abs(found - total * shares) < 1).all()


def test_a_table_needs_an_augmenting_path() -> None:
    # Rows 0 and 1 would both take the first column, of which only one may; row 2 has no other.
    wanted = np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5]])
    for columns in ([3, 1, 1], [2, 2, 1], [4, 0, 1]):
        table = round_table(wanted, np.array([1, 1, 1, 1, 1]), np.array(columns))
        assert table.sum(axis=1).tolist() == [1] * 5
        assert (np.abs(table - wanted) < 1).all()
        if columns != [4, 0, 1]:
            assert table.sum(axis=0).tolist() == columns


@given(st.lists(st.text(), max_size=20), st.integers(0, 5))
def test_numbers_of_ids_sort_as_their_hashes(ids: list[str], seed: int) -> None:
    assert [f"{number:016x}" for number in order_ids(ids, seed=seed)] == [
        hash_id(item, salt=f"{seed}:") for item in ids
    ]


@given(
    st.lists(
        st.tuples(st.text(max_size=3), st.sampled_from([None, "a", "b"])), unique_by=lambda row: row[0], max_size=30
    )
)
def test_independent_shares_are_those_of_a_plain_loop(rows: list[tuple[str, str | None]]) -> None:
    ids, strata = [row[0] for row in rows], [row[1] for row in rows]
    expected: list[str | None] = [None] * len(ids)
    for stratum in set(strata):
        places = [place for place, other in enumerate(strata) if other == stratum]
        places.sort(key=lambda place: hash_id(ids[place], salt="3:"))
        first, reached = 0, 0.0
        for part, share in {"test": 0.3, "validation": 0.2}.items():
            reached += share
            last = int(reached * len(places) + 0.5)
            for place in places[first:last]:
                expected[place] = part
            first = last
    assert make_stratified_parts(ids, strata, {"test": 0.3, "validation": 0.2}, seed=3) == expected


@pytest.mark.parametrize("text", ["", "train", "train=0.5", "train=0.5,train=0.5", "a=x,b=1", "a=1.5,b=-0.5", "a b=1"])
def test_shares_that_make_no_sense_are_refused(text: str) -> None:
    from modiste.errors import UsageError

    with pytest.raises(UsageError, match=r"Type such as train=0\.7"):
        parse_shares(text)


def test_ids_and_strata_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="2 ids and 1 strata"):
        make_proportional_parts(["a", "b"], ["x"], {"all": 1.0}, seed=0)


def test_one_fold_is_none() -> None:
    from modiste.errors import UsageError

    with pytest.raises(UsageError, match="expected 2 or more"):
        make_equal_shares("fold-", 1)

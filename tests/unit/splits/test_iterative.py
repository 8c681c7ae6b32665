"""Many labels at once: within the tolerance, and the dealing out of Sechidis et al. step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from modiste.bench.splitting import SHARES, measure_shares
from modiste.splits import find_tolerance, make_iterative_parts
from modiste.splits.hashing import order_ids
from modiste.splits.iterative import add_label_pairs, divide_units
from modiste.splits.repair import repair_parts
from modiste.splits.units import build_units


def make_table(count: int, labels: int, seed: int) -> NDArray[np.bool_]:
    """Labels that are rare and common, some of which go together."""
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.02, 0.4, labels)
    table = rng.random((count, labels)) < rates
    table[:, 1:] |= table[:, :-1] & (rng.random((count, labels - 1)) < rng.uniform(0, 0.6, labels - 1))
    return table


def deal_naively(table: NDArray[np.bool_], order: NDArray[np.int64], shares: list[float]) -> list[int]:
    """Algorithm 1 of Sechidis et al. 2011, as it stands there; draws are by the place in the order."""
    parts = [-1] * len(table)
    lacking = [[share * table[:, label].sum() for share in shares] for label in range(table.shape[1])]
    room = [share * len(table) for share in shares]

    def choose(wanted: list[float], place: int) -> int:
        best = [part for part in range(len(shares)) if wanted[part] >= max(wanted) - 1e-9]
        widest = max(room[part] for part in best)
        best = [part for part in best if room[part] >= widest - 1e-9]
        return best[place % len(best)]

    def deal(place: int, part: int) -> None:
        row = order[place]
        parts[row] = part
        room[part] -= 1
        for label in np.flatnonzero(table[row]):
            lacking[label][part] -= 1

    while True:
        left = [sum(parts[row] < 0 for row in np.flatnonzero(table[:, label])) for label in range(table.shape[1])]
        if not any(left):
            break
        label = min((count, label) for label, count in enumerate(left) if count)[1]
        for place, row in enumerate(order):
            if parts[row] < 0 and table[row, label]:
                deal(place, choose(lacking[label], place))
    for place, row in enumerate(order):
        if parts[row] < 0:
            deal(place, choose(room, place))
    return parts


@settings(max_examples=25)
@given(st.integers(1, 80), st.integers(1, 8), st.integers(0, 99))
def test_dealing_out_is_the_published_algorithm(count: int, labels: int, seed: int) -> None:
    table = make_table(count, labels, seed)
    ids = [f"item {row}" for row in range(count)]
    units = build_units(ids, *np.nonzero(table), labels, seed=seed)
    shares = np.array([*SHARES.values()])
    found = divide_units(units, shares)[units.unit_of_item]
    order = np.argsort(order_ids(ids, seed=seed))
    assert found.tolist() == deal_naively(table, order, shares.tolist())


@settings(max_examples=25)
@given(st.integers(300, 900), st.integers(2, 30), st.integers(0, 999), st.booleans())
def test_labels_of_at_least_20_keep_their_shares(count: int, labels: int, seed: int, pairs: bool) -> None:
    rows, columns = np.nonzero(make_table(count, labels, seed))
    ids = [str(row) for row in range(count)]
    parts = make_iterative_parts(ids, rows, columns, SHARES, seed=seed, pairs=pairs)
    seen, wanted = measure_shares(rows, columns, parts, SHARES)
    often = wanted.sum(axis=1) >= 20
    assert (np.abs(seen - wanted)[often] <= find_tolerance(wanted[often]) + 1e-6).all()
    for name, share in SHARES.items():
        assert abs(parts.count(name) - share * count) <= max(1, 0.02 * share * count) + 1e-6


@settings(max_examples=20)
@given(st.integers(2, 60), st.integers(0, 99), st.randoms())
def test_the_order_of_items_does_not_matter(count: int, seed: int, random) -> None:
    table = make_table(count, 5, seed)
    places = list(range(count))
    ids = [f"item {row}" for row in places]
    parts = make_iterative_parts(ids, *np.nonzero(table), SHARES, seed=seed, groups=np.array(places) // 2)
    random.shuffle(places)
    groups = np.array(places) // 2
    again = make_iterative_parts(
        [ids[row] for row in places], *np.nonzero(table[places]), SHARES, seed=seed, groups=groups
    )
    assert again == [parts[row] for row in places]


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 99))
def test_groups_stay_together(count: int, many: int, seed: int) -> None:
    table = make_table(count, 4, seed)
    groups = np.random.default_rng(seed).integers(0, many, count)
    parts = make_iterative_parts(
        [str(row) for row in range(count)], *np.nonzero(table), SHARES, seed=seed, groups=groups
    )
    assert all(len({parts[row] for row in np.flatnonzero(groups == group)}) == 1 for group in np.unique(groups))


@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 99))
def test_pairs_are_those_of_a_plain_loop(count: int, labels: int, seed: int) -> None:
    table = make_table(count, labels, seed)
    units = build_units([str(row) for row in range(count)], *np.nonzero(table), labels, seed=0)
    wide = add_label_pairs(units)
    expected = [
        int((table[:, first] & table[:, second]).sum())
        for first in range(labels)
        for second in range(first + 1, labels)
    ]
    assert sorted(wide.totals[labels:].tolist()) == sorted(count for count in expected if count)
    assert wide.totals[:labels].tolist() == table.sum(axis=0).tolist()


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 99))
def test_repair_never_makes_it_worse_and_counts_right(count: int, labels: int, seed: int) -> None:
    table = make_table(count, labels, seed)
    units = build_units([str(row) for row in range(count)], *np.nonzero(table), labels, seed=seed)
    shares = np.array([0.5, 0.3, 0.2])
    before = np.random.default_rng(seed).integers(0, 3, count)
    after = repair_parts(units, before, shares)

    def measure(parts: NDArray[np.int64]) -> float:
        own = np.column_stack(
            [table[np.argsort(order_ids([str(row) for row in range(count)], seed=seed))], np.ones(count)]
        )
        seen = np.stack([own[parts == part].sum(axis=0) for part in range(3)], axis=1)
        wanted = own.sum(axis=0)[:, None] * shares
        tolerance = find_tolerance(wanted)
        tolerance[-1] = find_tolerance(wanted[-1], 0.02)
        distance = np.abs(seen - wanted)
        excess = np.maximum(distance - tolerance, 0)
        return float((excess + excess**2 + 1e-4 * distance**2 / tolerance).sum())

    assert measure(after) <= measure(before) + 1e-9


def test_without_any_label_the_sizes_are_kept() -> None:
    nothing = np.empty(0, dtype=np.int64)
    parts = make_iterative_parts([str(row) for row in range(100)], nothing, nothing, SHARES, seed=0)
    assert [parts.count(name) for name in SHARES] == [70, 10, 10, 10]


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        make_iterative_parts(["a"], np.array([0]), np.array([0]), {"train": 0.5}, seed=0)

"""Orders that the seed and the epoch decide, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("torch")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modiste.training.samplers import EpochBatches, balance_items, take_fraction, take_rarest

OWNER = np.array([0, 1, 2, 3, 4, 0, 0, 2])


def draw(epoch: int = 0, owner: np.ndarray = OWNER, items: int = 5, **options: object) -> list[list[int]]:
    given = {"batch_size": 2, "seed": 7, "epoch": epoch} | options
    return list(EpochBatches(owner, np.arange(items), **given))  # type: ignore[arg-type]


def test_every_item_once_and_no_short_batch() -> None:
    batches = draw(batch_size=5)
    assert sorted(OWNER[batches[0]]) == [0, 1, 2, 3, 4]
    assert [len(batch) for batch in draw()] == [2, 2]


def test_the_epoch_decides_the_order() -> None:
    assert draw(0) == draw(0)
    assert len({str(draw(epoch)) for epoch in range(5)}) == 5


def test_each_picture_of_an_item_is_seen_in_time() -> None:
    seen = {picture for epoch in range(60) for batch in draw(epoch, batch_size=5) for picture in batch}
    assert seen == set(range(len(OWNER)))


def test_pictures_without_an_owner_are_never_drawn() -> None:
    owner = OWNER.copy()
    owner[[0, 4]] = -1  # item 0 has two others, item 4 has none
    for epoch in range(20):
        drawn = [picture for batch in draw(epoch, owner, batch_size=4) for picture in batch]
        assert sorted(owner[drawn]) == [0, 1, 2, 3]
        assert not {0, 4} & set(drawn)


def test_more_items_than_a_batch_are_not_needed() -> None:
    assert [len(batch) for batch in draw(batch_size=64)] == [5]


@pytest.mark.parametrize(("power", "rare"), [(1.0, 0.5), (0.0, 0.1)])
def test_balanced_items_follow_their_power(power: float, rare: float) -> None:
    targets = np.zeros((1000, 2), dtype=np.uint8)
    targets[:900, 0] = 1
    targets[900:, 1] = 1
    weights = balance_items(targets, power=power)
    batches = EpochBatches(np.arange(1000), np.arange(1000), batch_size=1000, seed=0, epoch=0, weights=weights)
    assert np.mean(np.array(list(batches)) >= 900) == pytest.approx(rare, abs=0.05)


def test_an_item_without_a_value_counts_as_the_commonest() -> None:
    weights = balance_items(np.array([[1, 0], [1, 0], [0, 1], [0, 0]], dtype=np.uint8), power=1.0)
    assert weights[3] == weights[0]


def test_a_larger_fraction_contains_a_smaller_one() -> None:
    small, large = (set(take_fraction(100, share, seed=3).tolist()) for share in (0.2, 0.7))
    assert (len(small), len(large)) == (20, 70)
    assert small < large
    assert take_fraction(100, 1.0, seed=3).tolist() == list(range(100))


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_every_value_is_as_frequent_as_the_rarest(labels: list[int], seed: int, epoch: int) -> None:
    targets = (np.array(labels)[:, None] == np.arange(4)).astype(np.uint8)
    chosen = take_rarest(targets, np.arange(len(labels)), seed=seed, epoch=epoch)
    counts = Counter(label for label in labels if label >= 0)
    assert Counter(labels[row] for row in chosen) == dict.fromkeys(counts, min(counts.values(), default=0))
    assert len(set(chosen.tolist())) == len(chosen)
    again = take_rarest(targets, np.arange(len(labels)), seed=seed, epoch=epoch)
    assert again.tolist() == chosen.tolist()


def test_every_epoch_takes_others_of_the_common_values() -> None:
    targets = np.zeros((100, 2), dtype=np.uint8)
    targets[:90, 0] = targets[90:, 1] = 1
    epochs = [set(take_rarest(targets, np.arange(100), seed=1, epoch=epoch).tolist()) for epoch in range(2)]
    assert epochs[0] != epochs[1]
    assert all(set(range(90, 100)) <= epoch for epoch in epochs)

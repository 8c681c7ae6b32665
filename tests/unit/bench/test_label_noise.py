"""Planted label errors: planted as said, found where the system is good, and told where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench.label_noise import _explain, _show, find_planted, plant_noise
from modiste.evaluation import SingleAnswers
from modiste.explore.judged.label_errors import find_label_errors
from modiste.taxonomy import Field

VALUES = ("a", "b", "c", "d")


def answer(accuracy: float, rows: int = 1500, seed: int = 0) -> SingleAnswers:
    """A system that is right so often, and less sure where it is wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=rows, p=[0.55, 0.25, 0.15, 0.05])
    right = rng.random(rows) < accuracy
    said = np.where(right, truth, (truth + rng.integers(1, 4, rows)) % 4)
    sure = np.where(right, rng.uniform(0.7, 0.99, rows), rng.uniform(0.4, 0.8, rows))
    scores = np.repeat((1 - sure)[:, None] / 3, 4, axis=1)
    scores[np.arange(rows), said] = sure
    return SingleAnswers(Field("hue", "single", VALUES), truth, said, scores.astype(np.float32))


@pytest.mark.parametrize("seed", range(20))
def test_planted_labels_are_other_values_that_occur(seed: int) -> None:
    labels = np.random.default_rng(seed).choice([1, 4, 7], size=200)
    noisy, planted = plant_noise(labels, seed=seed)
    assert planted.sum() == 20
    assert (noisy[planted] != labels[planted]).all() and (noisy[~planted] == labels[~planted]).all()
    assert set(noisy) <= {1, 4, 7}
    again, _ = plant_noise(labels, seed=seed)
    np.testing.assert_array_equal(noisy, again)


def test_each_other_value_is_equally_likely() -> None:
    noisy, planted = plant_noise(np.zeros(60_000, np.int64) + np.repeat([0, 1, 2], [59_000, 500, 500]), seed=1)
    moved = noisy[:59_000][planted[:59_000]]
    assert np.bincount(moved, minlength=3)[1:] == pytest.approx([len(moved) / 2] * 2, rel=0.06)


def test_a_good_system_finds_them_among_the_first_cards() -> None:
    """The floor: with one label of ten wrong, at least eight of ten of the first hundred cards are planted."""
    found = find_planted(answer(0.93))
    assert found.precision.value >= 0.8
    assert (found.rows, found.classes) == (1500, 4)
    assert found.accuracy == pytest.approx(0.93, abs=0.02)
    assert 0 < found.before < found.listed


def test_a_system_that_is_seldom_right_finds_few() -> None:
    found = find_planted(answer(0.25), seeds=4)
    assert found.precision.value < 0.5
    assert found.before > 500


def test_precision_is_that_of_a_loop() -> None:
    told = answer(0.8, rows=400)
    found = find_planted(told, seeds=3, first=15)
    shares = []
    for seed in range(3):
        noisy, planted = plant_noise(told.truth, seed=seed)
        cards = find_label_errors(SingleAnswers(told.field, noisy, told.answer, told.scores))[:15]
        shares.append(sum(bool(planted[row]) for row, _ in cards) / len(cards))
        assert all(noisy[row] != expected for row, expected in cards)
    assert found.precision.value == pytest.approx(np.mean(shares))


def test_the_table_says_what_limits_it() -> None:
    found = [find_planted(answer(accuracy, rows=400), seeds=2, first=20) for accuracy in (0.95, 0.6)]
    assert "| any order" in _show(found).text
    assert f"{found[1].before} of 400" in _explain(found).text

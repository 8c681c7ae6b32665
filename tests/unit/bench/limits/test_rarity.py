"""Rare classes: bins, shares and solved macro-F1, against loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from modiste.bench.limits.rarity import list_bins, measure_shortfall
from modiste.evaluation import SingleAnswers
from modiste.taxonomy import Field

TRAINING = np.array([5, 20, 2000, 15, 0])
GROUPS = np.arange(400)


def answer(seed: int = 0) -> SingleAnswers:
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=400, p=[0.05, 0.1, 0.75, 0.1])
    said = np.where(rng.random(400) < 0.7, truth, rng.integers(5, size=400))
    return SingleAnswers(Field("x", "single", tuple("abcde")), truth, said, np.zeros((400, 5), np.float32))


def score(truth: np.ndarray, said: np.ndarray, classes: list[int]) -> float:
    return float(f1_score(truth, said, labels=classes, average="macro", zero_division=0))


def test_bins_are_those_of_a_loop_and_their_shares_add_up() -> None:
    told = answer()
    bins = list(list_bins(told, TRAINING, GROUPS))
    assert [(item.least, item.most, item.classes) for item in bins] == [(0, 9, 1), (10, 29, 2), (1000, None, 1)]
    assert sum(item.rows for item in bins) == 400
    assert sum(item.errors for item in bins) == pytest.approx(1)
    assert sum(item.missing for item in bins) == pytest.approx(1)
    rare = [row for row in range(400) if TRAINING[told.truth[row]] < 10]
    assert bins[0].rows == len(rare)
    assert bins[0].accuracy.value == pytest.approx(np.mean([told.truth[row] == told.answer[row] for row in rare]))
    assert bins[0].missing == pytest.approx(
        (1 - score(told.truth, told.answer, [0])) / 4 / (1 - score(told.truth, told.answer, [0, 1, 2, 3]))
    )


def test_solved_and_left_out_classes_are_scikit_learns() -> None:
    told = answer(1)
    found = measure_shortfall(told, TRAINING, GROUPS, replicates=20)
    solved = np.where(TRAINING[told.truth] < 30, told.truth, told.answer)
    assert found.now.value == pytest.approx(score(told.truth, told.answer, [0, 1, 2, 3]))
    assert found.right[30] == pytest.approx(score(told.truth, solved, [0, 1, 2, 3]))
    assert found.without[10] == pytest.approx(score(told.truth, told.answer, [1, 2, 3]))
    assert found.without[30] == pytest.approx(score(told.truth, told.answer, [2]))


def test_a_field_without_errors_lacks_nothing() -> None:
    told = answer()
    perfect = SingleAnswers(told.field, told.truth, told.truth, told.scores)
    assert all(item.errors == item.missing == 0 for item in list_bins(perfect, TRAINING, GROUPS))

"""Majorities by key, information and priors, against loops, scikit-learn and a planted dependence."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from modiste.bench.limits.launches import answer_by_key, blend_prior, measure_information


def test_majorities_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    keys = [None if key == 0 else str(key) for key in rng.integers(8, size=300)]
    labels = rng.integers(-1, 3, size=300)
    found = answer_by_key(keys, labels, [*map(str, range(10))])
    for asked in range(10):
        own = Counter(int(label) for key, label in zip(keys, labels, strict=True) if key == str(asked) and label >= 0)
        if own:
            assert own[int(found[asked])] == max(own.values())
        else:
            assert found[asked] == -1


def test_rows_without_a_key_are_not_answered() -> None:
    assert answer_by_key([None, "a"], np.array([1, 0]), [None, "a"]).tolist() == [-1, 0]


def test_information_is_scikit_learns_in_bits() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(4, size=500)
    second = np.where(rng.random(500) < 0.6, first, rng.integers(10, 16, size=500))
    entropy, told = measure_information(first, second)
    assert told == pytest.approx(mutual_info_score(first, second) / np.log(2))
    assert entropy == pytest.approx(mutual_info_score(first, first) / np.log(2))


def test_a_key_that_decides_the_label_outweighs_vague_scores() -> None:
    labels, keys = np.array([0] * 50 + [1] * 50), np.array([3] * 50 + [4] * 50)
    scores = np.array([[0.45, 0.55], [0.55, 0.45], [0.45, 0.55]], np.float32)
    assert blend_prior(scores, labels, keys, np.array([3, 4, 4])).tolist() == [0, 1, 1]


def test_a_key_that_nobody_has_changes_nothing() -> None:
    labels, keys = np.array([0, 0, 0, 1]), np.array([1, 1, 2, 2])
    scores = np.array([[0.6, 0.4]], np.float32)
    assert blend_prior(scores, labels, np.zeros_like(keys), np.array([0])).tolist() == [0]


def test_blending_is_bayes_rule() -> None:
    rng = np.random.default_rng(3)
    labels, keys, asked = rng.integers(3, size=200), rng.integers(4, size=200), rng.integers(4, size=20)
    scores = rng.dirichlet(np.ones(3), size=20).astype(np.float32)
    found = blend_prior(scores, labels, keys, asked)
    for row in range(20):
        own = []
        for label in range(3):
            among = ((labels == label) & (keys == asked[row])).sum() + 1
            total = (keys == asked[row]).sum() + 3
            everywhere = ((labels == label).sum() + 4) / (200 + 12)
            own.append(scores[row, label] * among / total / everywhere)
        assert found[row] == int(np.argmax(own))

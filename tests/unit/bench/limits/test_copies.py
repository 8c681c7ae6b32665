"""Labels of the same picture: pairs and bounds, against loops, planted noise and the formula of two people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from modiste.bench.limits.copies import bound_accuracy, list_equal, measure_disagreement, split_by_title


@pytest.mark.parametrize("error", [0.0, 0.02, 0.1, 0.3, 0.5])
def test_two_people_of_equal_error_are_found_again(error: float) -> None:
    _, high = bound_accuracy(2 * error * (1 - error), 2)
    assert high == pytest.approx(1 - error)


@pytest.mark.parametrize("classes", [2, 4, 46])
def test_the_best_rule_lies_between_the_bounds(classes: int) -> None:
    """Chances of labels drawn at random: their Bayes accuracy is known, and so is how often two draws differ."""
    chances = np.random.default_rng(classes).dirichlet(np.full(classes, 0.1), size=500)
    best = chances.max(axis=1).mean()
    disagreement = 1 - np.square(chances).sum(axis=1).mean()
    low, high = bound_accuracy(float(disagreement), classes)
    assert low <= best <= high


def test_the_higher_bound_is_reached_by_errors_that_are_alike_everywhere() -> None:
    error, classes = 0.24, 5
    chances = np.array([1 - error, *[error / (classes - 1)] * (classes - 1)])
    _, high = bound_accuracy(1 - float(np.square(chances).sum()), classes)
    assert high == pytest.approx(1 - error)


def test_guessing_is_never_below_one_of_the_classes() -> None:
    assert bound_accuracy(1.0, 4)[1] == pytest.approx(0.25)


def test_equal_keys_are_paired_as_a_loop_pairs_them() -> None:
    keys = [str(key) for key in np.random.default_rng(0).integers(30, size=80)]
    expected = [pair for pair in combinations(range(80), 2) if keys[pair[0]] == keys[pair[1]]]
    assert sorted(map(tuple, list_equal(keys).tolist())) == expected
    assert list_equal(["a", "b"]).shape == (0, 2)


def test_pairs_of_one_title_are_left_out() -> None:
    kept = split_by_title(np.array([[0, 1], [0, 2]]), np.array([7, 7, 8]))
    assert kept.tolist() == [[0, 2]]


def test_disagreement_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(1)
    keys, labels = [str(key) for key in rng.integers(40, size=100)], rng.integers(-1, 3, size=100)
    groups = np.arange(100)
    found = measure_disagreement(list_equal(keys), labels, groups, classes=3, replicates=20)
    shares = []
    for row in range(100):
        others = [other for other in range(100) if other != row and keys[other] == keys[row] and labels[other] >= 0]
        if labels[row] >= 0 and others:
            shares.append(np.mean([labels[other] != labels[row] for other in others]))
    assert found is not None
    assert found.rate.value == pytest.approx(np.mean(shares))
    assert found.rows == len(shares)


def test_planted_noise_gives_its_ceiling_back() -> None:
    """5,000 pictures, each twice; each label is wrong in 6 % of the cases: nothing can be right more often than .94."""
    rng = np.random.default_rng(2)
    truth = np.repeat(rng.integers(4, size=5000), 2)
    labels = np.where(rng.random(10_000) < 0.06, (truth + rng.integers(1, 4, 10_000)) % 4, truth)
    pairs = np.arange(10_000).reshape(-1, 2)
    found = measure_disagreement(pairs, labels, np.repeat(np.arange(5000), 2), classes=4, replicates=50)
    assert found is not None
    assert found.high.value == pytest.approx(0.94, abs=0.006)
    assert found.low < found.high.low < 0.94 < found.high.high


def test_without_labelled_pairs_there_is_nothing_to_tell() -> None:
    assert measure_disagreement(np.array([[0, 1]]), np.array([-1, 1]), np.arange(2), classes=2) is None

"""Heads: the same as scikit-learn's, unknown rows left out, the decay that generalises is chosen."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from modiste.training.adapting.choosing import choose_head, score_loss
from modiste.training.adapting.heads import (
    LinearHead,
    fit_head,
    fold_scaling,
    measure_scaling,
    weigh_rows,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def draw_problem(rows=240, width=12, values=3, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, width)).astype(np.float32)
    truth = (features @ rng.normal(size=(width, values)) + rng.normal(size=(rows, values))).argmax(axis=1)
    return features, np.eye(values, dtype=np.uint8)[truth]


@pytest.mark.parametrize("weights", ["none", "inverse"])
def test_a_single_head_is_scikit_learns(weights):
    features, targets = draw_problem()
    decay, counts = 0.05, weigh_rows(targets, "single", weights)
    head = fit_head(features, targets, "single", decay=decay, weights=counts)
    reference = LogisticRegression(C=1 / (decay * len(features)), max_iter=500, tol=1e-8)
    reference.fit(features, targets.argmax(axis=1), sample_weight=counts)
    np.testing.assert_allclose(head.weight - head.weight.mean(axis=0), reference.coef_, atol=2e-3)


def test_a_multi_head_is_a_logistic_regression_a_value():
    features, _ = draw_problem()
    targets = np.stack([features[:, 0] > 0.2, features[:, 1] + features[:, 2] > 0], axis=1).astype(np.uint8)
    head = fit_head(features, targets, "multi", decay=0.1)
    for column in range(2):
        reference = LogisticRegression(C=1 / (0.1 * len(features)), max_iter=500, tol=1e-8)
        reference.fit(features, targets[:, column])
        np.testing.assert_allclose(head.weight[column], reference.coef_[0], atol=2e-3)


def test_weighted_rows_make_values_count_alike():
    targets = np.eye(2, dtype=np.uint8)[[0] * 9 + [1]]
    counts = weigh_rows(targets, "single", "inverse")
    assert counts[:9].sum() == pytest.approx(counts[9])
    assert counts.mean() == pytest.approx(1)
    assert weigh_rows(targets, "multi", "inverse").tolist() == [1.0] * 10


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), width=st.integers(1, 6))
def test_a_folded_head_says_the_same_of_features_as_they_are(seed, width):
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(9, width)) * 3 + 2).astype(np.float32)
    features[:, 0] = 4  # one that never changes
    scaling = measure_scaling(features)
    head = LinearHead(rng.normal(size=(2, width)).astype(np.float32), rng.normal(size=2).astype(np.float32))
    folded = fold_scaling(head, scaling).apply(features)
    np.testing.assert_allclose(folded, head.apply(scaling.apply(features)), atol=1e-4)


def test_the_decay_fits_the_noise_and_no_row_answers_itself():
    rng = np.random.default_rng(1)
    features, noise = rng.normal(size=(120, 60)).astype(np.float32), rng.integers(0, 2, 120)
    chosen = choose_head(features, np.eye(2, dtype=np.uint8)[noise], np.arange(120) % 4, "single")
    assert chosen.decay == max(chosen.losses)  # nothing to learn: the simplest
    assert np.mean(chosen.logits.argmax(axis=1) == noise) < 0.65
    easy, targets = draw_problem(values=2)
    learnt = choose_head(easy, targets, np.arange(240) % 4, "single")
    assert learnt.decay < chosen.decay
    assert np.mean(learnt.logits.argmax(axis=1) == targets.argmax(axis=1)) > 0.8


def test_the_loss_is_that_of_a_naive_loop():
    targets = np.array([[1, 0], [0, 1], [1, 1]], np.uint8)
    logits = np.array([[3.0, -1.0], [-2.0, 1.0], [0.5, -4.0]], np.float32)

    def lose(temperature):
        chances = 1 / (1 + np.exp(-logits / temperature))
        return -np.log(np.where(targets > 0, chances, 1 - chances)).sum(axis=1).mean()

    best = min(lose(temperature) for temperature in np.geomspace(0.02, 50, 4000))
    assert score_loss(logits, targets, "multi") == pytest.approx(best, abs=1e-4)

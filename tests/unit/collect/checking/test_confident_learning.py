"""Confident learning against naive loops; out-of-sample predictions that are out of sample."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from modiste.collect.checking.confident_learning import (
    count_confident_joint,
    find_suspects,
    self_confidence_thresholds,
)
from modiste.collect.checking.probabilities import FoldedClassifier, assign_folds, predict_out_of_sample


def draw_case(seed: int, rows: int = 40, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(-1, classes, rows), rng.dirichlet(np.ones(classes) / 2, rows)


@given(st.integers(0, 10_000))
def test_the_joint_is_that_of_a_loop(seed: int) -> None:
    labels, chances = draw_case(seed)
    thresholds = [
        np.mean([chances[row, c] for row in range(len(labels)) if labels[row] == c] or [np.inf]) for c in range(4)
    ]
    joint = np.zeros((4, 4), int)
    for row, label in enumerate(labels):
        reached = [c for c in range(4) if chances[row, c] >= thresholds[c]]
        if label >= 0 and reached:
            joint[label, max(reached, key=lambda c: chances[row, c])] += 1
    np.testing.assert_allclose(self_confidence_thresholds(labels, chances), thresholds)
    assert count_confident_joint(labels, chances).tolist() == joint.tolist()


@given(st.integers(0, 10_000))
def test_suspects_hold_what_lies_off_the_diagonal(seed: int) -> None:
    labels, chances = draw_case(seed)
    suspects = find_suspects(labels, chances)
    assert (labels[suspects.rows] >= 0).all() and (labels[suspects.rows] != suspects.expected).all()
    assert (np.diff(suspects.surprise) <= 0).all() and (suspects.log_odds > 0).all()
    likelier = (labels >= 0) & (chances.argmax(axis=1) != labels)
    assert set(suspects.rows.tolist()) <= set(np.flatnonzero(likelier).tolist())
    few = find_suspects(labels, chances, min_odds=5)
    assert (few.log_odds >= np.log(5)).all() and set(few.rows.tolist()) <= set(suspects.rows.tolist())


def test_what_is_often_confused_surprises_less() -> None:
    labels = np.array([0] * 20 + [1] * 20 + [2] * 20)
    chances = np.full((60, 3), 0.05)
    chances[np.arange(60), labels] = 0.9
    chances[:8] = [0.1, 0.88, 0.02]  # shirts that look like blouses, eight times
    chances[19] = [0.1, 0.02, 0.88]  # and one that looks like a watch
    suspects = find_suspects(labels, chances)
    assert suspects.rows[0] == 19 and set(suspects.rows[1:].tolist()) == set(range(8))


def draw_clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, 400)
    vectors = rng.normal(size=(5, 12))[labels] + 0.5 * rng.normal(size=(400, 12))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def test_swapped_labels_are_ranked_first() -> None:
    vectors, labels = draw_clusters()
    false = labels.copy()
    swapped = np.random.default_rng(1).permutation(400)[:20]
    false[swapped] = (labels[swapped] + 1) % 5
    chances = predict_out_of_sample(vectors, false, np.arange(400), classes=5, folds=5)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert set(find_suspects(false, chances).rows[:20].tolist()) == set(swapped.tolist())


def test_discriminants_agree_with_scikit_learn() -> None:
    vectors, labels = draw_clusters(2)
    folds = assign_folds(np.arange(400), 4)
    ours = FoldedClassifier.fit(vectors, labels, folds, 5).score(vectors[folds == 2], 2)
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.8)
    reference.fit(vectors[folds != 2].astype(float), labels[folds != 2])
    theirs = reference.decision_function(vectors[folds == 2].astype(float))
    centred = ours - ours.mean(axis=1, keepdims=True), theirs - theirs.mean(axis=1, keepdims=True)
    # They divide the scatter by n, we by n less the number of classes.
    np.testing.assert_allclose(centred[0], centred[1], rtol=0.05, atol=0.05)


def test_a_group_has_no_part_in_its_own_prediction() -> None:
    vectors, labels = draw_clusters(3)
    groups = np.arange(400) // 4
    folds = assign_folds(groups, 5)
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in range(100))
    assert np.bincount(folds).tolist() == [80] * 5
    changed = labels.copy()
    changed[folds == 1] = 0
    scores = [FoldedClassifier.fit(vectors, said, folds, 5).score(vectors[folds == 1], 1) for said in (labels, changed)]
    np.testing.assert_array_equal(*scores)


def test_an_unseen_class_is_impossible() -> None:
    vectors, labels = draw_clusters(4)
    scores = FoldedClassifier.fit(vectors, labels, np.zeros(400, int), 6).score(vectors[:3], 0)
    assert np.isneginf(scores).all()
    chances = predict_out_of_sample(vectors, labels, np.arange(400), classes=6, folds=3)
    assert (chances[:, 5] == 0).all()

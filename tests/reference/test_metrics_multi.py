"""Metrics and thresholds of multi fields against scikit-learn and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from modiste.evaluation import (
    average_precision,
    choose_f1_threshold,
    choose_f1_thresholds,
    mean_average_precision,
    multilabel_macro_f1,
    score_at_k,
    score_values,
)


@st.composite
def tables(draw):
    """Truth, answers and scores [n, values]; scores have ties."""
    shape = draw(st.integers(1, 25)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.random(shape) < 0.4, random.random(shape) < 0.4, random.integers(8, size=shape) / 8


@settings(deadline=None)
@given(tables())
def test_micro_and_macro_are_sklearns(case):
    truth, answer, _ = case
    micro = score_values(truth, answer)
    expected = reference.precision_recall_fscore_support(truth, answer, average="micro", zero_division=0)
    assert (micro.precision, micro.recall, micro.f1) == pytest.approx(expected[:3])
    present = np.flatnonzero(truth.any(axis=0))
    ours = multilabel_macro_f1(truth, answer)
    if len(present):
        labels = {"labels": present, "average": "macro", "zero_division": 0}
        assert ours == pytest.approx(reference.f1_score(truth, answer, **labels))
    else:
        assert np.isnan(ours)


@settings(deadline=None)
@given(tables())
def test_weights_are_repetitions(case):
    truth, answer, _ = case
    weights = np.arange(len(truth)) % 3 + 1
    ours = score_values(truth, answer, weights=weights)
    assert ours == score_values(np.repeat(truth, weights, axis=0), np.repeat(answer, weights, axis=0))


@settings(deadline=None)
@given(tables())
def test_average_precision_is_sklearns(case):
    truth, _, scores = case
    figures = []
    for column, ranked in zip(truth.T, scores.T, strict=True):
        ours = average_precision(column, ranked)
        if column.any():
            figures.append(reference.average_precision_score(column, ranked))
            assert ours == pytest.approx(figures[-1])
        else:
            assert np.isnan(ours)
    mean = mean_average_precision(truth, scores)
    assert mean == pytest.approx(np.mean(figures)) if figures else np.isnan(mean)


@settings(deadline=None)
@given(tables(), st.one_of(st.none(), st.integers(1, 2)))
def test_at_k_is_counting(case, k):
    truth, _, scores = case
    rows = []
    for wanted, row in zip(truth, scores, strict=True):
        if wanted.any():
            size = int(wanted.sum()) if k is None else k
            best = sorted(range(len(row)), key=lambda value, row=row: (-row[value], value))[:size]
            hits = sum(wanted[best])
            rows.append((hits / size, hits / wanted.sum(), 2 * hits / (size + wanted.sum())))
    if not rows:
        with pytest.raises(ValueError, match="true value"):
            score_at_k(truth, scores, k=k)
        return
    ours = score_at_k(truth, scores, k=k)
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(np.mean(rows, axis=0))


@settings(max_examples=30, deadline=None)
@given(tables())
def test_no_threshold_has_a_higher_f1(case):
    truth, _, scores = case
    for column, ranked in zip(truth.T, scores.T, strict=True):
        threshold, f1 = choose_f1_threshold(column, ranked)
        if not column.any():
            assert threshold == 0.5
            assert np.isnan(f1)
            continue
        tried = [reference.f1_score(column, ranked >= cut, zero_division=0) for cut in np.unique(ranked)]
        assert f1 == pytest.approx(max(tried))
        assert reference.f1_score(column, ranked >= threshold) == pytest.approx(f1)


def test_thresholds_are_named():
    truth, scores = [[True, False], [False, True]], [[0.75, 0.1], [0.25, 0.9]]
    assert choose_f1_thresholds(truth, scores, ["dots", "stripes"]) == {"dots": 0.5, "stripes": 0.5}


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: score_values([[True]], [[True, False]]), "one shape"),
        (lambda: score_values([[True]], [[True]], weights=[1, 1]), "weights"),
        (lambda: score_at_k([[True, False]], [[0.1, 0.2]], k=3), "k between"),
        (lambda: average_precision([True], [0.1, 0.2]), "scores"),
        (lambda: choose_f1_threshold([], []), "rows"),
        (lambda: choose_f1_thresholds([[True]], [[0.5]], ["a", "b"]), "truth and scores"),
    ],
)
def test_guards_fire(call, text):
    with pytest.raises(ValueError, match=text):
        call()

"""Temperatures against SciPy's optimiser, calibration error and doubt thresholds against counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax

from modiste.errors import UsageError
from modiste.evaluation import (
    choose_doubt_threshold,
    expected_calibration_error,
    fit_multi_temperature,
    fit_temperature,
    list_calibration_bins,
)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 5))
def test_temperature_is_the_optimisers(seed, sharpness):
    random = np.random.default_rng(seed)
    logits = random.normal(size=(200, 5)) * 3
    truth = (logits / 3 + random.gumbel(size=(200, 5))).argmax(axis=1)
    logits *= sharpness

    def loss(log_temperature):
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[np.arange(200), truth].mean()

    best = minimize_scalar(loss, bounds=(np.log(0.02), np.log(50)), method="bounded", options={"xatol": 1e-7})
    assert loss(np.log(fit_temperature(logits, truth))) == pytest.approx(best.fun, abs=1e-7)


def test_temperature_finds_what_was_put_in():
    random = np.random.default_rng(1)
    logits = random.normal(size=(40_000, 4)) * 2
    truth = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(logits * 1.7, truth) == pytest.approx(1.7, rel=0.03)


def test_unknown_rows_are_left_out():
    assert fit_temperature([[2.0, 0.0]] * 4 + [[9.0, 0.0]], [0, 0, 0, 1, -1]) == pytest.approx(2 / np.log(3))


def test_temperature_stays_between_its_ends():
    # Always right: the colder the better, until float64 can't tell.
    assert 0.02 <= fit_temperature([[1.0, 0.0]], [0]) < 0.04
    assert fit_temperature([[1.0, 0.0]], [1]) == pytest.approx(50, rel=1e-3)


def test_multi_temperature_is_the_optimisers():
    random = np.random.default_rng(2)
    logits = random.normal(size=(300, 4)) * 4
    truth = random.random(logits.shape) < expit(logits / 2.5)

    def loss(log_temperature):
        chance = np.clip(expit(logits / np.exp(log_temperature)), 1e-12, 1 - 1e-12)
        return -np.where(truth, np.log(chance), np.log1p(-chance)).mean()

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-7})
    assert np.log(fit_multi_temperature(logits, truth)) == pytest.approx(best.x, abs=1e-3)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_calibration_error_is_counting(rows, bins, seed):
    random = np.random.default_rng(seed)
    confidence, correct = random.random(rows), random.random(rows) < 0.5
    expected, held = 0.0, 0
    for number in range(bins):
        inside = (confidence > number / bins) & (confidence <= (number + 1) / bins)
        held += inside.sum()
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    assert held == rows
    assert expected_calibration_error(confidence, correct, bins=bins) == pytest.approx(expected)
    assert sum(entry.rows for entry in list_calibration_bins(confidence, correct, bins=bins)) == rows


@settings(deadline=None)
@given(st.integers(1, 40), st.floats(0.05, 1), st.integers(0, 2**32 - 1))
def test_no_other_threshold_keeps_more(rows, target, seed):
    random = np.random.default_rng(seed)
    confidence, correct = random.integers(1, 20, size=rows) / 20, random.random(rows) < 0.7
    kept = {cut: confidence >= cut for cut in np.unique(confidence)}
    good = [cut for cut, inside in kept.items() if correct[inside].mean() >= target]
    chosen = choose_doubt_threshold(confidence, correct, precision=target)
    assert chosen.threshold == (min(good) if good else 1.0)
    if good:
        assert chosen.coverage == pytest.approx(kept[chosen.threshold].mean())
        assert chosen.precision == pytest.approx(correct[kept[chosen.threshold]].mean())
    wide = [cut for cut, inside in kept.items() if inside.mean() >= target]
    assert choose_doubt_threshold(confidence, correct, coverage=target).threshold == max(wide)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: fit_temperature([[1.0, 0.0]], [-1]), "known class"),
        (lambda: fit_temperature([[1.0, 0.0]], [2]), "known class"),
        (lambda: fit_multi_temperature([[1.0]], [[True, False]]), "one shape"),
        (lambda: expected_calibration_error([0.5], [True], bins=0), "one bin"),
        (lambda: expected_calibration_error([1.5], [True]), "confidence"),
        (lambda: expected_calibration_error([], []), "rows"),
    ],
)
def test_guards_fire(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize("targets", [{}, {"precision": 0.9, "coverage": 0.9}, {"precision": 0.0}, {"coverage": 1.5}])
def test_contradictory_doubt_targets_are_refused(targets):
    with pytest.raises(UsageError, match="either precision= or coverage="):
        choose_doubt_threshold([0.5], [True], **targets)

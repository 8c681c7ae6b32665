"""Intervals against SciPy, against known widths, and against drawing by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modiste.evaluation import (
    Interval,
    bootstrap_interval,
    bootstrap_macro_f1,
    bootstrap_mean,
    macro_f1,
    paired_difference,
    wilson_interval,
)


@settings(deadline=None)
@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(total, share, level):
    successes = round(share * total)
    ours = wilson_interval(successes, total, level=level)
    theirs = stats.binomtest(successes, total).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert ours.low <= ours.value <= ours.high


def test_bootstrap_of_a_mean_is_scipys():
    values = np.random.default_rng(3).gamma(2, size=200)
    ours = bootstrap_mean(values, replicates=4000, seed=1)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)
    assert ours.value == pytest.approx(values.mean())


def test_bootstrap_of_macro_f1_is_drawing_rows():
    random = np.random.default_rng(4)
    truth, answer = random.integers(4, size=150), random.integers(4, size=150)
    ours = bootstrap_macro_f1(truth, answer, replicates=1500)
    drawn = [macro_f1(truth[rows], answer[rows]) for rows in random.integers(150, size=(1500, 150))]
    assert (ours.low, ours.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)


def test_groups_widen_the_interval_by_the_root_of_their_size():
    """Four copies of each row are worth one row: the interval is twice as wide as for independent rows."""
    hits = np.random.default_rng(5).random(400) < 0.7
    copies, groups = np.repeat(hits, 4), np.repeat(np.arange(400), 4)
    alone, together = bootstrap_mean(copies, seed=1), bootstrap_mean(copies, groups=groups, seed=1)
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(2, rel=0.1)
    assert together.value == alone.value
    assert together.method == "grouped bootstrap"


def test_groups_of_one_row_change_nothing():
    values = np.random.default_rng(6).random(50)
    assert bootstrap_mean(values, groups=np.arange(50)).low == bootstrap_mean(values).low


def test_pairing_narrows_a_difference():
    random = np.random.default_rng(7)
    first = random.random(500) < 0.8
    second = first ^ (random.random(500) < 0.02)
    paired = paired_difference(first, second)
    assert paired.value == pytest.approx(first.mean() - second.mean())
    alone = bootstrap_mean(first)
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


@pytest.mark.slow
def test_wilson_holds_its_level():
    random = np.random.default_rng(8)
    held = [(i := wilson_interval(int(hits), 80)).low <= 0.9 <= i.high for hits in random.binomial(80, 0.9, 4000)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_same_seed_same_interval():
    values = np.arange(20.0)
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)
    assert bootstrap_mean(values, seed=3) != bootstrap_mean(values, seed=4)


def test_replicates_that_are_no_number_are_left_out():
    """A figure that some draws do not have: the share of hits among the rare rows."""
    rare, hits = np.array([1.0, 0, 0, 0]), np.array([1.0, 0, 0, 0])

    def share(weights):
        return float(weights @ (rare * hits) / (weights @ rare)) if weights @ rare else float("nan")

    assert bootstrap_interval(share, 4) == Interval(1.0, 1.0, 1.0, method="bootstrap")
    nowhere = bootstrap_interval(lambda weights: float("nan"), 4)
    assert nowhere.to_json()["low"] is None


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: wilson_interval(3, 2), "successes"),
        (lambda: wilson_interval(0, 0), "successes"),
        (lambda: wilson_interval(1, 2, level=1.0), "level"),
        (lambda: bootstrap_mean([]), "at least one row"),
        (lambda: bootstrap_mean([1.0], replicates=0), "replicate"),
        (lambda: bootstrap_mean([1.0, 2.0], groups=[1]), "groups"),
        (lambda: paired_difference([1.0], [1.0, 2.0]), "one length"),
    ],
)
def test_guards_fire(call, text):
    with pytest.raises(ValueError, match=text):
        call()

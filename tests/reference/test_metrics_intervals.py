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
    bootstrap_micro_f1,
    bootstrap_sums,
    macro_f1,
    mean_accuracy,
    paired_difference,
    score_values,
    share_interval,
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


def correct_bias(value, drawn, units, level=0.95):
    """The ends of the bias-corrected percentile interval, from the formulas of Efron and Hesterberg."""
    shift = stats.norm.ppf((np.mean(drawn < value) + np.mean(drawn <= value)) / 2)
    wide = np.sqrt(units / (units - 1)) * stats.t.ppf((1 + level) / 2, units - 1)
    return tuple(np.quantile(drawn, [stats.norm.cdf(2 * shift - wide), stats.norm.cdf(2 * shift + wide)]))


def test_bootstrap_of_macro_f1_is_drawing_rows():
    random = np.random.default_rng(4)
    truth = random.integers(4, size=150)
    answer = np.where(random.random(150) < 0.7, truth, random.integers(-1, 6, size=150))
    ours = bootstrap_macro_f1(truth, answer, replicates=4000)
    drawn = np.array([macro_f1(truth[rows], answer[rows]) for rows in random.integers(150, size=(4000, 150))])
    assert ours.value == pytest.approx(macro_f1(truth, answer))
    assert (ours.low, ours.high) == pytest.approx(correct_bias(ours.value, drawn, 150), abs=0.01)


def test_bootstrap_of_groups_is_drawing_groups():
    """Values of many sizes of groups, whose means are skewed, against lists that are put together by hand."""
    random = np.random.default_rng(14)
    sizes = random.integers(1, 5, size=25)
    groups, values = np.repeat(np.arange(25), sizes), np.repeat(random.gamma(0.5, size=25), sizes)
    lists = [values[groups == group] for group in range(25)]
    drawn = [np.concatenate([lists[at] for at in draw]).mean() for draw in random.integers(25, size=(6000, 25))]
    ours = bootstrap_mean(values, groups=groups, replicates=6000, seed=1)
    assert (ours.low, ours.high) == pytest.approx(correct_bias(values.mean(), np.array(drawn), 25), abs=0.06)


@pytest.mark.parametrize("grouped", [False, True])
def test_all_draws_at_once_are_one_draw_after_the_other(grouped, monkeypatch):
    random = np.random.default_rng(15)
    rows = 90
    settings = {"groups": random.integers(40, size=rows) if grouped else None, "replicates": 60, "seed": 3}
    truth = random.integers(12, size=rows)
    answer = np.where(random.random(rows) < 0.6, truth, random.integers(-1, 15, size=rows))
    table = random.random((rows, 5)) < 0.3
    given = table ^ (random.random(table.shape) < 0.2)
    values, hits, known = random.random(rows), random.random((rows, 3)) < 0.7, random.random((rows, 3)) < 0.8
    at_once = [
        bootstrap_macro_f1(truth, answer, **settings),
        bootstrap_micro_f1(table, given, **settings),
        bootstrap_mean(values, **settings),
        bootstrap_sums(
            np.concatenate([hits & known, known], axis=1),
            lambda sums: (sums[..., :3] / sums[..., 3:]).mean(axis=-1),
            **settings,
        ),
    ]
    statistics = [
        lambda weights: macro_f1(truth, answer, weights=weights),
        lambda weights: score_values(table, given, weights=weights).f1,
        lambda weights: float(weights @ values / weights.sum()),
        lambda weights: mean_accuracy(hits, known, weights=weights),
    ]
    for pieces in (4_000_000, 500):
        monkeypatch.setattr("modiste.evaluation.bootstrap._AT_A_TIME", pieces)
        for ours, statistic in zip(at_once, statistics, strict=True):
            slow = bootstrap_interval(statistic, rows, **settings)
            assert (ours.value, ours.low, ours.high) == pytest.approx((slow.value, slow.low, slow.high), abs=1e-6)
            assert ours.method == slow.method


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.8, 0.95]))
def test_a_share_of_groups_counts_effective_rows(seed, count, level):
    random = np.random.default_rng(seed)
    groups = random.integers(max(1, count // 2), size=count)
    hits = random.random(count) < random.random()
    names, share = set(groups.tolist()), hits.mean()
    worth = count**2 / sum(np.sum(groups == name) ** 2 for name in names)
    if 0 < share < 1 and len(names) > 1:
        square = sum((hits[groups == name].sum() - share * np.sum(groups == name)) ** 2 for name in names)
        variance = len(names) / (len(names) - 1) * square / count**2
        worth = min(count, share * (1 - share) / variance) if variance else count
    z = stats.norm.ppf((1 + level) / 2)
    centre, half = share + z**2 / 2 / worth, z * np.sqrt(share * (1 - share) / worth + z**2 / 4 / worth**2)
    ends = np.array([centre - half, centre + half]) / (1 + z**2 / worth)
    ours = share_interval(hits, groups=groups, level=level)
    assert (ours.low, ours.high) == pytest.approx(tuple(ends), abs=1e-9)


def test_copies_do_not_count():
    hits = np.random.default_rng(16).random(300) < 0.8
    copies = share_interval(np.repeat(hits, 5), groups=np.repeat(np.arange(300), 5))
    alone = share_interval(hits)
    assert alone == wilson_interval(int(hits.sum()), 300)
    assert (copies.low, copies.high) == pytest.approx((alone.low, alone.high), abs=2e-4)
    certain = share_interval([True] * 20, groups=[row // 4 for row in range(20)])
    assert (certain.low, certain.high) == pytest.approx((wilson_interval(5, 5).low, 1.0))


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
        (lambda: bootstrap_sums([1.0, 2.0], lambda sums: sums), r"\[rows, k\]"),
        (lambda: bootstrap_macro_f1([], []), "at least one row"),
        (lambda: bootstrap_macro_f1([0, 1], [0, 1], level=2.0), "level"),
        (lambda: bootstrap_micro_f1([[True]], [[True, False]]), "one shape"),
        (lambda: share_interval([]), "at least 1"),
        (lambda: share_interval([True, False], groups=[1]), "groups"),
    ],
)
def test_guards_fire(call, text):
    with pytest.raises(ValueError, match=text):
        call()

"""Comparisons against scipy, against formulas written out, and against chance: they must not cry wolf."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

stats = pytest.importorskip("scipy.stats")

from modiste.evaluation import (  # noqa: E402
    Comparison,
    compare_five_by_two,
    compare_hits,
    corrected_t_interval,
    t_interval,
)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_mcnemar_is_the_binomial_test_of_the_rows_that_differ(pairs):
    first, second = zip(*pairs, strict=True)
    found = compare_hits(first, second)
    only = [sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)]
    expected = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    assert found.p_value == pytest.approx(expected)
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second))


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_a_group_counts_once_for_the_system_that_gets_more_of_it_right(rows):
    first, second, groups = zip(*rows, strict=True)
    gains = [sum(a - b for a, b, name in rows if name == group) for group in set(groups)]
    only = [sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)]
    expected = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    found = compare_hits(first, second, groups=groups)
    assert found.p_value == pytest.approx(expected)
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second))


def test_mcnemar_with_many_rows():
    rng = np.random.default_rng(0)
    first, second = rng.random(40_000) < 0.9, rng.random(40_000) < 0.89
    only = [int((first & ~second).sum()), int((second & ~first).sum())]
    assert compare_hits(first, second).p_value == pytest.approx(stats.binomtest(only[0], sum(only)).pvalue)


def test_five_by_two_is_alpaydins_formula_and_the_corrected_t():
    rng = np.random.default_rng(1)
    for _ in range(200):
        first, second = rng.normal(0.9, 0.02, (5, 2)), rng.normal(0.9, 0.02, (5, 2))
        top, bottom = 0.0, 0.0
        for repetition in range(5):
            one, two = (first - second)[repetition]
            mean = (one + two) / 2
            top += one**2 + two**2
            bottom += (one - mean) ** 2 + (two - mean) ** 2
        gaps = (first - second).ravel()
        error = math.sqrt(sum((gap - gaps.mean()) ** 2 for gap in gaps) / 9 * (1 / 10 + 1))
        expected = max(stats.f.sf(top / (2 * bottom), 10, 5), 2 * stats.t.sf(abs(gaps.mean()) / error, 9))
        assert compare_five_by_two(first, second).p_value == pytest.approx(expected)


def test_intervals_are_scipys_and_the_corrected_one_is_wider_by_its_formula():
    rng = np.random.default_rng(2)
    for _ in range(200):
        values = rng.normal(0.9, 0.02, rng.integers(2, 12))
        plain = t_interval(values, level=0.9)
        low, high = stats.t.interval(0.9, len(values) - 1, values.mean(), stats.sem(values))
        assert (plain.low, plain.high) == pytest.approx((low, high))
        corrected = corrected_t_interval(values, test_share=0.25, level=0.9)
        widening = math.sqrt((1 / len(values) + 1 / 3) * len(values))
        assert corrected.high - corrected.low == pytest.approx((plain.high - plain.low) * widening)


def test_chance_alone_is_called_real_at_most_as_often_as_promised():
    rng = np.random.default_rng(3)
    wolves = {"mcnemar": 0, "f": 0}
    rounds = 2000
    for _ in range(rounds):
        hard = rng.random(300)
        first, second = (rng.random(300) < 0.6 + 0.3 * hard for _ in range(2))
        wolves["mcnemar"] += compare_hits(first, second).real
        effect = rng.normal(0, 0.01, (5, 1))
        folds = [0.9 + effect + rng.normal(0, 0.01, (5, 2)) for _ in range(2)]
        wolves["f"] += compare_five_by_two(*folds).real
    assert max(wolves.values()) / rounds <= 0.065


def test_a_real_difference_is_found():
    rng = np.random.default_rng(4)
    found = compare_hits(rng.random(3000) < 0.92, rng.random(3000) < 0.88)
    assert found.real
    assert found.describe("A", "B").startswith("A is better than B by 0.0")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: compare_hits([True], [True, False]), "the same rows"),
        (lambda: compare_hits([], []), "the same rows"),
        (lambda: compare_hits([True, False], [True, True], groups=[1]), "one a row"),
        (lambda: compare_five_by_two(np.zeros((5, 3)), np.zeros((5, 3))), r"two tables \[5, 2\]"),
        (lambda: compare_five_by_two(np.full((5, 2), np.nan), np.zeros((5, 2))), "of numbers"),
        (lambda: t_interval([0.9]), "at least two numbers"),
        (lambda: t_interval([0.9, math.nan]), "at least two numbers"),
        (lambda: t_interval([0.9, 0.8], level=1.0), "a level lies between"),
        (lambda: corrected_t_interval([0.9, 0.8], test_share=1.0), "the share that is tested"),
    ],
)
def test_what_is_no_comparison_is_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_equal_systems_are_said_to_be_equal():
    assert Comparison(0.0, 1.0, "t").describe("A", "B") == "A and B are equally good (t, p = 1)."
    assert compare_five_by_two(np.ones((5, 2)), np.zeros((5, 2))).p_value == 0.0

"""Causes, ceilings and the summary's words, on figures given by hand."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench.limits.causes import ADVICE, FieldLimits, choose_cause, share_of_rare, share_of_unseen
from modiste.bench.limits.rarity import Bin, Shortfall, list_missed
from modiste.bench.limits.running import list_shares
from modiste.bench.limits.summary import judge_target, show_causes, show_macro
from modiste.evaluation import Interval, SingleAnswers
from modiste.taxonomy import Field

POINT = Interval(0.8, 0.75, 0.85)
SHORT = Shortfall(POINT, {10: 0.82, 30: 0.9}, {10: 0.81, 30: 0.85})


def describe(shares: dict[str, float]) -> FieldLimits:
    return FieldLimits(100, POINT, POINT, SHORT, [("Home", 2)], Interval(0.95, 0.9, 0.99), shares)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (0.85, "below"),
        (0.92, "below, within its interval"),
        (0.96, "**above**, within its interval"),
        (0.995, "**above**"),
    ],
)
def test_targets_are_judged_against_the_ceiling_and_its_interval(target: float, words: str) -> None:
    assert judge_target(target, Interval(0.95, 0.9, 0.99)) == words


def test_shares_are_parts_of_the_error() -> None:
    shares = list_shares(0.8, 0.95, rare=0.3, unseen=0.1, gains={"resolution": 0.02, "launch": -0.1})
    assert shares["labels"] == pytest.approx(0.25)
    assert shares["resolution"] == pytest.approx(0.1)
    assert shares["launch"] == 0
    assert (shares["rare classes"], shares["new products"]) == (0.3, 0.1)


def test_a_ceiling_below_the_accuracy_explains_all_of_the_error() -> None:
    assert list_shares(0.99, 0.9, rare=0, unseen=0, gains={})["labels"] == 1


def test_unseen_rows_as_good_as_others_would_lose_that_many_errors() -> None:
    rng = np.random.default_rng(0)
    unseen = rng.random(4000) < 0.6
    hits = rng.random(4000) < np.where(unseen, 0.7, 0.9)
    solved = np.where(unseen, hits[~unseen].mean(), hits)
    assert share_of_unseen(hits, unseen) == pytest.approx((solved.mean() - hits.mean()) / (1 - hits.mean()))
    assert share_of_unseen(~hits, unseen) == 0  # unseen rows are the better ones


def test_rare_bins_are_added_up() -> None:
    bins = [
        Bin(0, 9, 1, 5, POINT, 0.1, 0.5),
        Bin(30, 99, 1, 5, POINT, 0.2, 0.1),
        Bin(1000, None, 1, 9, POINT, 0.7, 0.4),
    ]
    assert share_of_rare(bins) == pytest.approx(0.3)
    assert share_of_rare(bins, below=30) == pytest.approx(0.1)


def test_the_largest_cause_is_named_with_what_to_try() -> None:
    text = show_causes({"season": describe({"labels": 0.1, "launch": 0.4})}).text
    assert ADVICE["launch"] in text
    assert choose_cause({"labels": 0.0, "launch": 0.0}) == "none found"


def test_classes_that_are_never_told_are_named() -> None:
    told = SingleAnswers(
        Field("x", "single", ("a", "b", "c", "d")),
        np.array([0, 0, 1, 2, 2]),
        np.array([0, 1, 0, 0, 0]),
        np.zeros((5, 4), np.float32),
    )
    assert list_missed(told) == [("c", 2), ("b", 1)]
    assert "Home (2)" in show_macro({"season": describe({"labels": 0.1})}).text

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.bundle import Bundle
from modiste.errors import UnknownNameError
from modiste.runtime import Decider, NameMap, decode_jointly, score_fields


def draw_logits(seed: int, n: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (n, 18)).astype(np.float32)


def test_decisions_are_calibrated_and_consistent(tiny: Bundle) -> None:
    logits = draw_logits(1)
    decision = Decider(tiny.spec).decide(logits)
    decoding = decode_jointly(tiny.taxonomy, score_fields(tiny, logits))
    for name in ("kind", "article", "colour"):
        np.testing.assert_array_equal(decision.choices[name], decoding.choices[name])
        np.testing.assert_allclose(decision.confidence[name], decoding.confidence[name])
    article, kind = tiny.taxonomy["article"], tiny.taxonomy["kind"]
    for at, above in zip(decision.choices["article"], decision.choices["kind"], strict=True):
        assert kind.values[above] in article.allowed[article.values[at]]


def test_joint_temperatures_soften_the_marginals_and_nothing_else(tiny: Bundle) -> None:
    logits = draw_logits(4)
    before = Decider(tiny.spec).decide(logits)
    after = Decider(tiny.spec.model_copy(update={"joint_temperatures": {"article": (1.7, 0.8)}})).decide(logits)
    for row, marginals in enumerate(before.probabilities["article"]):
        logs = [math.log(value) - math.log(0.5) for value in marginals]
        raised = [math.exp(max(log, 0) / 1.7 + min(log, 0) / 0.8) for log in logs]
        assert after.probabilities["article"][row] == pytest.approx([value / sum(raised) for value in raised])
    for name, choices in before.choices.items():
        np.testing.assert_array_equal(after.choices[name], choices)
    for name in ("kind", "colour", "material"):
        np.testing.assert_array_equal(after.probabilities[name], before.probabilities[name])


def test_multi_fields_follow_their_thresholds(tiny: Bundle) -> None:
    logits = draw_logits(2)
    decision = Decider(tiny.spec).decide(logits)
    scores = score_fields(tiny, logits)["material"]
    for row in range(len(logits)):
        said = [score >= threshold for score, threshold in zip(scores[row], [0.6, 0.5, 0.4], strict=True)]
        assert decision.chosen["material"][row].tolist() == said
        chosen = [score for score, is_said in zip(scores[row], said, strict=True) if is_said]
        expected = min(chosen) if chosen else 1 - max(scores[row])
        assert decision.confidence["material"][row] == pytest.approx(expected, abs=1e-6)


def test_doubt_is_below_the_threshold(tiny: Bundle) -> None:
    decision = Decider(tiny.spec).decide(draw_logits(3))
    for name, least in tiny.spec.doubt.items():
        np.testing.assert_array_equal(decision.doubtful[name], decision.confidence[name] < least)
    assert 0 < decision.doubtful["article"].sum() < 20


@settings(deadline=None)
@given(seed=st.integers(0, 1000))
def test_an_order_is_a_permutation_that_starts_with_the_answer(tiny: Bundle, seed: int) -> None:
    decision = Decider(tiny.spec).decide(draw_logits(seed, 4))
    order = decision.rank("article", 7)
    assert (np.sort(order, axis=1) == np.arange(7)).all()
    np.testing.assert_array_equal(order[:, 0], decision.choices["article"])
    rest = np.take_along_axis(decision.probabilities["article"], order[:, 1:], axis=1)
    assert (np.diff(rest, axis=1) <= 0).all()
    assert decision.rank("article", 2).shape == (4, 2)


def test_merging_everything_is_certain(tiny: Bundle) -> None:
    names = NameMap(values={"colour": dict.fromkeys(tiny.taxonomy["colour"].values, "any")})
    decision = Decider(tiny.spec, names=names).decide(draw_logits(4))
    np.testing.assert_allclose(decision.confidence["colour"], 1)


def test_merged_values_add_up(tiny: Bundle) -> None:
    logits = draw_logits(5)
    names = NameMap(
        values={"colour": {"Blue": "Cold", "Green": "Cold"}, "material": {"Cotton": "Soft", "Silk": "Soft"}}
    )
    merged, plain = Decider(tiny.spec, names=names).decide(logits), Decider(tiny.spec).decide(logits)
    expected = plain.probabilities["colour"][:, 1] + plain.probabilities["colour"][:, 2]
    np.testing.assert_allclose(merged.probabilities["colour"][:, 1], expected)
    assert merged.taxonomy["colour"].values == ("Black", "Cold", "Red", "White")
    np.testing.assert_array_equal(
        merged.chosen["material"][:, 0], plain.chosen["material"][:, 0] | plain.chosen["material"][:, 2]
    )


def test_a_renaming_changes_no_number(tiny: Bundle) -> None:
    logits = draw_logits(6)
    names = NameMap(values={"kind": {"Bags": "Taschen", "Shoes": "Schuhe"}, "article": {"Sets": "Sätze"}})
    renamed, plain = Decider(tiny.spec, names=names).decide(logits), Decider(tiny.spec).decide(logits)
    for name in tiny.taxonomy.names:
        np.testing.assert_array_equal(renamed.probabilities[name], plain.probabilities[name])


def test_unknown_names_are_refused(tiny: Bundle) -> None:
    with pytest.raises(UnknownNameError):
        Decider(tiny.spec, names=NameMap(values={"kind": {"Hats": "x"}}))

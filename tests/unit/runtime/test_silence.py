"""Silence: what a product has not, and what is not made out surely, is said nowhere; the rest stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from modiste.bundle import BundleSpec
from modiste.errors import BundleError
from modiste.imaging import Preprocessing
from modiste.runtime import Decider, Decision, NameMap
from modiste.runtime.tags import list_tags
from modiste.taxonomy import Field, Taxonomy

FIELDS = Taxonomy(
    (
        Field("kind", "single", ("Bag", "Shirt", "Top")),
        Field("neck", "single", ("Round", "V")),
        Field("trim", "multi", ("lace", "zip")),
    )
)
NECK = {"under": "kind", "values": ["Shirt", "Top"], "below": 0.7}
TRIM = {"under": "kind", "values": ["Bag"], "below": 0.0}


def make_spec(**options: Any) -> BundleSpec:
    options = {"silence": {"neck": NECK, "trim": TRIM}, "format_version": 3} | options
    return BundleSpec(
        name="tiny", fields=FIELDS.to_json(), preprocessing=Preprocessing(8, 6).to_json(), embedding_size=4, **options
    )


def decide(seed: int = 0, n: int = 200, names: NameMap | None = None, **options: Any) -> Decision:
    logits = np.random.default_rng(seed).normal(scale=2, size=(n, 7)).astype(np.float32)
    return Decider(make_spec(**options), names=names).decide(logits)


def test_silence_is_that_of_a_plain_loop() -> None:
    decision = decide()
    assert 0 < decision.silent["neck"].sum() < 200
    for row in range(200):
        kind = FIELDS["kind"].values[decision.choices["kind"][row]]
        sure = decision.probabilities["neck"][row].max()
        assert decision.silent["neck"][row] == (kind not in ("Shirt", "Top") or sure < 0.7)
        assert decision.silent["trim"][row] == (kind != "Bag")
        if kind != "Bag":
            assert not decision.chosen["trim"][row].any()


def test_what_is_said_is_what_was_said_before() -> None:
    decision, before = decide(), decide(silence={}, format_version=1)
    said = decision.is_said("neck")
    np.testing.assert_array_equal(decision.mark_said("neck")[said], before.mark_said("neck")[said])
    assert not decision.mark_said("neck")[~said].any()
    assert before.is_said("neck").all() and before.mark_said("neck").sum() == 200
    np.testing.assert_array_equal(decision.probabilities["neck"], before.probabilities["neck"])
    np.testing.assert_array_equal(decision.choices["kind"], before.choices["kind"])
    own = decision.is_said("trim")
    np.testing.assert_array_equal(decision.chosen["trim"][own], before.chosen["trim"][own])


def test_nothing_that_is_not_said_is_doubtful() -> None:
    decision = decide(doubt={"neck": 1.0, "kind": 0.9})
    np.testing.assert_array_equal(decision.doubtful["neck"], decision.is_said("neck"))
    strange = Decision(
        FIELDS,
        decision.choices,
        decision.chosen,
        decision.probabilities,
        {},
        stranger=np.ones(200, bool),
        silent=decision.silent,
    )
    np.testing.assert_array_equal(strange.doubtful["neck"], decision.is_said("neck"))


def test_tags_are_empty_where_nothing_is_said() -> None:
    decision = decide()
    for row, tags in enumerate(list_tags(decision, top_k=2)):
        tag = tags["neck"]
        if decision.silent["neck"][row]:
            assert (tag.value, tag.values, tag.confidence, tag.alternatives) == (None, (), 0.0, ())
            assert tags.to_dict()["neck"] is None
        else:
            assert tag.values == (tag.value,) and tag.confidence >= 0.7 and len(tag.alternatives) == 1


def test_the_shop_s_own_names_change_nothing_of_it() -> None:
    names = NameMap(values={"kind": {"Shirt": "Upper", "Top": "Upper"}, "neck": {"V": "v-neck"}})
    decision, before = decide(names=names), decide()
    has = decision.choices["kind"] == decision.taxonomy["kind"].index("Upper")
    sure = before.probabilities["neck"].max(axis=1) >= 0.7
    np.testing.assert_array_equal(decision.silent["neck"], ~(has & sure))


def test_a_value_that_is_merged_with_one_that_has_the_field_has_it() -> None:
    decision = decide(names=NameMap(values={"kind": {"Bag": "Thing", "Top": "Thing"}}))
    sure = decision.probabilities["neck"].max(axis=1) >= 0.7
    np.testing.assert_array_equal(decision.silent["neck"], ~sure)


def test_without_a_field_that_tells_confidence_alone_decides() -> None:
    decision = decide(silence={"neck": {"below": 0.9}})
    np.testing.assert_array_equal(decision.silent["neck"], decision.confidence["neck"] < 0.9)


@pytest.mark.parametrize(
    ("silence", "text"),
    [
        ({"neck": {"under": "colour", "values": []}}, "there is no field 'colour'"),
        ({"sleeve": {"below": 0.5}}, "there is no field 'sleeve'"),
        ({"neck": {"under": "kind", "values": ["Shoe"]}}, "there is no value of kind 'Shoe'"),
        ({"neck": {"under": "trim", "values": ["zip"]}}, "there is no single field that tells of another 'trim'"),
        ({"neck": {"under": "neck", "values": ["V"]}}, "there is no single field that tells of another 'neck'"),
        ({"neck": {"values": ["Shirt"]}}, "Name it in 'under'"),
        ({"neck": {"below": 1.5}}, "less than or equal to 1"),
        ({"neck": {"blow": 0.5}}, "Extra inputs are not permitted"),
    ],
)
def test_what_names_nothing_is_refused(silence: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        make_spec(silence=silence)


def test_bundles_without_it_read_and_write_as_before() -> None:
    plain = make_spec(silence={}, format_version=1)
    assert "silence" not in plain.to_text()
    assert BundleSpec.from_text(plain.to_text()) == plain
    told = make_spec()
    again = BundleSpec.from_text(told.to_text())
    assert again == told and again.silence["neck"].values == ("Shirt", "Top")
    with pytest.raises(BundleError, match="expected 3"):
        BundleSpec.from_text(told.to_text().replace('"format_version": 3', '"format_version": 1'))


def test_it_counts_in_the_fingerprint() -> None:
    prints = {
        make_spec(silence=silence, format_version=3 if silence else 1).compute_fingerprint(b"weights")
        for silence in ({}, {"neck": NECK}, {"neck": NECK | {"below": 0.71}}, {"neck": NECK | {"values": ["Top"]}})
    }
    assert len(prints) == 4

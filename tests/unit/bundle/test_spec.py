from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modiste.bundle import FORMAT_VERSION, Bundle, BundleSpec
from modiste.errors import BundleError


def test_what_is_written_is_read_back(tiny: Bundle) -> None:
    assert BundleSpec.from_text(tiny.spec.to_text()) == tiny.spec


def test_taxonomy_and_preprocessing_are_objects(tiny: Bundle) -> None:
    assert tiny.spec.taxonomy.names == ("kind", "article", "colour", "material")
    assert tiny.spec.number_of_values == 18
    assert (tiny.spec.resize.height, tiny.spec.resize.width) == (80, 60)


CHANGES: list[dict[str, Any]] = [
    {"preprocessing": {"height": 81, "width": 60}},
    {"embedding_size": 17},
    {"temperatures": {"kind": 1.6}},
    {"thresholds": {"material": {"Cotton": 0.61}}},
    {"doubt": {"kind": 0.61}},
    {"joint_temperatures": {"kind": (1.1, 0.9)}},
    {"stranger_below": 0.2},
]
LATER = CHANGES[-2:]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_fingerprint_changes_with_every_answer(tiny: Bundle, change: dict[str, Any]) -> None:
    weights = tiny.read_weights()
    assert tiny.spec.model_copy(update=change).compute_fingerprint(weights) != tiny.fingerprint


@pytest.mark.parametrize("change", LATER, ids=lambda change: next(iter(change)))
def test_what_older_formats_lack_is_written_and_read_under_a_newer_one(tiny: Bundle, change: dict[str, Any]) -> None:
    text = tiny.spec.model_copy(update=change).to_text()
    assert json.loads(text)["format_version"] == FORMAT_VERSION
    again = BundleSpec.from_text(text)
    assert {name: getattr(again, name) for name in change} == change
    with pytest.raises(BundleError, match=f"expected {FORMAT_VERSION}"):
        BundleSpec.from_text(json.dumps({**json.loads(text), "format_version": 1}))


def test_what_is_not_set_is_not_written(tiny: Bundle) -> None:
    assert not {name for change in LATER for name in change} & json.loads(tiny.spec.to_text()).keys()


def test_fingerprint_changes_with_fields_and_their_order(tiny: Bundle) -> None:
    fields = json.loads(json.dumps(tiny.spec.fields))
    fields[2]["values"].reverse()
    weights = tiny.read_weights()
    assert tiny.spec.model_copy(update={"fields": fields}).compute_fingerprint(weights) != tiny.fingerprint


@settings(deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_fingerprint_changes_with_every_bit_of_the_weights(tiny: Bundle, position: int, bit: int) -> None:
    weights = bytearray(tiny.read_weights())
    weights[position] ^= 1 << bit
    assert tiny.spec.compute_fingerprint(bytes(weights)) != tiny.fingerprint


@pytest.mark.parametrize("change", [{"name": "other"}, {"metrics": {"a": 1}}, {"training": {"seed": 2}}])
def test_fingerprint_stays_when_words_change(tiny: Bundle, change: dict[str, Any]) -> None:
    assert tiny.spec.model_copy(update=change).compute_fingerprint(tiny.read_weights()) == tiny.fingerprint


@pytest.mark.parametrize(
    "name", ["../model.onnx", "/etc/passwd", "a/b.onnx", "a\\b.onnx", "..", ".hidden", "", "bundle.json", "C:x.onnx"]
)
def test_weights_never_leave_the_folder(tiny: Bundle, name: str) -> None:
    data = {**tiny.spec.model_dump(), "weights": name}
    with pytest.raises(BundleError, match="inside the bundle's folder"):
        BundleSpec.from_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"temperatures": {"kind": 0.0}}, "greater than 0"),
        ({"temperatures": {"kind": float("nan")}}, "finite number"),
        ({"temperatures": {"kidn": 1.0}}, "did you mean 'kind'"),
        ({"doubt": {"kind": 1.5}}, "less than or equal to 1"),
        ({"thresholds": {"kind": {"Bags": 0.5}}}, "no multi field 'kind'"),
        ({"thresholds": {"material": {"Wool": 0.5}}}, "no value of material 'Wool'"),
        ({"fields": []}, "at least 1 item"),
        ({"fields": [{"name": "kind"}]}, "can't be read"),
        ({"fields": [{"name": "a", "kind": "double", "values": ["x"]}]}, "of kind 'double'"),
        ({"preprocessing": {"height": 0, "width": 60}}, "at least 1 x 1"),
        ({"preprocessing": {}}, "preprocessing"),
        ({"surprise": 1}, "Extra inputs"),
        ({"fingerprint": "short"}, "match pattern"),
    ],
)
def test_a_contradiction_is_refused(tiny: Bundle, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        BundleSpec.model_validate({**tiny.spec.model_dump(), **change})


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "{", "[" * 100_000, '"text"', b"\xff"])
def test_other_texts_are_refused(text: str | bytes) -> None:
    with pytest.raises(BundleError, match=r"bundle\.json can't be read"):
        BundleSpec.from_text(text)


def test_a_newer_format_is_refused_with_what_to_type(tiny: Bundle) -> None:
    data = {**tiny.spec.model_dump(), "format_version": FORMAT_VERSION + 1, "unknown": True}
    with pytest.raises(BundleError, match="pip install --upgrade modiste"):
        BundleSpec.from_text(json.dumps(data))

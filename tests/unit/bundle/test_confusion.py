"""What a bundle takes for what is kept beside it: nothing else changes, and another bundle's is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle, carry_confusion, keep_confusion, load_confusion
from modiste.errors import BundleError, UsageError
from tests.conftest import REPOSITORY


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    shutil.copytree(REPOSITORY / "tests" / "golden" / "tiny", tmp_path / "bundle")
    return Bundle.open(tmp_path / "bundle")


def count(bundle: Bundle, field: str = "colour") -> np.ndarray:
    size = len(bundle.taxonomy[field])
    return np.random.default_rng(1).integers(0, 3, (size, size))


def test_counts_come_back_and_the_bundle_stays_what_it_is(bundle: Bundle) -> None:
    before = {path.name: path.read_bytes() for path in bundle.path.iterdir()}
    assert load_confusion(bundle) is None
    counts = {name: count(bundle, name) for name in ("kind", "colour")}
    keep_confusion(bundle, counts, measured_on="the validation part")
    after = {path.name: path.read_bytes() for path in bundle.path.iterdir()}
    assert set(after) - set(before) == {"confusion.json"} and before.items() <= after.items()
    told = load_confusion(Bundle.open(bundle.path))
    assert told.measured_on == "the validation part" and told.fingerprint == bundle.fingerprint
    assert list(told.fields) == ["kind", "colour"]
    for name, table in counts.items():
        assert told.fields[name].values == list(bundle.taxonomy[name].values)
        np.testing.assert_array_equal(told.count(name), table)


def test_only_cells_that_hold_something_are_written(bundle: Bundle) -> None:
    counts = np.zeros((len(bundle.taxonomy["colour"]),) * 2, np.int64)
    counts[1, 0] = 5
    keep_confusion(bundle, {"colour": counts}, measured_on="x")
    data = json.loads((bundle.path / "confusion.json").read_text())
    assert data["fields"]["colour"]["cells"] == [[1, 0, 5]]


def test_a_field_of_very_many_values_is_left_out(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.bundle.confusion.MOST_CONFUSED_VALUES", len(bundle.taxonomy["kind"]))
    keep_confusion(bundle, {name: count(bundle, name) for name in ("kind", "article")}, measured_on="x")
    assert list(load_confusion(bundle).fields) == ["kind"]


def test_a_bundle_that_says_the_same_gets_the_same_counts(bundle: Bundle, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(bundle.path, other)
    spec = json.loads((other / "bundle.json").read_text())
    changed = Bundle(other, bundle.spec.model_copy(update={"fingerprint": "0" * 64}))
    assert carry_confusion(bundle, changed) is changed and load_confusion(changed) is None
    keep_confusion(bundle, {"colour": count(bundle)}, measured_on="x")
    carry_confusion(bundle, changed)
    np.testing.assert_array_equal(load_confusion(changed).count("colour"), count(bundle))
    assert spec["fingerprint"] == bundle.fingerprint


def test_another_bundles_counts_are_refused(bundle: Bundle) -> None:
    keep_confusion(bundle, {"colour": count(bundle)}, measured_on="x")
    other = Bundle(bundle.path, bundle.spec.model_copy(update={"fingerprint": "0" * 64}))
    with pytest.raises(BundleError, match="not of this one"):
        load_confusion(other)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data["fields"]["colour"]["cells"].append([0, 99, 1]), "beyond"),
        (lambda data: data["fields"]["colour"]["cells"].append([0, -1, 1]), "greater than or equal"),
        (lambda data: data["fields"]["colour"]["cells"].append([0, 0, 0.5]), "integer"),
        (lambda data: data["fields"]["colour"]["values"].reverse(), "of these values"),
        (lambda data: data["fields"].update(hue=data["fields"]["colour"]), "no single field 'hue'"),
        (lambda data: data["fields"].update(material=data["fields"]["colour"]), "no single field 'material'"),
        (lambda data: data.update(more=1), "more"),
        (lambda data: data.pop("measured_on"), "measured_on"),
    ],
)
def test_a_damaged_file_is_refused(bundle: Bundle, change: object, word: str) -> None:
    keep_confusion(bundle, {"colour": count(bundle)}, measured_on="x")
    path = bundle.path / "confusion.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(BundleError, match=word) as caught:
        load_confusion(bundle)
    assert "modiste bundle confusion --help" in str(caught.value)


def test_a_file_that_is_no_json_or_far_too_long_is_refused(bundle: Bundle) -> None:
    (bundle.path / "confusion.json").write_text("[" * 100_000)
    with pytest.raises(BundleError, match="no table of confusions"):
        load_confusion(bundle)
    with (bundle.path / "confusion.json").open("wb") as file:
        file.truncate(17_000_000)
    with pytest.raises(BundleError, match="at most"):
        load_confusion(bundle)


def test_counts_that_do_not_fit_the_field_are_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="expected a single field"):
        keep_confusion(bundle, {"colour": np.zeros((1, 1), np.int64)}, measured_on="x")
    size = len(bundle.taxonomy["material"])
    with pytest.raises(UsageError, match="expected a single field"):
        keep_confusion(bundle, {"material": np.zeros((size, size), np.int64)}, measured_on="x")


def test_the_shipped_bundle_tells_what_it_was_measured_to_confuse() -> None:
    """Counted on the validation part: the accuracies are those of the card, of added fields those of what is said."""
    bundle = Bundle.open()
    told, metrics = load_confusion(bundle), bundle.spec.metrics
    measured = metrics["on the validation part"]["fields"] | metrics["added fields, on the validation part"]
    assert told.measured_on.startswith("the validation part")
    assert list(told.fields) == [field.name for field in bundle.taxonomy if field.kind == "single"]
    for name in told.fields:
        counts, figures = told.count(name), measured[name]
        assert counts.sum() == pytest.approx(figures["rows"] * figures.get("share said", 1), abs=0.1)
        assert counts.trace() / counts.sum() == pytest.approx(figures["accuracy"], abs=1e-4)
        assert (name in bundle.spec.silence) == ("share said" in figures)

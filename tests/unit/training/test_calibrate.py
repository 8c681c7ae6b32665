"""Nested fields that look at the same evidence are made less sure; nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

pytest.importorskip("torch")

from modiste.bundle import BundleSpec
from modiste.evaluation.calibration import expected_calibration_error, fit_temperature
from modiste.evaluation.thresholds import choose_f1_thresholds
from modiste.imaging import Preprocessing
from modiste.runtime import Decider, score_fields
from modiste.taxonomy import Field, Taxonomy
from modiste.training.calibrate import FieldLabels, calibrate, measure
from modiste.training.recipe import CalibrationRecipe

ROWS = 800
TOP = Field("top", "single", ("0", "1"))
MIDDLE = Field("middle", "single", ("00", "01", "10", "11"), "top", {v: (v[0],) for v in ("00", "01", "10", "11")})
LEAVES = tuple(f"{number:03b}" for number in range(8))
LEAF = Field("leaf", "single", LEAVES, "middle", {value: (value[:2],) for value in LEAVES})
NESTED = Taxonomy((TOP, MIDDLE, LEAF))
FLAT = Taxonomy(tuple(Field(item.name, item.kind, item.values) for item in NESTED))


def simulate(rows: int = ROWS) -> tuple[NDArray[np.float32], list[NDArray[np.uint8]]]:
    """Return logits of three fields that copy one evidence, each right about itself, and one-hot truths."""
    rng = np.random.default_rng(11)
    leaf = rng.normal(0, 2.0, (rows, 8))
    share = np.exp(leaf) / np.exp(leaf).sum(axis=1, keepdims=True)
    truth = (share.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    parts = [share.reshape(rows, size, -1).sum(axis=2) for size in (2, 4, 8)]
    targets = [np.eye(size, dtype=np.uint8)[truth * size // 8] for size in (2, 4, 8)]
    return np.log(np.concatenate(parts, axis=1)).astype(np.float32), targets


def describe(taxonomy: Taxonomy) -> BundleSpec:
    numbers = Preprocessing(height=20, width=16).to_json()
    return BundleSpec(name="t", fields=taxonomy.to_json(), preprocessing=numbers, embedding_size=8)


def label(taxonomy: Taxonomy, targets: list[NDArray[np.uint8]]) -> list[FieldLabels]:
    return [FieldLabels(item, t, np.ones(len(t), np.bool_)) for item, t in zip(taxonomy, targets, strict=True)]


def fit_each(logits: NDArray[np.float32], targets: list[NDArray[np.uint8]]) -> dict[str, float]:
    columns = {"top": slice(0, 2), "middle": slice(2, 6), "leaf": slice(6, 14)}
    pairs = zip(columns.items(), targets, strict=True)
    return {name: fit_temperature(logits[:, column], target.argmax(axis=1)) for (name, column), target in pairs}


def measure_joint(
    spec: BundleSpec, logits: NDArray[np.float32], targets: list[NDArray[np.uint8]]
) -> tuple[float, float]:
    """Return the summed negative log-likelihood of the joint marginals, and the leaf's calibration error."""
    decision = Decider(spec).decide(logits)
    loss = 0.0
    for item, target in zip(spec.taxonomy, targets, strict=True):
        loss -= float(np.log((decision.probabilities[item.name] * target).sum(axis=1)).mean())
    right = targets[2].argmax(axis=1) == decision.choices["leaf"]
    return loss, float(expected_calibration_error(decision.confidence["leaf"], right))


def test_evidence_counted_thrice_is_softened() -> None:
    logits, targets = simulate()
    each = fit_each(logits, targets)
    hard = describe(NESTED).model_copy(update={"temperatures": each})
    soft = calibrate(describe(NESTED), label(NESTED, targets), logits)
    (loss_before, error_before), (loss, error) = (measure_joint(spec, logits, targets) for spec in (hard, soft))
    assert loss <= loss_before
    assert error < error_before / 2
    factors = [soft.temperatures[name] / each[name] for name in each]
    assert factors[0] > 1.2
    np.testing.assert_allclose(factors, factors[0])


def test_the_choices_on_unseen_rows_are_better_calibrated_too() -> None:
    logits, targets = simulate(2 * ROWS)
    fitted, judged = slice(None, ROWS), slice(ROWS, None)
    seen = [target[fitted] for target in targets]
    hard = describe(NESTED).model_copy(update={"temperatures": fit_each(logits[fitted], seen)})
    soft = calibrate(describe(NESTED), label(NESTED, seen), logits[fitted])
    unseen = [target[judged] for target in targets]
    (loss_before, error_before), (loss, error) = (measure_joint(s, logits[judged], unseen) for s in (hard, soft))
    assert loss < loss_before
    assert error < error_before


def simulate_unequal(rows: int) -> tuple[NDArray[np.float32], list[NDArray[np.uint8]]]:
    """As `simulate`, but the leaf's own logits know little of what the levels above know."""
    logits, targets = simulate(rows)
    noise = np.random.default_rng(3).normal(0, 1.5, (rows, 8)).astype(np.float32)
    return np.concatenate([logits[:, :6], logits[:, 6:] * 0.4 + noise], axis=1), targets


def test_a_temperature_after_joint_decoding_mends_what_a_common_factor_can_not() -> None:
    logits, targets = simulate_unequal(2 * ROWS)
    fitted, judged = slice(None, ROWS), slice(ROWS, None)
    spec = calibrate(describe(NESTED), label(NESTED, [target[fitted] for target in targets]), logits[fitted])
    before = spec.model_copy(update={"joint_temperatures": {}})
    unseen = [target[judged] for target in targets]
    (loss_before, _), (loss, _) = (measure_joint(entry, logits[judged], unseen) for entry in (before, spec))
    assert loss < loss_before
    old, new = (Decider(entry).decide(logits[judged]) for entry in (before, spec))
    for name in NESTED.names:
        np.testing.assert_array_equal(old.choices[name], new.choices[name])
        np.testing.assert_array_equal(old.probabilities[name].argmax(axis=1), new.probabilities[name].argmax(axis=1))


def test_joint_temperatures_are_the_likeliest_of_all() -> None:
    logits, targets = simulate_unequal(ROWS)
    spec = calibrate(describe(NESTED), label(NESTED, targets), logits)
    assert spec.joint_temperatures.keys() == set(NESTED.names)
    best = measure_joint(spec, logits, targets)[0]
    losses = []
    for name, (above, below) in spec.joint_temperatures.items():
        for other in ((above * 0.8, below), (above * 1.25, below), (above, below * 0.8), (above, below * 1.25)):
            tried = {**spec.joint_temperatures, name: other}
            losses.append(measure_joint(spec.model_copy(update={"joint_temperatures": tried}), logits, targets)[0])
    assert min(losses) > best - 1e-5  # one may lie at the end of what is allowed
    assert np.median(losses) > best + 1e-4


def test_fields_without_parents_keep_their_own_temperatures() -> None:
    logits, targets = simulate()
    spec = calibrate(describe(FLAT), label(FLAT, targets), logits)
    assert spec.temperatures == fit_each(logits, targets)


def test_few_labels_are_not_enough_for_further_temperatures() -> None:
    logits, targets = simulate(200)
    assert not calibrate(describe(NESTED), label(NESTED, targets), logits).joint_temperatures


def test_thresholds_and_doubt_are_probabilities() -> None:
    logits, targets = simulate()
    taxonomy = Taxonomy((*NESTED, Field("tags", "multi", ("x", "y", "never"))))
    rng = np.random.default_rng(2)
    more = rng.normal(0, 2, (ROWS, 3)).astype(np.float32)
    tags = (rng.random((ROWS, 3)) < 1 / (1 + np.exp(-more))).astype(np.uint8)
    tags[:, 2] = 0
    spec = calibrate(describe(taxonomy), label(taxonomy, [*targets, tags]), np.concatenate([logits, more], axis=1))
    assert spec.thresholds.keys() == {"tags"}
    assert spec.thresholds["tags"].keys() == {"x", "y", "never"}
    assert all(0 <= threshold <= 1 for threshold in spec.thresholds["tags"].values())
    assert spec.doubt.keys() == set(taxonomy.names)
    assert all(0 <= doubt <= 0.9 for doubt in spec.doubt.values())


def test_a_field_of_which_nothing_is_known_is_left_alone() -> None:
    logits, targets = simulate()
    labels = label(FLAT, targets)
    labels[1] = FieldLabels(labels[1].field, targets[1], np.zeros(ROWS, np.bool_))
    spec = calibrate(describe(FLAT), labels, logits)
    assert spec.temperatures.keys() == spec.doubt.keys() == {"top", "leaf"}


def test_what_is_measured_is_what_was_known() -> None:
    logits, targets = simulate()
    labels = label(FLAT, targets)
    labels[0] = FieldLabels(TOP, targets[0], np.arange(ROWS) < 100)
    spec = calibrate(describe(FLAT), labels, logits)
    row = measure(spec, labels, logits)["fields"]["top"]
    right = (logits[:100, :2].argmax(axis=1) == targets[0][:100].argmax(axis=1)).mean()
    assert row["rows"] == 100
    assert row["accuracy"] == pytest.approx(right, abs=1e-4)


TAGS = Taxonomy((Field("tags", "multi", ("a", "b", "c")), Field("more", "multi", ("x",))))


def simulate_tags(rows: int = 400) -> tuple[NDArray[np.float32], list[FieldLabels]]:
    """Return logits of four values, of which the rare ones are said too seldom, and their labels."""
    rng = np.random.default_rng(5)
    logits = rng.normal(-1.0, 2.0, (rows, 4)).astype(np.float32)
    truth = rng.random((rows, 4)) < 1 / (1 + np.exp(-logits - np.array([0.0, 1.0, 2.0, 0.5])))
    known = np.ones(rows, np.bool_)
    known[:20] = False
    return logits, [
        FieldLabels(TAGS["tags"], truth[:, :3].astype(np.uint8), known),
        FieldLabels(TAGS["more"], truth[:, 3:].astype(np.uint8), np.ones(rows, np.bool_)),
    ]


def test_one_global_threshold_has_the_best_micro_f1_of_all() -> None:
    logits, labels = simulate_tags()
    spec = calibrate(describe(TAGS), labels, logits, CalibrationRecipe(thresholds="global", temperature=False))
    assert not spec.temperatures
    limits = {limit for table in spec.thresholds.values() for limit in table.values()}
    assert len(limits) == 1
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    counted = np.concatenate([np.repeat(labels[0].known[:, None], 3, axis=1), labels[1].known[:, None]], axis=1)
    truth = np.concatenate([item.targets for item in labels], axis=1)[counted]

    def measure_f1(limit: float) -> float:
        return float(f1_score(truth, scores[counted] >= limit))

    assert measure_f1(limits.pop()) == pytest.approx(max(measure_f1(limit) for limit in np.unique(scores)))


def test_a_fixed_threshold_is_kept_and_said_by_the_bundle() -> None:
    logits, labels = simulate_tags()
    spec = calibrate(describe(TAGS), labels, logits, CalibrationRecipe(thresholds=0.75))
    assert spec.thresholds == {"tags": dict.fromkeys("abc", 0.75), "more": {"x": 0.75}}
    assert set(spec.temperatures) == {"tags", "more"}
    decision = Decider(spec).decide(logits)
    np.testing.assert_array_equal(decision.chosen["tags"], decision.probabilities["tags"] >= 0.75)


def test_by_default_every_value_has_its_own_best_threshold() -> None:
    logits, labels = simulate_tags()
    spec = calibrate(describe(TAGS), labels, logits)
    assert spec == calibrate(describe(TAGS), labels, logits, CalibrationRecipe())
    own = choose_f1_thresholds(
        labels[1].targets, score_fields(spec.model_copy(update={"thresholds": {}}), logits)["more"], ("x",)
    )
    assert spec.thresholds["more"] == own
    assert len(set(spec.thresholds["tags"].values())) == 3


def test_fields_of_one_value_need_no_threshold() -> None:
    logits, targets = simulate()
    spec = calibrate(describe(FLAT), label(FLAT, targets), logits, CalibrationRecipe(thresholds="global"))
    assert not spec.thresholds

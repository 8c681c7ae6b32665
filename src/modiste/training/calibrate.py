"""How sure an answer may be: temperatures, thresholds and doubt, chosen on the validation part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import BundleSpec
from modiste.evaluation.calibration import (
    choose_doubt_threshold,
    expected_calibration_error,
    fit_multi_temperature,
    fit_temperature,
    fit_two_temperatures,
)
from modiste.evaluation.metrics import confusion_matrix
from modiste.evaluation.thresholds import choose_f1_threshold, choose_f1_thresholds
from modiste.runtime import Decider, Decision, score_fields, slice_fields
from modiste.taxonomy import Field, Taxonomy
from modiste.training.recipe import CalibrationRecipe
from modiste.training.silence import PRECISION, choose_silence

__all__ = ["CHOSEN", "FieldLabels", "calibrate", "count_confusions", "limit_strangers", "measure"]

CHOSEN = ("temperatures", "joint_temperatures", "thresholds", "doubt")  # what a spec has field by field, beside silence

_DOUBT_COVERAGE = 0.95  # each field's surest share of answers, which are never doubtful
_SURE = 0.9  # nine right of ten is not doubtful, however sure a field is of most of its answers
_SOFTER = np.geomspace(1, 4, 29)  # factors tried on the temperatures of a hierarchy
_SMALLEST = 1e-12
_ENOUGH = 400  # known labels: with fewer, chance decides more about two further temperatures than they mend


@dataclass(frozen=True)
class FieldLabels:
    """What is known of one field: targets uint8 [n, values], and known bool [n]."""

    field: Field
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]


def calibrate(
    spec: BundleSpec,
    labels: Sequence[FieldLabels],
    logits: NDArray[np.float32],
    recipe: CalibrationRecipe = CalibrationRecipe(),  # noqa: B008  (frozen)
    *,
    precision: float = PRECISION,
) -> BundleSpec:
    """Return the spec with the temperatures, thresholds, silence and doubt that fit the validation part.

    A temperature for each field makes its own scores fit. Fields of one hierarchy look at the same features, so that
    decoding them jointly counts the same evidence several times and is too sure; a common factor on their
    temperatures, chosen by the likelihood of the joint marginals, mends that. It can't suit all of them at once, and
    what labelled neighbours blend in is too sure where they contradict the network: two more temperatures a field, on
    the marginals above and below one half, then make each fit without changing what is chosen.

    Args:
        spec: The fields. What was chosen of those that no label tells of stays.
        labels: What is known of the fields to calibrate, in taxonomy order.
        logits: float32 [n, values of all fields], from the exported graph.
        recipe: Whether temperatures are fitted, and how thresholds are chosen.
        precision: The share that is to be right of what is said of fields that the spec may be silent of. They are
            never doubtful: what is not sure is not said.
    """
    known = [item for item in labels if item.known.any()]
    spec = _forget(spec, labels)
    if recipe.temperature:
        spec = _soften(spec, known, logits)
    scores = score_fields(spec, logits)
    multi = [item for item in known if item.field.kind == "multi"]
    spec = spec.model_copy(update={"thresholds": spec.thresholds | _choose_thresholds(multi, scores, recipe)})
    spec = _choose_silence(spec, labels, logits, precision)
    doubt = {
        name: min(_SURE, choose_doubt_threshold(confidence, right, coverage=_DOUBT_COVERAGE).threshold)
        for name, (confidence, right) in _judge(spec, known, logits).items()
        if name not in spec.silence
    }
    return spec.model_copy(update={"doubt": spec.doubt | doubt})


def limit_strangers(spec: BundleSpec, familiarity: NDArray[np.float32] | None, share: float) -> BundleSpec:
    """Return the spec with the familiarity below which a picture is taken for no fashion product.

    Args:
        spec: The spec.
        familiarity: float32 [n] of validation pictures, all of which show products; None where the graph does not tell.
        share: At most this share of them is taken for none; 0: nothing ever is.
    """
    limit = None if familiarity is None or not share else float(np.quantile(familiarity, share, method="lower"))
    return spec.model_copy(update={"stranger_below": limit})


def measure(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> dict[str, Any]:
    """Return each field's accuracy, calibration error and share of answers that are not doubtful, and the mean.

    Of fields that the bundle may be silent of, these are figures of what is said where the label is known, beside its
    share; they take no part in the mean.
    """
    known = [item for item in labels if item.known.any()]
    rows: dict[str, dict[str, float]] = {}
    shares = {item.field.name: int(item.known.sum()) for item in known if item.field.name in spec.silence}
    for name, (confidence, right) in _judge(spec, known, logits).items():
        rows[name] = {"rows": shares.get(name, len(right)), **_measure_answers(spec, name, confidence, right)}
        if name in shares:
            rows[name]["share said"] = round(len(right) / shares[name], 4)
    always = [row["accuracy"] for name, row in rows.items() if name not in spec.silence]
    return {"fields": rows, "mean accuracy": round(float(np.mean(always)), 4) if always else None}


def _measure_answers(
    spec: BundleSpec, name: str, confidence: NDArray[np.float64], right: NDArray[np.bool_]
) -> dict[str, float]:
    if not len(right):
        return {}
    return {
        "accuracy": round(float(right.mean()), 4),
        "calibration error": round(expected_calibration_error(confidence, right), 4),
        "share not doubtful": round(float((confidence >= spec.doubt.get(name, 0.0)).mean()), 4),
    }


def count_confusions(labels: Sequence[FieldLabels], decision: Decision) -> dict[str, NDArray[np.int64]]:
    """Return how often each value of a single field was said for each true one, where the label is known.

    Args:
        labels: What is known of each field of n pictures.
        decision: What was answered.

    Returns:
        Field -> int64 [values, values]; a row a true value.
    """
    counts = {}
    for item in labels:
        name = item.field.name
        if item.field.kind == "single" and (rows := item.known & decision.is_said(name)).any():
            truth, said = item.targets[rows].argmax(axis=1), decision.choices[name][rows]
            counts[name] = confusion_matrix(truth, said, classes=len(item.field))
    return counts


def _forget(spec: BundleSpec, labels: Sequence[FieldLabels]) -> BundleSpec:
    """Return the spec without what was chosen before of the fields to calibrate."""
    told = {item.field.name for item in labels}
    kept = {part: {name: value for name, value in getattr(spec, part).items() if name not in told} for part in CHOSEN}
    return spec.model_copy(update=kept)


def _fit_temperature(item: FieldLabels, logits: NDArray[np.float32]) -> float:
    targets, known = item.targets[item.known], logits[item.known]
    if item.field.kind == "single":
        return fit_temperature(known, targets.argmax(axis=1))
    return fit_multi_temperature(known, targets)


def _choose_thresholds(
    labels: Sequence[FieldLabels], scores: dict[str, NDArray[np.float32]], recipe: CalibrationRecipe
) -> dict[str, dict[str, float]]:
    """Return multi field -> value -> threshold."""
    if not labels:
        return {}
    truths = [item.targets[item.known] for item in labels]
    told = [scores[item.field.name][item.known] for item in labels]
    if recipe.thresholds == "per_value":
        each = zip(labels, truths, told, strict=True)
        return {item.field.name: choose_f1_thresholds(truth, own, item.field.values) for item, truth, own in each}
    if recipe.thresholds == "global":
        # The F1 of all decisions as one column is micro-F1.
        columns = (np.concatenate([table.ravel() for table in tables]) for tables in (truths, told))
        limit, _ = choose_f1_threshold(*columns)
    else:
        limit = recipe.thresholds
    return {item.field.name: dict.fromkeys(item.field.values, limit) for item in labels}


def _soften(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> BundleSpec:
    columns = slice_fields(spec.taxonomy)
    temperatures = {item.field.name: _fit_temperature(item, logits[:, columns[item.field.name]]) for item in labels}
    spec = spec.model_copy(update={"temperatures": spec.temperatures | temperatures})
    spec = _soften_hierarchy(spec, labels, logits)
    return _temper(spec, labels, logits)


def _soften_hierarchy(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> BundleSpec:
    nested = _list_nested(spec.taxonomy)
    judged = [item for item in labels if item.field.name in nested]
    if not judged:
        return spec
    softened = {item.field.name for item in judged}
    candidates = [_multiply(spec, softened, float(factor)) for factor in _SOFTER]
    return min(candidates, key=lambda candidate: _joint_loss(candidate, judged, logits))


def _temper(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> BundleSpec:
    """Fit the temperatures of what comes out of decoding the fields together."""
    probabilities = Decider(spec).decide(logits).probabilities
    joint = {
        item.field.name: fit_two_temperatures(
            probabilities[item.field.name][item.known], item.targets[item.known].argmax(axis=1)
        )
        for item in labels
        if item.field.kind == "single" and item.known.sum() >= _ENOUGH
    }
    return spec.model_copy(update={"joint_temperatures": spec.joint_temperatures | joint})


def _choose_silence(
    spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32], precision: float
) -> BundleSpec:
    """Choose from which confidence on a field is said, among the answers of products that have it."""
    told = {item.field.name for item in labels}
    open_ = {name: entry.model_copy(update={"below": 0.0}) for name, entry in spec.silence.items() if name in told}
    if not open_:
        return spec
    known = [item for item in labels if item.known.any()]
    judged = _judge(spec.model_copy(update={"silence": spec.silence | open_}), known, logits)
    return spec.model_copy(update={"silence": spec.silence | choose_silence(open_, judged, precision)})


def _list_nested(taxonomy: Taxonomy) -> set[str]:
    return {name for field in taxonomy if field.parent is not None for name in (field.name, field.parent)}


def _multiply(spec: BundleSpec, names: set[str], factor: float) -> BundleSpec:
    softer = {name: value * (factor if name in names else 1) for name, value in spec.temperatures.items()}
    return spec.model_copy(update={"temperatures": softer})


def _joint_loss(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> float:
    probabilities = Decider(spec).decide(logits).probabilities
    total = 0.0
    for item in labels:
        of_truth = (probabilities[item.field.name] * item.targets).sum(axis=1)[item.known]
        total -= float(np.log(np.maximum(of_truth, _SMALLEST)).mean())
    return total


def _judge(
    spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Return, for each field, the confidence and the rightness of what is said where the label is known."""
    decision = Decider(spec).decide(logits)
    judged = {}
    for item in labels:
        name = item.field.name
        if item.field.kind == "single":
            right = item.targets[np.arange(len(logits)), decision.choices[name]] > 0
        else:
            right = (decision.chosen[name] == (item.targets > 0)).all(axis=1)
        rows = item.known & decision.is_said(name)
        judged[name] = (decision.confidence[name][rows], right[rows])
    return judged

"""From a bundle and somebody's own labels to a bundle that says these: heads, calibration, graph, figures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import (
    Bundle,
    BundleSpec,
    Silence,
    attach_text,
    build_card,
    keep_confusion,
    keep_training_items,
    read_purpose,
    rewrite_notes,
    write_bundle,
)
from modiste.errors import BundleError, ExportError
from modiste.evaluation import Evaluation, Predictions, mark_items, score_predictions
from modiste.manifest import Manifest
from modiste.runtime import Decider, Decision, Network, NetworkOutput, slice_fields
from modiste.splits import digest_pictures
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.choosing import DECAYS, ChosenHead, choose_head, refit_head
from modiste.training.adapting.countdown import Countdown
from modiste.training.adapting.fields import merge_fields
from modiste.training.adapting.graph import attach_heads
from modiste.training.adapting.heads import LinearHead
from modiste.training.adapting.material import Material, prepare_material
from modiste.training.adapting.settings import AdaptSettings
from modiste.training.calibrate import CHOSEN, FieldLabels, calibrate, count_confusions
from modiste.training.dataset import read_items
from modiste.training.features import compute_features
from modiste.training.labelled_pictures import run_network, select_labels

__all__ = ["Adaptation", "adapt_bundle", "fit_heads", "judge_held", "mark_learnt", "note_figures", "refit_heads"]

_PARITY: Final = 1e-3
_COMPARED: Final = 256
_HELD: Final = "on items that were held out"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Adaptation:
    """A bundle that was adapted, and how good it is.

    Args:
        bundle: The bundle.
        material: What it learnt from.
        heads: The learnt fields' heads.
        evaluation: Figures of the learnt fields on the items that were held out.
        decision: What it says of these.
        notes: What happened to the hierarchy of the kept fields; of a fine-tuned network, what that has gained.
        deep: Whether the network was fine-tuned.
    """

    bundle: Bundle
    material: Material
    heads: Mapping[str, ChosenHead]
    evaluation: Evaluation
    decision: Decision
    notes: tuple[str, ...]
    deep: bool = False


def adapt_bundle(
    bundle: Bundle,
    manifest: Manifest,
    folder: Path,
    settings: AdaptSettings | None = None,
    *,
    name: str = "",
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Adaptation:
    """Teach a bundle new fields, or its own fields anew, on the features that it has.

    What is kept answers as before to the last bit, and so does the embedding, so that a text encoder goes on to fit.
    Weight decay, temperatures, thresholds and doubt are chosen by the folds of the items to learn from; the figures are
    those of items that chose nothing.

    Args:
        bundle: A bundle that modiste exported.
        manifest: The labelled items (`prepare_material`).
        folder: The bundle to write; it must not exist yet.
        settings: What is asked for; by default as `AdaptSettings`.
        name: Of the new bundle; by default the folder's.
        training: What the card says of the adaptation: command, data.
        say: Told what goes on.

    Raises:
        BundleError: The folder exists already.
        UsageError: There is too little to learn from.
        ExportError: The bundle was not exported by modiste, or the new graph answers otherwise than the heads that it
            was made from; nothing is written.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    settings = settings or AdaptSettings()
    with tempfile.TemporaryDirectory() as scratch:
        material = prepare_material(bundle, manifest, settings, Path(scratch), say=say)
        heads = fit_heads(material, settings, say=say)
        taxonomy, notes = merge_fields(bundle.taxonomy, material.learnt, material.kept)
        fitted = {field: chosen.head for field, chosen in heads.items()}
        graph = attach_heads(bundle.read_weights(), bundle.taxonomy, taxonomy.names, fitted)
        spec = _build_spec(bundle, taxonomy, material, heads)
        draft = write_bundle(Path(scratch) / "draft", spec=spec, onnx=graph, card="")
        say(f"judging on {len(material.held)} items that nothing was chosen by")
        output = run_network(Network(draft, threads=settings.threads), material.held_pixels)
        _check_graph(bundle, spec, fitted, output, material)
    decision = Decider(spec).decide(output.logits)
    evaluation = judge_held(spec, decision, material)
    spec = _note(spec, bundle, evaluation, name or folder.name, training or {})
    purpose = f"{bundle.spec.name}, adapted: {', '.join(material.learnt)} learnt from {len(material.learn)} items."
    written = write_bundle(folder, spec=spec, onnx=graph, card=build_card(spec, purpose=purpose))
    if bundle.spec.text is not None:
        written = attach_text(written, bundle.spec.text, bundle.read_text_weights())
    written = keep_training_items(written, mark_learnt(bundle, material.learn))
    confusions = count_confusions(_list_labels(material.held, material.taxonomy), decision)
    written = keep_confusion(written, confusions, measured_on=f"{len(material.held):,} items that were held out")
    return Adaptation(written, material, heads, evaluation, decision, tuple(notes))


def fit_heads(material: Material, settings: AdaptSettings, *, say: Say = print) -> dict[str, ChosenHead]:
    """Choose and fit the head of each learnt field.

    Args:
        material: Features, labels and folds; another network's features serve as well, which makes a baseline.
        settings: The weights of values.
        say: Told what goes on.

    Returns:
        Field -> head, with logits of the items to learn from; rows whose label is not known have logits of 0.
    """
    countdown = Countdown("fitting heads", len(material.learnt) * (len(DECAYS) * settings.folds + 1), say)
    heads = {}
    for labels in _list_labels(material.learn, material.taxonomy):
        chosen = choose_head(
            material.features[labels.known],
            labels.targets[labels.known],
            material.folds[labels.known],
            labels.field.kind,
            weights=settings.class_weights,
            threads=settings.threads,
            advance=countdown.advance,
        )
        logits = np.zeros(labels.targets.shape, np.float32)
        logits[labels.known] = chosen.logits
        heads[labels.field.name] = ChosenHead(chosen.head, chosen.decay, logits, chosen.losses)
    return heads


def refit_heads(
    material: Material, heads: Mapping[str, ChosenHead], rows: NDArray[np.bool_], settings: AdaptSettings
) -> dict[str, LinearHead]:
    """Fit heads anew to some of the items, held back as strongly as was chosen.

    Args:
        material: Features and labels.
        heads: `fit_heads`.
        rows: bool [items to learn from], those to fit to.
        settings: The weights of values.
    """
    refitted = {}
    for labels in _list_labels(material.learn, material.taxonomy):
        chosen, taught = heads[labels.field.name], labels.known & rows
        refitted[labels.field.name] = refit_head(
            material.features[taught],
            labels.targets[taught],
            labels.field.kind,
            decay=chosen.decay,
            weights=settings.class_weights,
        )
    return refitted


def _list_labels(manifest: Manifest, taxonomy: Taxonomy) -> list[FieldLabels]:
    return select_labels(read_items(manifest, taxonomy), taxonomy, np.arange(len(manifest)))


def _build_spec(bundle: Bundle, taxonomy: Taxonomy, material: Material, heads: Mapping[str, ChosenHead]) -> BundleSpec:
    """Calibrate the learnt fields by what the folds said of each other; the kept ones are as sure as before."""
    learnt, old = material.taxonomy, bundle.spec
    alone = old.with_text(None).model_copy(
        update={"fields": learnt.to_json(), "silence": {}, **{part: {} for part in CHOSEN}}
    )
    alone = BundleSpec.model_validate(alone.with_text(None).model_dump(exclude={"text", "fingerprint"}))
    logits = np.concatenate([heads[name].logits for name in learnt.names], axis=1)
    new = calibrate(alone, _list_labels(material.learn, learnt), logits)
    update: dict[str, Any] = {"fields": taxonomy.to_json()}
    for part in CHOSEN:
        kept = {name: value for name, value in getattr(old, part).items() if name in material.kept}
        update[part] = {**kept, **getattr(new, part)}
    update["silence"] = _keep_silence(old.silence, material.kept)
    spec = alone.model_copy(update=update).with_text(None)  # which says what version of the format it needs
    return BundleSpec.model_validate(spec.model_dump(exclude={"text", "fingerprint"}))


def _keep_silence(silence: Mapping[str, Silence], kept: Sequence[str]) -> dict[str, Silence]:
    """Return where the kept fields are not said; once the kinds of product are others, by their confidence alone."""
    return {
        name: entry if entry.under in (None, *kept) else Silence(below=entry.below)
        for name, entry in silence.items()
        if name in kept
    }


def _check_graph(
    bundle: Bundle, spec: BundleSpec, heads: Mapping[str, Any], output: NetworkOutput, material: Material
) -> None:
    """Check that what was kept is the same to the last bit, and that new answers are those of the heads."""
    pixels = material.held_pixels[:_COMPARED]
    before, columns, old = (
        run_network(Network(bundle), pixels),
        slice_fields(spec.taxonomy),
        slice_fields(bundle.taxonomy),
    )
    features = compute_features(bundle, pixels, np.arange(len(pixels)))
    pairs = [(before.embedding, output.embedding[: len(pixels)])]
    pairs += [(before.logits[:, old[name]], output.logits[: len(pixels), columns[name]]) for name in material.kept]
    pairs += [(head.apply(features), output.logits[: len(pixels), columns[name]]) for name, head in heads.items()]
    largest = max(float(np.abs(one - other).max()) for one, other in pairs)
    if not largest <= _PARITY:
        raise ExportError(
            f"the new graph differs by {largest:.2g} from the old one or from its heads; at most {_PARITY:g} is "
            f"allowed. Nothing was written. Type: modiste bundle verify {bundle.path}"
        )


def judge_held(spec: BundleSpec, decision: Decision, material: Material) -> Evaluation:
    """Judge what a bundle says of the items that were held out."""
    chosen = {name: decision.mark_said(name) for name in spec.taxonomy.names}
    scores = {name: np.clip(table, 0, 1).astype(np.float32) for name, table in decision.probabilities.items()}
    told = Predictions(spec.taxonomy, tuple(material.held.items["item_id"]), scores, chosen)
    return score_predictions(material.held, told, training=material.learn, fields=list(material.learnt))


def mark_learnt(bundle: Bundle, learn: Manifest) -> NDArray[np.uint64]:
    """Return the marks of all that the bundle and its new heads learnt from."""
    marks = mark_items(learn, digest_pictures(learn.items["image"]))
    known = bundle.read_training_items()
    return marks if known is None else np.union1d(known, marks)


def note_figures(bundle: Bundle, evaluation: Evaluation) -> Bundle:
    """Write the figures of the items that were held out into a bundle's notes and card."""
    metrics = {**bundle.spec.metrics, _HELD: _list_figures(evaluation)}
    spec = bundle.spec.model_copy(update={"metrics": metrics})
    return rewrite_notes(bundle, spec, build_card(spec, purpose=read_purpose(bundle.card)))


def _note(
    spec: BundleSpec, bundle: Bundle, evaluation: Evaluation, name: str, training: Mapping[str, Any]
) -> BundleSpec:
    """Write down how the bundle was made and how good it is."""
    notes: dict[str, Any] = {"adapted from": f"{bundle.spec.name}, fingerprint {bundle.fingerprint}", **training}
    before, metrics = dict(bundle.spec.training), {_HELD: _list_figures(evaluation)}
    return spec.model_copy(update={"name": name, "training": {**notes, "before": before}, "metrics": metrics})


def _list_figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        result.field: {
            "rows": result.rows,
            "accuracy": str(getattr(result, "accuracy", None) or getattr(result, "exact", "")),
            "macro-F1": str(result.macro_f1) if not isinstance(result.macro_f1, float) else round(result.macro_f1, 4),
            "majority": "-" if result.majority is None else round(result.majority, 4),
        }
        for result in evaluation.results
    }

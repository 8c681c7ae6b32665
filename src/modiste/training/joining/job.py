"""From runs or bundles to one bundle, calibrated anew on items that none of them learnt from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modiste.bundle import Bundle, BundleSpec, build_card, keep_confusion, keep_training_items, write_bundle
from modiste.errors import BundleError, UsageError
from modiste.evaluation import read_history
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network
from modiste.training.calibrate import calibrate, count_confusions, measure
from modiste.training.dataset import read_items
from modiste.training.export import export_network
from modiste.training.joining.checks import check_bundles, check_runs, check_same_validation, check_untouched
from modiste.training.joining.graph import join_graphs
from modiste.training.joining.weights import average_networks, renew_statistics
from modiste.training.judged import load_judged
from modiste.training.labelled_pictures import read_labelled_pictures, run_network
from modiste.training.pictures import cache_pictures
from modiste.training.recipe import CalibrationRecipe
from modiste.training.run import TrainingRun
from modiste.training.run_bundle import open_run_bundle
from modiste.training.silence import PRECISION

__all__ = ["Joined", "join_by_predictions", "join_by_weights"]

Say = Callable[[str], None]
_ON = "on the validation part"


@dataclass(frozen=True)
class Joined:
    """A bundle that was made of several networks.

    Args:
        bundle: The bundle.
        accuracies: Name of each network -> its accuracy on the items that calibrate, mean of the fields.
        silent: The bundles that do not say what they were trained on; the new one then does not say either.
    """

    bundle: Bundle
    accuracies: Mapping[str, float]
    silent: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """The bundle's own accuracy on these items."""
        figures: Any = self.bundle.spec.metrics[_ON]
        return float("nan") if figures["mean accuracy"] is None else float(figures["mean accuracy"])


def join_by_weights(
    runs: Mapping[str, TrainingRun],
    folder: Path,
    *,
    name: str,
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Joined:
    """Average the weights of runs of one recipe, and make a bundle of the mean.

    The statistics of the norms are measured anew on the first run's training pictures, without random changes.

    Args:
        runs: Name -> run, at least two, of one recipe (but for its seed) and chosen by the same items.
        folder: The bundle to write; it must not exist yet.
        name: Its name.
        training: What the card says beside what was averaged.
        say: Told what goes on.

    Raises:
        UsageError: The runs do not fit together; the text says why.
        BundleError: The folder exists already.
        RecipeError: A run has no checkpoint.
        ExportError: The mean can't be exported.
    """
    _check_new(folder)
    check_runs(runs)
    check_same_validation(runs)
    opened = {key: open_run_bundle(run, say=say) for key, run in runs.items()}
    first = next(iter(runs.values()))
    loaded = [load_judged(run) for run in runs.values()]
    stages = {stage for _, stage in loaded}
    numbers = {first.preprocessing(first.recipe.stages[stage]) for stage in stages}
    if len(numbers) > 1:
        raise UsageError("the runs stand at stages of different picture sizes; finish them: modiste train ...")
    network, changed = average_networks([network for network, _ in loaded])
    preprocessing = numbers.pop()
    if changed:
        say("measuring the statistics of the mean on training pictures")
        cached = cache_pictures(first.train.requests[: len(first.train)], preprocessing, first.folder / "cache")
        readable = np.array([at for at in range(len(first.train)) if at not in cached.failures])
        renew_statistics(network, cached.pixels, readable, preprocessing, seed=first.recipe.seed)
    notes = {**_describe("weights", opened), **(training or {})}
    written = export_network(first, network, preprocessing, folder, name=name, training=notes)
    accuracies = {key: read_history(run.history)[-1].val_accuracy for key, run in runs.items() if run.history.exists()}
    marked, silent = _unite_marks(written, opened)
    return Joined(marked, accuracies, silent)


def join_by_predictions(
    bundles: Mapping[str, Bundle],
    judges: Manifest,
    folder: Path,
    *,
    name: str,
    calibration: CalibrationRecipe | None = None,
    precision: float = PRECISION,
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Joined:
    """Put several networks into one bundle that says the mean of what they say.

    Args:
        bundles: Name -> bundle, at least two, of the same fields and preprocessing.
        judges: Labelled items that none of them learnt from; temperatures, thresholds and doubt are chosen by them.
        folder: The bundle to write; it must not exist yet.
        name: Its name.
        calibration: How these are chosen.
        precision: The share that is to be right of what is said of fields that the first bundle may be silent of.
        training: What the card says beside what was averaged.
        say: Told what goes on.

    Raises:
        UsageError: The bundles do not fit together, or one was trained on some of the items.
        BundleError: The folder exists already.
        ExportError: The graphs can't be joined.
    """
    _check_new(folder)
    check_bundles(bundles)
    silent = check_untouched(bundles, judges)
    one = next(iter(bundles.values())).spec
    graph = join_graphs(list(bundles.values()))
    size = sum(bundle.spec.embedding_size for bundle in bundles.values())
    spec = BundleSpec(name=name, fields=one.fields, preprocessing=one.preprocessing, embedding_size=size)
    say(f"calibrating on {len(judges)} items")
    with tempfile.TemporaryDirectory() as scratch:
        items = read_items(judges, one.taxonomy)
        pictures, labels = read_labelled_pictures(items, one.taxonomy, one.resize, Path(scratch) / "cache")
        draft = write_bundle(Path(scratch) / "draft", spec=spec, onnx=graph, card="")
        logits = run_network(Network(draft), pictures).logits
        accuracies = {
            key: measure(bundle.spec, labels, run_network(Network(bundle), pictures).logits)["mean accuracy"]
            for key, bundle in bundles.items()
        }
    spec = spec.model_copy(update={"silence": one.silence})
    spec = calibrate(spec, labels, logits, calibration or CalibrationRecipe(), precision=precision)
    notes = {**_describe("predictions", bundles), **(training or {})}
    spec = spec.model_copy(update={"metrics": {_ON: measure(spec, labels, logits)}, "training": notes})
    card = build_card(spec, purpose=f"The mean of what {len(bundles)} networks say: {', '.join(bundles)}.")
    marked, _ = _unite_marks(write_bundle(folder, spec=spec, onnx=graph, card=card), bundles)
    confusions = count_confusions(labels, Decider(spec).decide(logits))
    told = keep_confusion(marked, confusions, measured_on=f"the validation part, {len(logits):,} pictures")
    return Joined(told, accuracies, tuple(silent))


def _check_new(folder: Path) -> None:
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")


def _describe(by: str, bundles: Mapping[str, Bundle]) -> dict[str, Any]:
    return {
        "combined by": by,
        "combined from": [f"{bundle.spec.name}, fingerprint {bundle.fingerprint}" for bundle in bundles.values()],
    }


def _unite_marks(written: Bundle, bundles: Mapping[str, Bundle]) -> tuple[Bundle, tuple[str, ...]]:
    """Keep the marks of all that any of them learnt from; where one is silent, half the truth is not told either."""
    marks = {name: bundle.read_training_items() for name, bundle in bundles.items()}
    silent = tuple(name for name, found in marks.items() if found is None)
    if silent:
        return written, silent
    found = [entry for entry in marks.values() if entry is not None]
    return keep_training_items(written, np.unique(np.concatenate(found))), ()

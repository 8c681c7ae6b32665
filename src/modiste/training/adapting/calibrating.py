"""A finished bundle calibrated anew: how sure its answers are, and what it takes for no fashion product."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle, BundleSpec, write_bundle
from modiste.errors import BundleError, RecipeError
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.successor import write_successor
from modiste.training.calibrate import calibrate, count_confusions, limit_strangers, measure
from modiste.training.dataset import choose_parts, read_items
from modiste.training.drawn_features import compute_drawn_features
from modiste.training.familiarity import attach_familiarity, find_directions
from modiste.training.features import compute_features
from modiste.training.labelled_pictures import read_labelled_pictures, run_network
from modiste.training.pictures import cache_pictures
from modiste.training.recipe import Recipe

__all__ = ["ADDED_FIGURES", "NewGraph", "calibrate_bundle", "choose_anew", "read_training_pictures"]

ADDED_FIGURES: Final = "added fields, on the validation part"
"""Where a card has the figures of fields that the bundle may be silent of."""
_FIGURES: Final = "on the validation part"

Say = Callable[[str], None]


class NewGraph(NamedTuple):
    """A bundle's graph, and what it learnt from beside what the one before learnt from; None: nothing."""

    content: bytes
    learnt: Manifest | None


def calibrate_bundle(
    bundle: Bundle,
    manifest: Manifest,
    recipe: Recipe,
    recipe_folder: Path,
    folder: Path,
    *,
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Bundle:
    """Choose a bundle's temperatures, thresholds, doubt and limit for strangers anew, and write it with them.

    The network stays as it is, and so do its vectors and its words. If it does not tell strangers yet and the recipe
    asks for that, the directions of what it sees in the training part are put beside it.

    Args:
        bundle: A bundle that modiste exported.
        manifest: The data set.
        recipe: Its sections ``data``, ``calibration`` and ``silence``. Of ``data.fields`` those are calibrated that the
            bundle has; what was chosen of its other fields stays.
        recipe_folder: Where the recipe's files are looked up.
        folder: The bundle to write; it must not exist yet.
        training: What the card says of it: command, data.
        say: Told what goes on.

    Raises:
        RecipeError: The recipe has no field of the bundle, no validation item has a label, or the recipe does not fit
            the data.
        ExportError: The bundle was not exported by modiste.
        BundleError: The folder exists already.
    """
    return choose_anew(
        bundle,
        manifest,
        recipe,
        recipe_folder,
        folder,
        make_graph=partial(_tell_strangers, bundle, recipe=recipe, say=say),
        notes={"calibrated anew": dict(training or {})},
        say=say,
    )


def choose_anew(
    bundle: Bundle,
    manifest: Manifest,
    recipe: Recipe,
    recipe_folder: Path,
    folder: Path,
    *,
    make_graph: Callable[[Manifest, Taxonomy, Path], NewGraph],
    notes: Mapping[str, Any],
    say: Say,
) -> Bundle:
    """Write a bundle with another graph, and with all that is chosen on the validation part chosen for it.

    Args:
        bundle: The bundle before.
        manifest: The data set.
        recipe: As for `calibrate_bundle`.
        recipe_folder: Where the recipe's files are looked up.
        folder: The bundle to write.
        make_graph: Given the training part, the fields and a folder for what is decoded, makes the graph.
        notes: What the card says of it, beside what it said before.
        say: Told what goes on.

    Raises:
        RecipeError, ExportError, BundleError: As `calibrate_bundle`.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    train, validation = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
    taxonomy = _choose_fields(bundle, train.taxonomy, recipe)
    with tempfile.TemporaryDirectory() as scratch:
        graph, learnt = make_graph(train, taxonomy, Path(scratch))
        say(f"reading {len(validation)} pictures to choose by")
        items, cache = read_items(validation, taxonomy), Path(scratch) / "validation"
        pictures, labels = read_labelled_pictures(items, taxonomy, bundle.preprocessing, cache)
        if not any(entry.known.any() for entry in labels):
            raise RecipeError(f"no validation item has a label of {', '.join(taxonomy.names)}; nothing can be chosen")
        draft = write_bundle(Path(scratch) / "draft", spec=bundle.spec.with_text(None), onnx=graph, card="")
        output = run_network(Network(draft), pictures)
    spec = bundle.spec.with_text(None)
    spec = calibrate(spec, labels, output.logits, recipe.calibration, precision=recipe.silence.precision)
    spec = limit_strangers(spec, output.familiarity, recipe.calibration.strangers)
    spec = _note(bundle, spec, measure(spec, labels, output.logits), notes)
    confusions = count_confusions(labels, Decider(spec).decide(output.logits))
    return write_successor(bundle, folder, spec=spec, graph=graph, learnt=learnt, confusions=confusions)


def _choose_fields(bundle: Bundle, known: Taxonomy, recipe: Recipe) -> Taxonomy:
    """Return the bundle's fields that the recipe asks for and the data has labels of."""
    asked = recipe.data.fields or known.names
    names = tuple(name for name in bundle.taxonomy.names if name in asked and name in known)
    if not names:
        raise RecipeError(
            f"the data has labels of {', '.join(known.names)}, and data.fields names {', '.join(asked)}; expected some "
            f"of the bundle's fields: {', '.join(bundle.taxonomy.names)}"
        )
    return bundle.taxonomy.select(names)


def _tell_strangers(
    bundle: Bundle, train: Manifest, taxonomy: Taxonomy, scratch: Path, *, recipe: Recipe, say: Say
) -> NewGraph:
    """Return the bundle's graph, with the familiarity if it is asked for and not there yet."""
    graph = bundle.read_weights()
    if not recipe.calibration.strangers or Network(bundle).tells_familiarity:
        return NewGraph(graph, None)
    say(f"looking at {len(train)} training pictures and some drawn ones, to tell what is no product")
    pixels, readable = read_training_pictures(bundle, train, taxonomy, scratch)
    features = compute_features(bundle, pixels, readable)
    return NewGraph(attach_familiarity(graph, find_directions(features, compute_drawn_features(bundle))), train)


def read_training_pictures(
    bundle: Bundle, train: Manifest, taxonomy: Taxonomy, scratch: Path
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return pictures of the training part as a bundle's network reads them, and which of them could be read.

    Raises:
        RecipeError: None could.
    """
    cached = cache_pictures(read_items(train, taxonomy).requests, bundle.preprocessing, scratch / "train")
    readable = np.array([row for row in range(len(train)) if row not in cached.failures], np.intp)
    if not len(readable):
        raise RecipeError(f"not one of {len(train)} training pictures can be read. Type: modiste data inspect SOURCE")
    return cached.pixels, readable


def _note(bundle: Bundle, spec: BundleSpec, measured: Mapping[str, Any], notes: Mapping[str, Any]) -> BundleSpec:
    """Put the new figures in the place of the old ones, which speak of answers that are given no more."""
    old: Any = {name: bundle.spec.metrics.get(name, {}) for name in (_FIGURES, ADDED_FIGURES)}
    fields = {**old[_FIGURES].get("fields", {}), **old[ADDED_FIGURES], **measured["fields"]}
    always = {name: row for name, row in fields.items() if name not in spec.silence}
    figures: dict[str, Any] = {"fields": always}
    if always.keys() <= measured["fields"].keys():
        figures["mean accuracy"] = measured["mean accuracy"]
    added = {name: row for name, row in fields.items() if name in spec.silence}
    metrics = {_FIGURES: figures} | ({ADDED_FIGURES: added} if added else {})
    return spec.model_copy(update={"training": {**bundle.spec.training, **notes}, "metrics": metrics})

"""Fields added to a finished bundle by a recipe: heads on its features, with silence where a product has none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle, BundleSpec, write_bundle
from modiste.errors import BundleError, ExportError, RecipeError
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network, NetworkOutput, slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.calibrating import ADDED_FIGURES
from modiste.training.adapting.choosing import ChosenHead, choose_head_by
from modiste.training.adapting.graph import attach_heads
from modiste.training.adapting.successor import write_successor
from modiste.training.calibrate import FieldLabels, calibrate, count_confusions, measure
from modiste.training.dataset import LabelledItems, check_names, choose_parts, learn_taxonomy, read_items
from modiste.training.features import compute_features
from modiste.training.labelled_pictures import run_network, select_labels
from modiste.training.pictures import cache_pictures
from modiste.training.recipe import Recipe
from modiste.training.silence import learn_silence

__all__ = ["add_fields"]


Say = Callable[[str], None]


@dataclass(frozen=True)
class _Part:
    """Items with a label of an added field: what is known of them, their pictures and features.

    ``pixels`` uint8 [n, height, width, 3], ``features`` float32 [n, features].
    """

    labels: list[FieldLabels]
    pixels: NDArray[np.uint8]
    features: NDArray[np.float32]


def add_fields(
    bundle: Bundle,
    manifest: Manifest,
    recipe: Recipe,
    recipe_folder: Path,
    folder: Path,
    *,
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Bundle:
    """Teach a bundle further fields, and write it anew with them; all that it said before stays to the last bit.

    The heads learn from the training part; how strongly they are held back, their temperatures, thresholds and silence
    are chosen on the validation part, which the network has not learnt from either if the parts are those of its own
    training.

    Args:
        bundle: A bundle that modiste exported.
        manifest: The data set.
        recipe: Its sections ``data``, ``calibration`` and ``silence``; fields that the bundle has are not learnt.
        recipe_folder: Where the recipe's files are looked up.
        folder: The bundle to write; it must not exist yet.
        training: What the card says of it: command, data.
        say: Told what goes on.

    Raises:
        RecipeError: There is nothing to add, or the recipe does not fit the data or the bundle.
        ExportError: The bundle was not exported by modiste, or the new graph says something else than before; nothing
            is written.
        BundleError: The folder exists already.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    train, validation = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
    learnt = _choose_fields(bundle, train, recipe)
    taxonomy = Taxonomy((*bundle.taxonomy.fields, *learnt.fields))
    with tempfile.TemporaryDirectory() as scratch:
        own, held = (
            _read(bundle, part, learnt, Path(scratch) / name, say)
            for name, part in (("train", train), ("validation", validation))
        )
        heads = {name: _fit(own, held, at, say) for at, name in enumerate(learnt.names)}
        graph = attach_heads(
            bundle.read_weights(), bundle.taxonomy, taxonomy.names, {name: entry.head for name, entry in heads.items()}
        )
        spec = _describe(bundle, taxonomy, train, learnt, recipe)
        draft = write_bundle(Path(scratch) / "draft", spec=spec, onnx=graph, card="")
        output = run_network(Network(draft), held.pixels)
        _check_kept(bundle, spec, output, held.pixels)
    spec = calibrate(spec, held.labels, output.logits, recipe.calibration, precision=recipe.silence.precision)
    notes = {"fields": ", ".join(learnt.names), "weight decays": _list_decays(heads), **(training or {})}
    figures = measure(spec, held.labels, output.logits)["fields"]
    spec = spec.model_copy(
        update={
            "training": {**bundle.spec.training, "added fields": notes},
            "metrics": {**bundle.spec.metrics, ADDED_FIGURES: figures},
        }
    )
    confusions = count_confusions(held.labels, Decider(spec).decide(output.logits))
    return write_successor(bundle, folder, spec=spec, graph=graph, learnt=train, confusions=confusions)


def _choose_fields(bundle: Bundle, train: Manifest, recipe: Recipe) -> Taxonomy:
    """Return the fields of the data that the bundle lacks."""
    known = learn_taxonomy(train, recipe.data)
    check_names(recipe, known)
    behind = {*bundle.taxonomy.names, *recipe.data.training_only}
    names = tuple(name for name in known.names if name not in behind)
    if not names:
        raise RecipeError(
            f"data.fields names {', '.join(known.names)}, and the bundle says all of them; name one that it lacks, or "
            "type: modiste adapt --help"
        )
    if recipe.silence.under is not None and recipe.silence.under not in bundle.taxonomy:
        raise RecipeError(f"silence.under = {recipe.silence.under!r}: the bundle has no such field to tell by")
    return known.select(names)


def _read(bundle: Bundle, part: Manifest, learnt: Taxonomy, scratch: Path, say: Say) -> _Part:
    items = read_items(part, learnt)
    told = np.flatnonzero(items.known.any(axis=1))
    say(f"reading {len(told)} labelled pictures")
    cached = cache_pictures([items.requests[row] for row in told], bundle.preprocessing, scratch)
    readable = np.array([row for row in range(len(told)) if row not in cached.failures], np.intp)
    if not len(readable):
        raise RecipeError(f"not one of {len(told)} labelled pictures can be read. Type: modiste data inspect SOURCE")
    say(f"computing the features of {len(readable)} pictures")
    features = compute_features(bundle, cached.pixels, readable)
    return _Part(select_labels(items, learnt, told[readable]), cached.pixels[readable], features)


def _fit(own: _Part, held: _Part, at: int, say: Say) -> ChosenHead:
    labels, judges = own.labels[at], held.labels[at]
    if not labels.known.any() or not judges.known.any():
        raise RecipeError(
            f"{labels.field.name}: {int(labels.known.sum())} labels to learn from and {int(judges.known.sum())} to "
            "choose by; expected some of both. Leave it out of data.fields"
        )
    found = choose_head_by(
        own.features[labels.known],
        labels.targets[labels.known],
        (held.features[judges.known], judges.targets[judges.known]),
        labels.field.kind,
    )
    say(f"{labels.field.name}: {int(labels.known.sum())} labels, weight decay {found.decay:g}")
    return found


def _describe(bundle: Bundle, taxonomy: Taxonomy, train: Manifest, learnt: Taxonomy, recipe: Recipe) -> BundleSpec:
    under = recipe.silence.under
    told = Taxonomy((*(bundle.taxonomy.select((under,)).fields if under else ()), *learnt.fields))
    items: LabelledItems = read_items(train, told)
    silence = {**bundle.spec.silence, **learn_silence(items, told, recipe.silence)}
    spec = bundle.spec.with_text(None).model_copy(update={"fields": taxonomy.to_json(), "silence": silence})
    return BundleSpec.model_validate(
        {**spec.model_dump(exclude={"text", "fingerprint"}), "format_version": spec.needed_version}
    )


def _check_kept(bundle: Bundle, spec: BundleSpec, output: NetworkOutput, pixels: NDArray[np.uint8]) -> None:
    before = run_network(Network(bundle), pixels)
    columns = slice_fields(spec.taxonomy)
    kept = np.concatenate([output.logits[:, columns[name]] for name in bundle.taxonomy.names], axis=1)
    if not (np.array_equal(kept, before.logits) and np.array_equal(output.embedding, before.embedding)):
        raise ExportError(
            f"the new graph says something else than {bundle.path} of what was there before. Nothing was written. "
            f"Type: modiste bundle verify {bundle.path}"
        )


def _list_decays(heads: Mapping[str, ChosenHead]) -> str:
    return ", ".join(f"{name} {chosen.decay:g}" for name, chosen in heads.items())

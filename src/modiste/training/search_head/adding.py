"""From a bundle and a labelled data set to a bundle that searches better."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle, build_card, carry_confusion, keep_training_items, write_bundle
from modiste.bundle.card import read_purpose
from modiste.errors import BundleError, ExportError, RecipeError
from modiste.evaluation import mark_items
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network
from modiste.splits import digest_pictures
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import LabelledItems, choose_parts, read_items
from modiste.training.features import compute_features
from modiste.training.pictures import CachedPictures, cache_pictures
from modiste.training.recipe import Recipe
from modiste.training.search_head.fitting import SearchHead, describe_recipe, fit_search_head, list_pair_labels
from modiste.training.search_head.graph import attach_search_head

__all__ = ["add_search_head"]

_COMPARED: Final = 1024
_PARITY: Final = 1e-3
_SAME_ANSWERS: Final = 0.999


def add_search_head(
    bundle: Bundle,
    manifest: Manifest,
    recipe: Recipe,
    recipe_folder: Path,
    folder: Path,
    *,
    training: Mapping[str, Any],
    say: Callable[[str], None] = print,
) -> Bundle:
    """Fit vectors for search to a bundle's features, and write the bundle anew with them.

    What the bundle says of pictures stays as it is. Its vectors change, so catalogues must be rebuilt, and a text
    encoder, which was trained beside the old ones, is left out.

    Args:
        bundle: A bundle that modiste exported.
        manifest: The data set that it was trained on, or another one with the same fields.
        recipe: Its sections ``data`` and ``search``.
        recipe_folder: Where the recipe's split file is looked up.
        folder: The bundle to write; it must not exist yet.
        training: What the card says of the fitting: command, data.
        say: Told what goes on.

    Raises:
        RecipeError: The recipe names no fields by which items are alike, or there is nothing to learn.
        ExportError: The new graph answers otherwise than the old one, or than its own layer; nothing is written.
        BundleError: The folder exists already.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    if not recipe.search.alike:
        raise RecipeError(
            "search.alike is empty; write such as alike = [['articleType'], ['articleType', 'baseColour']]"
        )
    train, validation = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
    with tempfile.TemporaryDirectory() as scratch:
        taxonomy = bundle.taxonomy.select(tuple(dict.fromkeys(name for names in recipe.search.alike for name in names)))
        items, features = _read_features(bundle, train, taxonomy, Path(scratch), say)
        labels = list_pair_labels(taxonomy, items.targets, items.known, recipe.search.alike)
        head = fit_search_head(features, labels, recipe.search, width=bundle.spec.embedding_size, say=say)
        graph = attach_search_head(bundle.read_weights(), head)
        notes = {**bundle.spec.training, "search": {**describe_recipe(recipe.search), **training}}
        spec = bundle.spec.with_text(None).model_copy(update={"training": notes})
        draft = write_bundle(Path(scratch) / "draft", spec=spec, onnx=graph, card="")
        held_out = read_items(validation, taxonomy)
        pixels = cache_pictures(held_out.requests[:_COMPARED], bundle.preprocessing, Path(scratch)).pixels
        _compare(bundle, draft, head, pixels)
        marks = _mark(bundle, train)
    written = write_bundle(folder, spec=spec, onnx=graph, card=build_card(spec, purpose=read_purpose(bundle.card)))
    # What it says of pictures is the same, and so is what it confuses.
    written = carry_confusion(bundle, written)
    return written if marks is None else keep_training_items(written, marks)


def _mark(bundle: Bundle, train: Manifest) -> NDArray[np.uint64] | None:
    """Return the marks of all that both the bundle and its new layer learnt from; None where the bundle has none."""
    known = bundle.read_training_items()
    if known is None:
        return None
    return np.union1d(known, mark_items(train, digest_pictures(train.items["image"])))


def _read_features(
    bundle: Bundle, train: Manifest, taxonomy: Taxonomy, scratch: Path, say: Callable[[str], None]
) -> tuple[LabelledItems, NDArray[np.float16]]:
    """Return the training items whose picture can be read, with their features [n, width]."""
    items = read_items(train, taxonomy)
    say(f"reading {len(items)} pictures")
    cached = cache_pictures(items.requests, bundle.preprocessing, scratch)
    readable = _list_readable(cached)
    say(f"computing the features of {len(readable)} pictures")
    features = compute_features(bundle, cached.pixels, readable).astype(np.float16)
    kept = LabelledItems(
        tuple(items.item_ids[row] for row in readable),
        items.targets[readable],
        items.known[readable],
        tuple(items.requests[row] for row in readable),
        np.arange(len(readable)),
    )
    return kept, features


def _list_readable(cached: CachedPictures) -> NDArray[np.intp]:
    return np.flatnonzero([row not in cached.failures for row in range(len(cached.pixels))])


def _compare(before: Bundle, after: Bundle, head: SearchHead, pixels: NDArray[np.uint8]) -> None:
    """Check that the answers stayed and that the vectors are those of the layer."""
    pictures = np.ascontiguousarray(pixels)
    old, new = Network(before).run(pictures), Network(after).run(pictures)
    decisions = [Decider(bundle.spec).decide(output.logits) for bundle, output in ((before, old), (after, new))]
    same = [np.mean(decisions[0].choices[name] == choices) for name, choices in decisions[1].choices.items()]
    if same and min(same) < _SAME_ANSWERS:
        raise ExportError(f"the new graph gives other answers to {1 - min(same):.2%} of the pictures of a field")
    features = compute_features(before, pixels, np.arange(len(pixels)))
    largest = float(np.abs(head.apply(features) - new.embedding).max())
    if not largest <= _PARITY:
        raise ExportError(
            f"the graph's vectors differ by {largest:.2g} from the layer's; at most {_PARITY:g} is allowed"
        )

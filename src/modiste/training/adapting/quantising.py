"""A finished bundle made faster and smaller: its network quantised, and what was chosen for it chosen anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from modiste.bundle import Bundle
from modiste.manifest import Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.calibrating import NewGraph, choose_anew, read_training_pictures
from modiste.training.quantisation import quantise_graph
from modiste.training.recipe import Recipe

__all__ = ["draw_sample", "quantise_bundle"]

_LOOKED_AT: Final = 512  # training pictures, drawn at random

Say = Callable[[str], None]


def quantise_bundle(
    bundle: Bundle,
    manifest: Manifest,
    recipe: Recipe,
    recipe_folder: Path,
    folder: Path,
    *,
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Bundle:
    """Write a bundle whose network computes in integers of eight bits (`modiste.training.quantisation`).

    512 pictures of the training part show the ranges; temperatures, thresholds, doubt and the limit for strangers are
    chosen anew on the validation part. Its words go on to fit: vectors hardly turn. Catalogues are built anew, since
    vectors of two networks are not compared.

    Args:
        bundle: A bundle that modiste exported.
        manifest: The data set: best the one that it learnt from, else some hundred labelled products.
        recipe: As for `calibrate_bundle`.
        recipe_folder: Where the recipe's files are looked up.
        folder: The bundle to write; it must not exist yet.
        training: What the card says of it: command, data.
        say: Told what goes on.

    Raises:
        RecipeError: As `calibrate_bundle`, or no training picture can be read.
        ExportError: The bundle was not exported by modiste, is quantised already, or fewer than 32 pictures are there.
        BundleError: The folder exists already.
    """
    return choose_anew(
        bundle,
        manifest,
        recipe,
        recipe_folder,
        folder,
        make_graph=partial(_quantise, bundle, seed=recipe.seed, say=say),
        notes={"quantised": dict(training or {})},
        say=say,
    )


def _quantise(bundle: Bundle, train: Manifest, taxonomy: Taxonomy, scratch: Path, *, seed: int, say: Say) -> NewGraph:
    sample = draw_sample(train, seed=seed)
    say(f"looking at {len(sample)} training pictures, to see the ranges of the network's layers")
    pixels, readable = read_training_pictures(bundle, sample, taxonomy, scratch)
    return NewGraph(quantise_graph(bundle.read_weights(), pixels[readable]), sample)


def draw_sample(train: Manifest, *, seed: int) -> Manifest:
    """Draw the items, 512 at most, whose pictures show the ranges of a network's layers."""
    return Manifest(train.taxonomy, train.items.sample(min(_LOOKED_AT, len(train)), seed=seed))

"""A finished bundle made faster and smaller: its network quantised, and what was chosen for it chosen anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.manifest import Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.calibrating import NewGraph, choose_anew, read_training_pictures
from modiste.training.adapting.renewing import renew_neighbours
from modiste.training.dataset import read_items
from modiste.training.quantisation import list_quantisable, quantise_graph
from modiste.training.recipe import Recipe

__all__ = ["quantise_bundle"]

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

    512 pictures of the training part show the ranges; labelled neighbours that were made of this part are embedded anew
    by the network that will look for them. Temperatures, thresholds, doubt and the limit for strangers are chosen anew
    on the validation part. Its words go on to fit: vectors hardly turn. Catalogues are built anew, since vectors of two
    networks are not compared.

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
    weights = bundle.read_weights()
    list_quantisable(weights)  # what can't be quantised is refused before a minute of reading
    say(f"reading {len(train)} training pictures, to see the ranges of the layers and where labelled neighbours lie")
    pixels, readable = read_training_pictures(bundle, train, taxonomy, scratch)
    graph = quantise_graph(weights, pixels[_draw_sample(readable, seed=seed)])
    voting = taxonomy.select(tuple(name for name in taxonomy.names if name not in bundle.spec.silence))
    renewed = renew_neighbours(graph, read_items(train, voting), voting, pixels, readable)
    if renewed is None:
        say("there are no labelled neighbours, or they were made of other items: they stay as they are")
    return NewGraph(graph if renewed is None else renewed, train)


def _draw_sample(readable: NDArray[np.intp], *, seed: int) -> NDArray[np.intp]:
    """Draw the pictures, 512 at most, that show the ranges of a network's layers."""
    drawn: NDArray[np.intp] = pl.Series(readable).sample(min(_LOOKED_AT, len(readable)), seed=seed).to_numpy()
    return drawn

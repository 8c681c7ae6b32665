"""From a data set with titles to a bundle that understands words."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bundle import Bundle, TextSpec, attach_text
from modiste.manifest import Manifest
from modiste.runtime import TextEncoder
from modiste.runtime.word_pieces import split_text
from modiste.training.text.fitting import fit_tower
from modiste.training.text.graph import export_tower, measure_text_parity, quantise_tower
from modiste.training.text.material import TextMaterial, read_material
from modiste.training.text.pairs import TextPairs
from modiste.training.text.recipe import TextRecipe

__all__ = ["add_text_encoder", "list_held_out_titles", "measure_titles"]

_PARITY_TEXTS: Final = 512
_FIRST: Final = 10


def add_text_encoder(
    bundle: Bundle,
    manifest: Manifest,
    recipe: TextRecipe,
    recipe_folder: Path,
    *,
    training: Mapping[str, Any],
    threads: int | None = None,
    say: Callable[[str], None] = print,
) -> Bundle:
    """Train a text encoder against the pictures' vectors of a bundle, and put it into the bundle.

    The vectors of pictures stay as they are; texts learn to lie beside them.

    Args:
        bundle: The bundle; its folder is written to, at the very end.
        manifest: Pictures with titles, labels, or other columns that the recipe names.
        recipe: What is said of them, and how it is learnt.
        recipe_folder: Where the recipe's split file is looked up.
        training: What the card says of the training: data, licence, command.
        threads: Cores for the pictures; by default all.
        say: Told what goes on.

    Returns:
        The bundle with its text encoder.

    Raises:
        RecipeError: There is nothing to learn, or the recipe names what can't be read.
        ExportError: ONNX and torch differ by more than 1e-4; nothing is written.
    """
    material = read_material(manifest, recipe, recipe_folder, bundle, threads=threads, say=say)
    pairs = TextPairs.read(material.train, material.train_vectors, recipe)
    tower = quantise_tower(fit_tower(pairs, recipe, say=say))
    graph = export_tower(tower)
    held_out = list_held_out_titles(material)
    with tempfile.TemporaryDirectory() as scratch:
        draft = Bundle(Path(shutil.copytree(bundle.path, Path(scratch) / "draft")), bundle.spec)
        encoder = TextEncoder(attach_text(draft, TextSpec(pieces=recipe.pieces), graph))
        parity = measure_text_parity(tower, encoder, (held_out or _list_titles(material.train))[:_PARITY_TEXTS])
        metrics = {"largest difference of torch and ONNX": float(f"{parity:.2g}")}
        if held_out:
            metrics |= measure_titles(encoder, held_out, material)
    notes = {**training, "items trained on": material.train.height, "items measured on": material.validation.height}
    return attach_text(
        bundle, TextSpec(pieces=recipe.pieces, metrics={"on the validation part": metrics}, training=notes), graph
    )


def list_held_out_titles(material: TextMaterial) -> list[str]:
    """Return the different titles of the validation part that no training item has, sorted."""
    known = {_compare(title) for title in _list_titles(material.train)}
    different = {_compare(title): title for title in _list_titles(material.validation)}
    return sorted(title for words, title in different.items() if words not in known)


def measure_titles(encoder: TextEncoder, titles: Sequence[str], material: TextMaterial) -> dict[str, float]:
    """Return how well titles find the pictures of the validation part that bear them.

    Args:
        encoder: The text encoder.
        titles: Titles of validation items.
        material: The items and their vectors.

    Returns:
        The number of titles and of pictures, and the shares of titles with a picture of theirs in first place and
        among the first ten.
    """
    bearers: dict[tuple[str, ...], list[int]] = {}
    for row, title in enumerate(material.validation["title"]):
        bearers.setdefault(_compare(title or ""), []).append(row)
    best = _rank_best(
        encoder.encode(titles), material.validation_vectors, [bearers[_compare(title)] for title in titles]
    )
    return {
        "titles that no training item has": len(titles),
        "pictures to choose from": material.validation.height,
        "first": float((best == 1).mean()),
        "among the first ten": float((best <= _FIRST).mean()),
    }


def _rank_best(
    texts: NDArray[np.float32], pictures: NDArray[np.float32], wanted: Sequence[Sequence[int]]
) -> NDArray[np.int64]:
    """Return the rank, from 1, of the best of the wanted pictures of each text."""
    scores = texts @ pictures.T
    best = np.array([row[list(places)].max() for row, places in zip(scores, wanted, strict=True)])
    return np.asarray(1 + (scores > best[:, None]).sum(axis=1), np.int64)


def _list_titles(items: pl.DataFrame) -> list[str]:
    return [title for title in items["title"].drop_nulls().to_list() if split_text(title)]


def _compare(title: str) -> tuple[str, ...]:
    return tuple(split_text(title))

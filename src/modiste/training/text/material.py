"""What a text encoder is trained on: items of two parts, with the vectors that the bundle gives their pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.errors import PictureError, RecipeError
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.runtime import Network, count_cores
from modiste.training.dataset import choose_parts
from modiste.training.recipe import DataRecipe
from modiste.training.text.recipe import TextRecipe

__all__ = ["TextMaterial", "embed_items", "read_material"]

_BATCH = 64


@dataclass(frozen=True)
class TextMaterial:
    """Items and float32 [n, embedding size], the vectors of their pictures, of both parts.

    Args:
        train: The items that are learnt from.
        train_vectors: Theirs.
        validation: The items that the figures of the card are about.
        validation_vectors: Theirs.
    """

    train: pl.DataFrame
    train_vectors: NDArray[np.float32]
    validation: pl.DataFrame
    validation_vectors: NDArray[np.float32]


def read_material(
    manifest: Manifest,
    recipe: TextRecipe,
    recipe_folder: Path,
    bundle: Bundle,
    *,
    threads: int | None = None,
    say: Callable[[str], None] = print,
) -> TextMaterial:
    """Choose the parts and embed their pictures; items whose picture can't be read are left out.

    Args:
        manifest: The data set.
        recipe: Says which items belong to which part.
        recipe_folder: Where its split file is looked up.
        bundle: Whose vectors.
        threads: Cores to use; by default all.
        say: Told what goes on.

    Raises:
        RecipeError: A part is empty, or none of its pictures can be read.
    """
    data = DataRecipe(split_file=recipe.data.split_file, validation=recipe.data.validation)
    parts = choose_parts(manifest, data, recipe_folder, seed=recipe.seed)
    read = []
    for name, part in zip(("train", "validation"), parts, strict=True):
        say(f"embedding {len(part)} pictures of the part '{name}'")
        read.append(_embed_part(part, bundle, threads, name))
    (train, train_vectors), (validation, validation_vectors) = read
    return TextMaterial(train, train_vectors, validation, validation_vectors)


def _embed_part(
    part: Manifest, bundle: Bundle, threads: int | None, name: str
) -> tuple[pl.DataFrame, NDArray[np.float32]]:
    vectors, readable = embed_items(bundle, part, threads=threads)
    if not readable.any():
        raise RecipeError(f"not one of the {len(part)} pictures of the part '{name}' can be read")
    return part.items.filter(pl.Series(readable)), vectors[readable]


def embed_items(
    bundle: Bundle, manifest: Manifest, *, threads: int | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Embed the pictures of a manifest.

    Args:
        bundle: By which.
        manifest: The items; boxes are used.
        threads: Cores to use; by default all.

    Returns:
        float32 [n, embedding size], zero where a picture can't be read, and bool [n]: which can.
    """
    network = Network(bundle, threads=threads)
    vectors = np.zeros((len(manifest), bundle.spec.embedding_size), np.float32)
    readable = np.zeros(len(manifest), np.bool_)
    for start, pictures in _load_batches(bundle, manifest, threads or count_cores()):
        found = np.flatnonzero([picture is not None for picture in pictures])
        if len(found):
            batch = np.stack([picture for picture in pictures if picture is not None])
            vectors[start + found] = network.run(batch).embedding
        readable[start + found] = True
    return vectors, readable


def _load_batches(
    bundle: Bundle, manifest: Manifest, threads: int
) -> Iterator[tuple[int, list[NDArray[np.uint8] | None]]]:
    rows = manifest.items.select("image", "box").rows()
    with PictureSource() as source, ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(rows), _BATCH):
            jobs = [pool.submit(_load, bundle, source, *row) for row in rows[start : start + _BATCH]]
            yield start, [job.result() for job in jobs]


def _load(bundle: Bundle, source: PictureSource, image: str, box: list[float] | None) -> NDArray[np.uint8] | None:
    try:
        return bundle.preprocessing.load(
            source.read(image), box=None if box is None else (box[0], box[1], box[2], box[3])
        )
    except PictureError:
        return None

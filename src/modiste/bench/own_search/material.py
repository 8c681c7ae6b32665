"""The data of the own-search system: three classes of 1,000, short ones filled up by augmented copies."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.collect.balancing import Augmentation, augment_picture, cap_classes, count_classes, fill_classes
from modiste.collect.balancing.augmenting import encode_jpeg
from modiste.imaging import PictureSource, decode_picture, join_reference
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import Drawing, draw_five_by_two, draw_parts, replace_parts, select_run

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = [
    "FIELD",
    "PER_CLASS",
    "REPETITIONS",
    "Material",
    "divide_eighty_twenty",
    "divide_halves",
    "prepare_material",
    "write_mirrored",
]

FIELD: Final = "articleType"
PER_CLASS: Final = 1000
REPETITIONS: Final = 10
_FIRST_SEED: Final = 101  # smaller ones drew the divisions on which the recipe was chosen
_TEST: Final = 0.2


@dataclass(frozen=True)
class Material:
    """The labelled set.

    Args:
        items: Originals and copies; the originals come first.
        originals: Class -> how many of the items are originals.
        found: Class -> how many the shop has.
    """

    items: Manifest
    originals: Mapping[str, int]
    found: Mapping[str, int]

    def find_majority(self) -> float:
        """Return the share of the commonest class among the originals, which are what is judged."""
        return max(self.originals.values()) / sum(self.originals.values())


def prepare_material(setting: Setting, recipe: Recipe, pictures: Path) -> Material:
    """Select the classes, keep 1,000 of each at most, and fill the short ones up.

    Args:
        setting: Needs the small pictures in the data folder.
        recipe: Says which values are which class.
        pictures: The zip that the augmented copies are written to; the same copies make the same file.
    """
    from modiste.training.selection import select_items

    chosen = select_items(read_source(setting.find_data(SMALL_PICTURES)), recipe.data)
    capped = cap_classes(chosen, FIELD, PER_CLASS)
    filled = fill_classes(capped, FIELD, PER_CLASS, pictures).manifest
    return Material(filled, count_classes(capped, FIELD), count_classes(chosen, FIELD))


def write_mirrored(items: Manifest, path: Path) -> Manifest:
    """Write the mirror image of every picture, named by the item's id, into a zip, whole or not at all.

    Returns:
        The items with their mirror images in place of their pictures.
    """
    rows = items.items.select("item_id", "image").rows()
    if not path.exists():
        waiting = path.with_suffix(".part")
        with zipfile.ZipFile(waiting, "w", zipfile.ZIP_STORED) as archive, PictureSource() as source:
            for item, image in rows:
                mirrored = augment_picture(decode_picture(source.read(image)), Augmentation(flip=True))
                archive.writestr(f"{item}.jpg", encode_jpeg(mirrored))
        waiting.replace(path)
    images = pl.Series("image", [join_reference(path, f"{item}.jpg") for item, _ in rows])
    return Manifest(items.taxonomy, items.items.with_columns(images))


def divide_eighty_twenty(material: Material) -> list[Manifest]:
    """Return ten divisions of their own; copies are where their source is.

    The part that trains is called ``train``, the one that judges ``test``.
    """
    shares = {"train": 1 - _TEST, "test": _TEST}
    drawings = [Drawing(by=FIELD, seed=seed) for seed in range(_FIRST_SEED, _FIRST_SEED + REPETITIONS)]
    return [_apply(material.items, draw_parts(material.items, shares, drawing)) for drawing in drawings]


def divide_halves(material: Material) -> list[Manifest]:
    """Return the ten divisions of five times two halves, of one replicate after the other."""
    replicates = draw_five_by_two(material.items, Drawing(by=FIELD, seed=_FIRST_SEED))
    return [_apply(material.items, select_run(replicates, number)) for number in range(1, 2 * len(replicates) + 1)]


def _apply(items: Manifest, parts: Mapping[str, str]) -> Manifest:
    return replace_parts(items, [parts[item] for item in items.items["item_id"]])

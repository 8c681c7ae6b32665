"""What every question about limits is asked of: the training and validation parts, and what the bundle says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.picture_vectors import VECTORS, compute_vectors
from modiste.errors import UsageError
from modiste.evaluation import (
    SingleAnswers,
    align_answers,
    encode_single_labels,
    group_rows,
    load_protocol,
    predict_items,
    select_part,
)
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import Fingerprints, read_fingerprints

__all__ = ["PARTS", "Material", "answer_items", "load_pictures", "read_material", "store_pictures"]

PARTS: Final = ("train", "validation")  # the sealed part is left out before a picture is read
_PROTOCOL: Final = "product-tagger-test"
_VECTORS: Final = next(iter(VECTORS))

Labels = NDArray[np.int64]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Material:
    """The rows that may be looked at, and what is known of them.

    Args:
        rows: Items of the training and the validation part.
        judged: bool [rows]; in the validation part.
        labels: Field -> int64 [rows], the position of the label among the field's values, -1 where unknown.
        vectors: float32 [rows, width], the bundle's embeddings, of unit length.
        prints: Digests of the files, and what the pictures look like.
        answers: Field -> labels and answers of the validation rows, in their order.
        unseen: bool [validation rows]; no training row has the title or the picture.
        titles: int64 [rows]; rows of one title share a number.
    """

    rows: Manifest
    judged: NDArray[np.bool_]
    labels: dict[str, Labels]
    vectors: NDArray[np.float32]
    prints: Fingerprints
    answers: dict[str, SingleAnswers]
    unseen: NDArray[np.bool_]
    titles: Labels

    @property
    def validation(self) -> Manifest:
        """The items of the validation part."""
        return self.rows.of_split("validation")

    @property
    def groups(self) -> Labels:
        """int64 [validation rows]; rows of one title share a number."""
        return self.titles[self.judged]

    def count_training(self, name: str) -> Labels:
        """Return how many training rows each value of a field has, int64 [values]."""
        labels = self.labels[name][~self.judged]
        return np.bincount(labels[labels >= 0], minlength=len(self.rows.taxonomy[name]))


def read_material(setting: Setting) -> Material:
    """Read the training and validation parts, their pictures' fingerprints, and the bundle's vectors and answers.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing, or a picture can't be read.
    """
    rows = _read_rows(setting)
    setting.say(f"{len(rows)} pictures: what they look like")
    prints = read_fingerprints(rows.items["image"])
    if prints.problems:
        raise UsageError(f"pictures can't be read, the first: {next(iter(prints.problems.values()))}")
    setting.say(f"{len(rows)} pictures: their vectors")
    vectors = compute_vectors(_VECTORS, rows, setting.open_bundle(), threads=setting.threads)
    part = select_part(rows, "validation", digests=prints.digests)
    return Material(
        rows=rows,
        judged=(rows.items["split"] == "validation").to_numpy(),
        labels={item.name: encode_single_labels(rows.labels(item.name), item) for item in rows.taxonomy},
        vectors=vectors,
        prints=prints,
        answers=answer_items(part.rows, setting),
        unseen=part.unseen,
        titles=group_rows(rows.items["title"].to_list()),
    )


def answer_items(items: Manifest, setting: Setting) -> dict[str, SingleAnswers]:
    """Run the bundle on items: field -> labels and answers, in the items' order."""
    setting.say(f"{len(items)} pictures: what the bundle says")
    told = align_answers(items, predict_items(setting.open_bundle(), items, threads=setting.threads).predictions)
    return {entry.field.name: entry for entry in told if isinstance(entry, SingleAnswers)}


def load_pictures(items: Manifest, load: Callable[[bytes], Pictures]) -> list[Pictures]:
    """Return the pictures of items as arrays, RGB [height, width, 3] each, in their order.

    Args:
        items: The items.
        load: Turns a file's content into an array, such as a bundle's ``preprocessing.load``.

    Raises:
        PictureError: A picture can't be read.
    """
    with PictureSource() as source:
        return [load(source.read(reference)) for reference in items.items["image"]]


def store_pictures(items: Manifest, pictures: Iterable[Pictures], folder: Path) -> Manifest:
    """Store other pictures of the items, without loss, and return the items with these.

    Args:
        items: The items.
        pictures: One an item, RGB [height, width, 3], in their order.
        folder: Made if it is not there; files in it are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    references = []
    for number, picture in enumerate(pictures):
        references.append(str(folder / f"{number}.png"))
        Image.fromarray(picture).save(references[-1], compress_level=1)
    return Manifest(items.taxonomy, items.items.with_columns(pl.Series("image", references)))


def _read_rows(setting: Setting) -> Manifest:
    protocol = load_protocol(_PROTOCOL)
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    split = setting.apply_protocol(manifest, protocol)
    return split.where(pl.col("split").is_in(PARTS))

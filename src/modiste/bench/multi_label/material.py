"""The attributes of the Kaggle set as labels in iMaterialist's files: written by a writer, read back by a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.manifest import LABEL, META, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.splits import Drawing, draw_parts, group_rows, read_fingerprints
from modiste.writers import write_dataset

__all__ = ["FIELD", "Labelled", "count_labels", "label_products", "list_labels", "prepare_labelled"]

FIELD: Final = "attribute"
_ATTRIBUTE: Final = META + "attribute."
_SHARES: Final = {"train": 0.8, "validation": 0.1, "test": 0.1}
# A tenth of every article type is held back: 90 pictures here are 100 of the whole set.
_SMALLEST: Final = 90


@dataclass(frozen=True)
class Labelled:
    """The products as the reader gives them back.

    Args:
        manifest: With parts, and the field `FIELD`.
        products: [items]; rows of equal number share their title.
        counts: Label -> pictures, of every label that the records hold.
    """

    manifest: Manifest
    products: NDArray[np.int64]
    counts: Mapping[str, int]

    def of_part(self, name: str) -> tuple[Manifest, NDArray[np.int64]]:
        """Return the items of a part, and the products that they show."""
        chosen = (self.manifest.items["split"] == name).to_numpy()
        return self.manifest.of_split(name), self.products[chosen]


def prepare_labelled(source: Path, folder: Path) -> Labelled:
    """Write the products that have a frequent attribute as iMaterialist's JSON, and read them back.

    Args:
        source: The Kaggle set, with the shop's records.
        folder: Where the files are written; ones that are there already, from a run that was killed, are read.
    """
    whole = read_source(source, options=ReaderOptions(details=True))
    counts = count_labels(whole)
    products = label_products(whole, [label for label, count in counts.items() if count >= _SMALLEST])
    if not folder.exists():
        write_dataset(products, folder, format="imaterialist")
    back = read_source(folder, reader="imaterialist")
    titles = dict(zip(products.items["item_id"], products.items["title"], strict=True))
    own = [titles[name.rpartition("/")[2]] for name in back.items["item_id"]]
    return Labelled(back, group_rows(own), counts)


def count_labels(manifest: Manifest) -> dict[str, int]:
    """Return label -> number of items, the most frequent first.

    Args:
        manifest: The Kaggle set with its details.
    """
    counts = Counter(label for labels in list_labels(manifest) for label in labels)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def list_labels(manifest: Manifest) -> list[list[str]]:
    """Return the labels "attribute: value" of every item."""
    names = sorted(name for name in manifest.items.columns if name.startswith(_ATTRIBUTE))
    rows = manifest.items.select(names).iter_rows()
    short = [name.removeprefix(_ATTRIBUTE) for name in names]
    return [[f"{name}: {value}" for name, value in zip(short, row, strict=True) if value is not None] for row in rows]


def label_products(manifest: Manifest, labels: Sequence[str]) -> Manifest:
    """Return the items that have one of some labels, with these as their only field, and with parts.

    Rows that share a title or the bytes of their picture are in one part; every label gives each part its share.

    Args:
        manifest: The Kaggle set with its details.
        labels: The labels to keep.
    """
    wanted = set(labels)
    kept = [[label for label in own if label in wanted] for own in list_labels(manifest)]
    column = pl.Series(LABEL + FIELD, kept, pl.List(pl.String))
    table = manifest.items.select("item_id", "image", "source", "title").with_columns(column)
    plain = Manifest.from_rows(table.filter(pl.col(LABEL + FIELD).list.len() > 0).to_dicts())
    prints = read_fingerprints(plain.items["image"], near=False)
    drawing = Drawing(labels=(FIELD,), groups=("title", "picture"), seed=1)
    parts = draw_parts(plain, _SHARES, drawing, fingerprints=prints)
    split = pl.Series("split", [parts[name] for name in plain.items["item_id"]])
    return Manifest(plain.taxonomy, plain.items.with_columns(split))

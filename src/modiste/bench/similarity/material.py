"""The upper-body garments of the Kaggle set in DeepFashion's layout: written by the writer, read back by the reader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import LABEL, Manifest
from modiste.readers import read_source
from modiste.readers.deepfashion_layout import CATEGORY_FIELD, CATEGORY_TYPE_FIELD, CATEGORY_TYPES
from modiste.splits import Drawing, draw_parts, group_rows, read_fingerprints
from modiste.writers import write_dataset

__all__ = ["Garments", "find_box", "prepare_garments", "select_garments"]

_KIND, _GROUP = "articleType", "Topwear"
_SMALLEST: Final = 50  # pictures of a type; a tenth of them is judged
_SHARES: Final = {"train": 0.8, "validation": 0.1, "test": 0.1}
_WHITE: Final = 240  # what is lighter in all channels is background


@dataclass(frozen=True)
class Garments:
    """The garments as the reader gives them back.

    Args:
        manifest: With boxes, parts and the fields of DeepFashion.
        products: [items]; rows of equal number share their title.
    """

    manifest: Manifest
    products: NDArray[np.int64]

    def of_part(self, name: str) -> tuple[Manifest, NDArray[np.int64]]:
        """Return the items of a part, and the products that they show."""
        chosen = (self.manifest.items["split"] == name).to_numpy()
        return self.manifest.of_split(name), self.products[chosen]


def prepare_garments(source: Path, folder: Path) -> Garments:
    """Write the upper-body garments of the Kaggle set in DeepFashion's layout, and read them back.

    Args:
        source: The Kaggle set.
        folder: Where the layout is written; one that is there already, from a run that was killed, is read.
    """
    garments = select_garments(read_source(source))
    if not folder.exists():
        write_dataset(garments, folder, format="deepfashion")
    back = read_source(folder, reader="deepfashion")
    titles = dict(zip(garments.items["item_id"], garments.items["title"], strict=True))
    own = [titles[name.rpartition("/")[2]] for name in back.items["item_id"]]
    return Garments(back, group_rows(own))


def select_garments(manifest: Manifest) -> Manifest:
    """Return the upper-body garments with DeepFashion's fields, boxes and parts.

    Types with fewer than 50 pictures are left out. Rows that share a title or the bytes of their picture are in one
    part, types in proportion. A box is the smallest that holds all that is not white.

    Args:
        manifest: The Kaggle set.
    """
    kind = pl.col(LABEL + _KIND)
    counts = pl.len().over(kind)
    items = manifest.items.filter(pl.col(LABEL + "subCategory") == _GROUP).filter(counts >= _SMALLEST)
    table = items.select(
        "item_id",
        "image",
        "source",
        "title",
        kind.alias(LABEL + CATEGORY_FIELD),
        pl.lit(CATEGORY_TYPES[0]).alias(LABEL + CATEGORY_TYPE_FIELD),
    )
    plain = Manifest.from_rows(table.to_dicts(), parents={CATEGORY_FIELD: CATEGORY_TYPE_FIELD})
    prints = read_fingerprints(table["image"], near=False)
    drawing = Drawing(by=CATEGORY_FIELD, groups=("title", "picture"), seed=1)
    parts = draw_parts(plain, _SHARES, drawing, fingerprints=prints)
    boxes = _find_boxes(table["image"].to_list())
    split = pl.Series("split", [parts[name] for name in table["item_id"]])
    return Manifest(plain.taxonomy, plain.items.with_columns(split, pl.Series("box", boxes, pl.List(pl.Float64))))


def _find_boxes(references: list[str]) -> list[list[float] | None]:
    with PictureSource() as source:
        return [find_box(decode_picture(source.read(reference))) for reference in references]


def find_box(picture: NDArray[np.uint8]) -> list[float] | None:
    """Return left, top, width and height of what is not white; None where all is.

    Args:
        picture: uint8 [height, width, 3].

    Example:
        >>> picture = np.full((8, 6, 3), 255, np.uint8)
        >>> picture[2:5, 1:3] = 10
        >>> find_box(picture)
        [1.0, 2.0, 2.0, 3.0]
    """
    shown = np.any(picture < _WHITE, axis=2)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        return None
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return [float(left), float(top), float(right - left), float(bottom - top)]

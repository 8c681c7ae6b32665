"""Faults that are planted into a data set, so that a check can be told how many of them it found."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from modiste.imaging import PictureSource, decode_picture, join_reference
from modiste.manifest import LABEL, Manifest

__all__ = ["Planted", "copy_loosely", "draw_blank", "plant_faults", "swap_labels"]

_MOMENT = (2020, 1, 1, 0, 0, 0)
_SCALES = (0.5, 2.0)
_QUALITIES = (50, 95)
_FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class Planted:
    """A data set with faults, and which they are.

    Args:
        manifest: The items of the source, in their order, and the planted ones behind them.
        exact: Planted item -> the item whose file it is, byte for byte.
        near: Planted item -> the item whose picture it is, resized or compressed again.
        blank: The planted blank pictures.
        swapped: Item -> its true label; in the manifest it has another.
    """

    manifest: Manifest
    exact: dict[str, str]
    near: dict[str, str]
    blank: frozenset[str]
    swapped: dict[str, str]


def plant_faults(manifest: Manifest, archive: Path, *, count: int, field: str, seed: int) -> Planted:
    """Write planted pictures into a zip, and add them to the items; no item has two faults.

    Args:
        manifest: The source.
        archive: The zip to write.
        count: Of each kind: exact copies, loose copies, blank pictures, swapped labels. Four times as many readable
            items must be there.
        field: The single field whose labels are swapped.
        seed: The same seed plants the same faults.
    """
    rng = np.random.default_rng(seed)
    labelled = np.flatnonzero(manifest.labels(field).is_not_null().to_numpy())
    exact, near, blank, swapped = rng.permutation(labelled)[: 4 * count].reshape(4, count)
    rows = manifest.items.to_dicts()
    with PictureSource() as source, zipfile.ZipFile(archive, "w") as packed:

        def add(kind: str, chosen: Sequence[int], make: Callable[[bytes], bytes]) -> Iterator[dict[str, Any]]:
            for number, row in enumerate(chosen):
                name = f"planted-{kind}-{number:05}"
                packed.writestr(zipfile.ZipInfo(f"{name}.jpg", _MOMENT), make(source.read(rows[row]["image"])))
                yield rows[row] | {
                    "item_id": name,
                    "product_id": name,
                    "image": join_reference(archive, f"{name}.jpg"),
                }

        planted = [
            *add("exact", exact.tolist(), lambda data: data),
            *add("near", near.tolist(), lambda data: copy_loosely(data, rng)),
            *add("blank", blank.tolist(), lambda _: draw_blank(rng)),
        ]
    items = pl.concat([manifest.items, pl.DataFrame(planted, schema=manifest.items.schema)])
    ids = manifest.items["item_id"].to_list()
    false = swap_labels([rows[row][LABEL + field] for row in swapped.tolist()])
    told = {ids[row]: label for row, label in zip(swapped.tolist(), false, strict=True)}
    true = {ids[row]: rows[row][LABEL + field] for row in swapped.tolist()}
    pairs = zip(items["item_id"], items[LABEL + field], strict=True)
    column = pl.Series(LABEL + field, [told.get(item, label) for item, label in pairs], pl.String)
    names = [row["item_id"] for row in planted]
    return Planted(
        Manifest(manifest.taxonomy, items.with_columns(column), manifest.problems),
        {name: ids[row] for name, row in zip(names[:count], exact.tolist(), strict=True)},
        {name: ids[row] for name, row in zip(names[count : 2 * count], near.tolist(), strict=True)},
        frozenset(names[2 * count :]),
        {item: label for item, label in true.items() if told[item] != label},
    )


def copy_loosely(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the JPEG of a picture that was resized to 0.5 to 2 times its size, compressed again, or both, in thirds.

    Args:
        data: A picture file.
        rng: Draws size, filter and quality (50 to 95).
    """
    picture = Image.fromarray(decode_picture(data))
    kind = int(rng.integers(3))
    if kind != 0:
        scale = float(np.exp(rng.uniform(*np.log(_SCALES))))
        size = max(8, round(picture.width * scale)), max(8, round(picture.height * scale))
        picture = picture.resize(size, _FILTERS[int(rng.integers(len(_FILTERS)))])
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95 if kind == 1 else int(rng.integers(*_QUALITIES)))
    return file.getvalue()


def draw_blank(rng: np.random.Generator) -> bytes:
    """Return the JPEG of a blank picture: white, one colour, one colour with noise, or a hardly visible gradient."""
    kind = int(rng.integers(4))
    picture = np.full((80, 60, 3), 255 if kind == 0 else rng.integers(0, 256, 3), np.float64)
    if kind == 2:
        picture += rng.normal(0, rng.uniform(1, 4), picture.shape)
    if kind == 3:
        picture += np.linspace(-4, 4, 80)[:, None, None]
    file = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(60, 95)))
    return file.getvalue()


def swap_labels(labels: Sequence[str]) -> list[str]:
    """Exchange labels so that each stays as frequent as it was, and as few as possible stay where they were.

    Example:
        >>> swap_labels(["a", "b", "a", "b"])
        ['b', 'a', 'b', 'a']
    """
    order = sorted(range(len(labels)), key=lambda at: labels[at])
    false = list(labels)
    for place, at in enumerate(order):
        false[at] = labels[order[(place + len(order) // 2) % len(order)]]
    return false

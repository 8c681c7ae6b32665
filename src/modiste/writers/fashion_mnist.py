"""Fashion-MNIST's IDX files: grey pictures of 28 x 28 pixels and a class each, in two parts."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageOps

from modiste.errors import PictureError, UsageError
from modiste.imaging import IDX_LABELS_MAGIC, IDX_PICTURES_MAGIC, decode_picture
from modiste.imaging.idx_file import name_idx_member
from modiste.manifest import LABEL, Manifest
from modiste.readers import ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.fashion_mnist import FASHION_MNIST as READER
from modiste.readers.fashion_mnist import FASHION_MNIST_CLASSES, FASHION_MNIST_FIELD, FASHION_MNIST_FILES
from modiste.taxonomy import Field, Taxonomy
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.job import Job

__all__ = ["FASHION_MNIST", "to_grey"]

_SIDE = 28
_GZIP_LEVEL = 6
_WHITE = 255


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    if FASHION_MNIST_FIELD not in manifest.taxonomy:
        raise UsageError(
            f"Fashion-MNIST has one field, {FASHION_MNIST_FIELD}: {', '.join(FASHION_MNIST_CLASSES)}. "
            f"Give yours that name: --rename articleType={FASHION_MNIST_FIELD}"
        )
    rows = _choose_rows(manifest)
    items = manifest.items[rows]
    splits = items["split"].fill_null("train")
    counts = {part: int((splits == part).sum()) for part in FASHION_MNIST_FILES}
    for part in counts:
        _check_like_original(items.filter(splits == part)[LABEL + FASHION_MNIST_FIELD])
    ids = [f"{part}/{name_idx_member(at, counts[part])[:-4]}" for part in counts for at in range(counts[part])]
    frame = items.select("image", LABEL + FASHION_MNIST_FIELD).with_columns(splits, pl.Series("item_id", ids))
    field = Field(FASHION_MNIST_FIELD, "single", FASHION_MNIST_CLASSES)
    built = build_manifest(frame, Problems(), reader=READER.name, options=ReaderOptions(), taxonomy=Taxonomy((field,)))
    return Prepared(built, tuple(rows))


def _choose_rows(manifest: Manifest) -> list[int]:
    """Return the items that have a place, part by part: those of the ten classes; all train where none has a part."""
    splits = manifest.items["split"]
    parts = splits if splits.count() else splits.fill_null("train")
    labels = manifest.labels(FASHION_MNIST_FIELD)
    fits = [value in FASHION_MNIST_CLASSES for value in labels]
    rows = [at for part in FASHION_MNIST_FILES for at in range(len(parts)) if fits[at] and parts[at] == part]
    if not rows:
        raise UsageError(
            f"no item of train or test has one of Fashion-MNIST's classes: {', '.join(FASHION_MNIST_CLASSES)}"
        )
    return rows


def _check_like_original(labels: pl.Series) -> None:
    """Raise UsageError for as many pictures as the original has in other shares: readers doubt such a set."""
    if len(labels) in (60_000, 10_000) and set(labels.value_counts()["count"]) != {len(labels) // 10}:
        raise UsageError(
            f"a part of {len(labels):,} pictures that has not the same number of each class reads as another set; "
            "leave one picture out"
        )


def to_grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as Fashion-MNIST has it: grey, 28 pixels wide and high; it is not inverted.

    Args:
        picture: RGB [height, width, 3]. One of 28 x 28 keeps its pixels, any other is fitted in and padded with white.

    Returns:
        Grey [28, 28], weights .299, .587, .114 (ITU-R BT.601).

    Example:
        >>> to_grey(np.full((80, 60, 3), 200, np.uint8))[14, [0, 14]].tolist()
        [255, 200]
    """
    grey = Image.fromarray(picture).convert("L")
    if grey.size != (_SIDE, _SIDE):
        grey = ImageOps.pad(grey, (_SIDE, _SIDE), Image.Resampling.LANCZOS, color=_WHITE)
    return np.asarray(grey)


class _Part:
    """The two files of a part; the pixels wait in a file of their own, as the header in front of them counts them."""

    def __init__(self, folder: Path, part: str) -> None:
        self._pictures, self._labels = (folder / f"{name}.gz" for name in FASHION_MNIST_FILES[part])
        self._waiting = folder / f"{part}.pixels"
        self._file: IO[bytes] = self._waiting.open("wb")
        self._numbers = bytearray()

    def add(self, pixels: NDArray[np.uint8], number: int) -> None:
        self._file.write(pixels.tobytes())
        self._numbers.append(number)

    def finish(self) -> None:
        self._file.close()
        count = len(self._numbers)
        if count:
            _write_gzip(self._labels, IDX_LABELS_MAGIC + struct.pack(">L", count), iter([bytes(self._numbers)]))
            head = IDX_PICTURES_MAGIC + struct.pack(">3L", count, _SIDE, _SIDE)
            with self._waiting.open("rb") as file:
                _write_gzip(self._pictures, head, iter(lambda: file.read(1 << 20), b""))
        self._waiting.unlink()


def _write_gzip(path: Path, head: bytes, chunks: Iterator[bytes]) -> None:
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as file:
        file.write(head)
        for chunk in chunks:
            file.write(chunk)


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    splits = items["split"].to_list()
    numbers = [FASHION_MNIST_CLASSES.index(value) for value in items[LABEL + FASHION_MNIST_FIELD]]
    job.target.mkdir()
    parts = {part: _Part(job.target, part) for part in FASHION_MNIST_FILES}
    for picture in job.read_pictures(items):
        try:
            pixels = to_grey(decode_picture(picture.data, limits=job.limits))
        except PictureError as error:
            job.refuse(items["item_id"][picture.at], items["image"][picture.at], str(error))
            job.written -= 1
            continue
        parts[splits[picture.at]].add(pixels, numbers[picture.at])
    for part in parts.values():
        part.finish()


FASHION_MNIST = Writer(
    name="fashion-mnist",
    description="Fashion-MNIST: train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-...",
    reader=READER.name,
    keeps=Keeps(
        item_id=False,
        product_id=False,
        splits=tuple(FASHION_MNIST_FILES),
        box=False,
        title=False,
        single=(FASHION_MNIST_FIELD,),
        multi=(),
        hierarchy=False,
        values=False,
        blanks=False,
        opinions=False,
        meta=(),
        pictures="28x28 grey",
        order=False,
    ),
    prepare=_prepare,
    write=_write,
)

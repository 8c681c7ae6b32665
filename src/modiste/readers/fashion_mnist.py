"""Fashion-MNIST: 70,000 grey pictures of 28 x 28 pixels in ten classes, as four IDX files."""

from __future__ import annotations

import gzip
import io
import posixpath
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import SourceError
from modiste.imaging import IDX_LABELS_MAGIC
from modiste.manifest import LABEL, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.source import File, Source
from modiste.taxonomy import Field, Taxonomy

__all__ = ["FASHION_MNIST", "FASHION_MNIST_CLASSES", "FASHION_MNIST_FIELD", "FASHION_MNIST_FILES", "read_idx_labels"]

FASHION_MNIST_FIELD = "category"
FASHION_MNIST_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
"""The classes in label order (Xiao et al., "Fashion-MNIST", 2017)."""
FASHION_MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Part -> the names of its files of pictures and of labels; each may be followed by ``.gz``."""
_KINDS = re.compile(r"-idx[13]-ubyte(\.gz)?(/|$)")
_HEADER = struct.Struct(">4sL")
_MAX_LABELS = 100_000_000
_WHOLE = {60_000: 6_000, 10_000: 1_000}  # labels -> of each class, as published
_CLASSES = len(FASHION_MNIST_CLASSES)


@dataclass(frozen=True)
class _Part:
    """A part of the set: its pictures, and its file of labels."""

    pictures: list[File]
    labels: File | None


def _enter(source: Source) -> tuple[Source, tuple[str, ...]]:
    """Return where to look for which parts: those of an IDX file that is given by itself lie in its folder."""
    given = source.path.name.removesuffix(".gz")
    parts = tuple(part for part, names in FASHION_MNIST_FILES.items() if given in names)
    if parts and source.path.is_file():
        return Source(source.path.parent), parts
    return source, tuple(FASHION_MNIST_FILES)


def _find_parts(source: Source, wanted: Sequence[str]) -> dict[str, _Part]:
    """Return the parts that have pictures; of several files of one name the nearest to the root counts."""
    files = [file for file in source.files if _KINDS.search(file.name)]
    found: dict[str, _Part] = {}
    for part in wanted:
        pictures_name, labels_name = FASHION_MNIST_FILES[part]
        folders: dict[str, list[File]] = {}
        for file in files:
            folder = posixpath.dirname(file.name)
            if posixpath.basename(folder).removesuffix(".gz") == pictures_name:
                folders.setdefault(folder, []).append(file)
        labels = [file for file in files if posixpath.basename(file.name).removesuffix(".gz") == labels_name]
        if folders:
            pictures = folders[min(folders, key=lambda folder: (folder.count("/"), folder))]
            found[part] = _Part(pictures, min(labels, key=lambda file: file.name.count("/"), default=None))
    return found


def _find_damaged(source: Source) -> list[File]:
    """Return the files of pictures that can't be opened; labels beside them show that the set is meant."""
    if not any(_KINDS.search(file.name) for file in source.files):
        return []
    return [file for file in source.find_unreadable() if _KINDS.search(file.name)]


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    place, wanted = _enter(source)
    if any(part.labels is not None for part in _find_parts(place, wanted).values()) or _find_damaged(place):
        return None
    return "a pair train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-..., each with or without .gz"


def _read(source: Source, options: ReaderOptions) -> Manifest:
    obstacle = _find_obstacle(source, options)
    if obstacle is not None:
        raise SourceError(f"{source.path} is not laid out as Fashion-MNIST is: it lacks {obstacle}")
    source, wanted = _enter(source)
    for file in _find_damaged(source):
        source.read_table(file)  # says best what is wrong with it
    problems = Problems()
    parts = _find_parts(source, wanted)
    tables = [
        _read_part(source, name, part.pictures, part.labels) for name, part in parts.items() if part.labels is not None
    ]
    for name, part in parts.items():
        if part.labels is None:
            problems.add(f"{name}: {len(part.pictures):,} pictures", "no file of labels beside them")
    return build_manifest(
        pl.concat(tables),
        problems,
        reader=FASHION_MNIST.name,
        options=options,
        rows=sum(len(part.pictures) for part in parts.values()),
        taxonomy=Taxonomy((Field(FASHION_MNIST_FIELD, "single", FASHION_MNIST_CLASSES),)),
    )


def _read_part(source: Source, part: str, pictures: list[File], file: File) -> pl.DataFrame:
    labels = read_idx_labels(file.name, source.read_table(file))
    if len(labels) != len(pictures):
        raise SourceError(
            f"{file.name} has {len(labels):,} labels for {len(pictures):,} pictures; they belong together"
        )
    counts = np.bincount(labels, minlength=_CLASSES)
    if len(counts) > _CLASSES:
        raise SourceError(f"{file.name} has the label {labels.max()}; Fashion-MNIST has 0 to {_CLASSES - 1}")
    each = _WHOLE.get(len(labels))
    if each is not None and set(counts) != {each}:
        raise SourceError(
            f"{file.name} has {len(labels):,} labels, but not {each:,} of each class as Fashion-MNIST has: "
            f"{', '.join(map(str, counts))}. It is another set of the same form, such as MNIST's digits"
        )
    names = [posixpath.splitext(posixpath.basename(picture.name))[0] for picture in pictures]
    return pl.DataFrame(
        {
            "item_id": [f"{part}/{name}" for name in names],
            "image": [picture.reference for picture in pictures],
            "split": part,
            LABEL + FASHION_MNIST_FIELD: pl.Series(FASHION_MNIST_CLASSES).gather(labels.astype(np.uint32)),
        }
    )


def read_idx_labels(name: str, data: bytes) -> NDArray[np.uint8]:
    r"""Read an IDX file of labels.

    Args:
        name: Of the file, for the error.
        data: Its content, plain or compressed by gzip.

    Returns:
        One number from 0 to 255 a label.

    Raises:
        SourceError: It is no such file, or is cut short, or is too long.

    Example:
        >>> read_idx_labels("labels", b"\0\0\x08\x01\0\0\0\x02\x09\x00").tolist()
        [9, 0]
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(_MAX_LABELS + _HEADER.size + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"{name} is damaged or cut short: {error}") from error
    if len(data) < _HEADER.size or not data.startswith(IDX_LABELS_MAGIC):
        raise SourceError(
            f"{name} is no IDX file of labels: it begins with {data[:4].hex(' ') or 'nothing'}; expected 00 00 08 01"
        )
    count = _HEADER.unpack_from(data)[1]
    if len(data) != _HEADER.size + count:
        state = "cut short" if len(data) < _HEADER.size + count else "too long"
        raise SourceError(
            f"{name} is {state}: its header counts {count:,} labels, and {len(data) - _HEADER.size:,} follow"
        )
    return np.frombuffer(data, np.uint8, offset=_HEADER.size)


FASHION_MNIST = Reader(
    name="fashion-mnist",
    description="Fashion-MNIST: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-..., with or without .gz",
    options=frozenset(),
    find_obstacle=_find_obstacle,
    read=_read,
)

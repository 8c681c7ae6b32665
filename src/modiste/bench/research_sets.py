"""Annotation files of the size of the published research sets, filled with numbers drawn at random."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_IMAGES,
    ATTRIBUTE_NAMES,
    ATTRIBUTE_TYPES,
    BOXES,
    CATEGORY_IMAGES,
    CATEGORY_NAMES,
    COLUMNS,
    LANDMARKS,
    PARTITION,
)
from modiste.readers.imaterialist import IMATERIALIST_LABELS

__all__ = ["ATTRIBUTES", "CATEGORIES", "write_deepfashion", "write_imaterialist"]

CATEGORIES, ATTRIBUTES = 50, 1000
_A_FOLDER = 50  # pictures
_A_BLOCK = 10_000  # lines
_POSITIVE = 3.3  # attributes a picture has, in the published list
_TYPES = (1,) * 20 + (2,) * 16 + (3,) * 14
_LABELS = (1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 8, 8, 9, 10)  # how many an image has: 6 on average
_MOMENT = (2020, 1, 1, 0, 0, 0)


def write_deepfashion(folder: Path, pictures: int, *, seed: int) -> int:
    """Write a set with DeepFashion's lists, and a zip whose pictures hold nothing.

    Args:
        folder: Where to; ``Anno``, ``Eval`` and ``Img`` are made in it.
        pictures: How many lines each list gets.
        seed: Of the random numbers.

    Returns:
        How many bytes the lists have.
    """
    rng = np.random.default_rng(seed)
    for name in ("Anno", "Eval", "Img"):
        (folder / name).mkdir(parents=True)
    names = [f"img/Garment_{number // _A_FOLDER}/img_{number % _A_FOLDER:08}.jpg" for number in range(pictures)]
    categories = [f"Category{number:<12}{kind}" for number, kind in enumerate(_TYPES, 1)]
    kinds = 1 + np.arange(ATTRIBUTES) % len(ATTRIBUTE_TYPES)
    lists: dict[str, Iterator[str]] = {
        "Anno/" + CATEGORY_NAMES: iter(categories),
        "Anno/" + ATTRIBUTE_NAMES: (f"attribute {number:<12}{kind}" for number, kind in enumerate(kinds, 1)),
        "Anno/" + CATEGORY_IMAGES: _list(names, rng.integers(1, CATEGORIES + 1, (pictures, 1))),
        "Anno/" + BOXES: _list(names, rng.integers(1, 100, (pictures, 4)) + np.array([0, 0, 120, 150])),
        "Anno/" + LANDMARKS: _list(names, _draw_points(rng, pictures)),
        "Eval/" + PARTITION: (f"{name} {part}" for name, part in zip(names, _draw_parts(rng, pictures), strict=True)),
    }
    for name, lines in lists.items():
        rows = list(lines)
        head = f"{len(rows)}\n{'  '.join(COLUMNS[name.partition('/')[2]])}\n"
        (folder / name).write_text(head + "\n".join(rows) + "\n", encoding="ascii")
    _write_attributes(folder / "Anno" / ATTRIBUTE_IMAGES, names, rng)
    with zipfile.ZipFile(folder / "Img" / "img.zip", "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), b"")
    return sum(path.stat().st_size for path in folder.glob("*/*.txt"))


def _list(names: list[str], numbers: NDArray[np.int64]) -> Iterator[str]:
    for name, row in zip(names, numbers.tolist(), strict=True):
        yield f"{name:<70} {' '.join(map(str, row))}"


def _draw_points(rng: np.random.Generator, pictures: int) -> NDArray[np.int64]:
    """Draw clothes type and variation, which are 1, and six landmarks a picture: visibility, x, y."""
    points = rng.integers(0, 300, (pictures, 6, 3))
    points[:, :, 0] %= 3
    return np.pad(points.reshape(pictures, 18), ((0, 0), (2, 0)), constant_values=1)


def _draw_parts(rng: np.random.Generator, pictures: int) -> list[str]:
    parts: list[str] = rng.choice(["train", "val", "test"], pictures, p=[0.724, 0.138, 0.138]).tolist()
    return parts


def _write_attributes(path: Path, names: list[str], rng: np.random.Generator) -> None:
    with path.open("wb") as file:
        file.write(f"{len(names)}\n{'  '.join(COLUMNS[ATTRIBUTE_IMAGES])}\n".encode())
        for start in range(0, len(names), _A_BLOCK):
            block = names[start : start + _A_BLOCK]
            cells = np.tile(np.frombuffer(b" -1" * ATTRIBUTES, np.uint8), (len(block), 1))
            rows, columns = np.nonzero(rng.random((len(block), ATTRIBUTES)) < _POSITIVE / ATTRIBUTES)
            cells[rows, 3 * columns + 1] = ord(" ")
            file.writelines(
                name.ljust(70).encode() + row.tobytes() + b"\n" for name, row in zip(block, cells, strict=True)
            )


def write_imaterialist(path: Path, images: int, *, seed: int) -> int:
    """Write a JSON with iMaterialist's images and annotations, of 228 labels about six an image.

    Args:
        path: The file to write.
        images: How many.
        seed: Of the random numbers.

    Returns:
        How many bytes it has.
    """
    rng = np.random.default_rng(seed)
    counts = rng.choice(_LABELS, images).tolist()
    with path.open("w", encoding="ascii") as file:
        file.write('{"images": [')
        for number in range(1, images + 1):
            url = f"https://pictures.example/api/webimage/{rng.bytes(12).hex()}-large"
            file.write(("" if number == 1 else ", ") + json.dumps({"url": url, "imageId": str(number)}))
        file.write('], "annotations": [')
        for number, count in enumerate(counts, 1):
            labels = [str(label) for label in (rng.permutation(IMATERIALIST_LABELS)[:count] + 1).tolist()]
            file.write(("" if number == 1 else ", ") + json.dumps({"labelId": labels, "imageId": str(number)}))
        file.write("]}")
    return path.stat().st_size

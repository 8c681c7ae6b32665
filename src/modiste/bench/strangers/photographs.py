"""Photographs and scans that packages bring: faces, animals, places, textures, science. Nothing of them is kept."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

__all__ = ["PHOTOGRAPHS", "cut_windows", "find_package", "list_photographs"]

# Kind -> package -> files below its folder; a list of small pictures in one array where the file is one.
PHOTOGRAPHS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "faces (photographs)": ("skimage", ("data/lfw_subset.npy",)),
    "animals and things": (
        "skimage",
        tuple(
            f"data/{name}" for name in ("chelsea.png", "coffee.png", "motorcycle_left.png", "horse.png", "coins.png")
        ),
    ),
    "textures": ("skimage", ("data/brick.png", "data/grass.png", "data/gravel.png")),
    "science": (
        "skimage",
        tuple(
            f"data/{name}"
            for name in ("cell.png", "hubble_deep_field.jpg", "ihc.png", "microaneurysms.png", "moon.png", "retina.jpg")
        ),
    ),
    "scanned text": ("skimage", ("data/page.png", "data/text.png")),
    "places": ("sklearn", ("datasets/images/china.jpg", "datasets/images/flower.jpg")),
    "rockets and cameras": ("skimage", ("data/rocket.jpg", "data/camera.png")),
}
_FACES: Final = 100  # of the array's pictures, the first ones; the others are cut from anywhere else
_WINDOWS: Final = 12
_LARGEST: Final = 900


def list_photographs(kind: str, rng: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """Return the pictures of a kind, each with what it was cut from; none where the package is missing.

    Args:
        kind: One of `PHOTOGRAPHS`.
        rng: Where the windows lie.
    """
    package, files = PHOTOGRAPHS[kind]
    folder = find_package(package)
    for name in files if folder is not None else ():
        path = Path(str(folder)) / name
        if path.suffix == ".npy":
            small = np.load(path, allow_pickle=False)[:_FACES]
            grey = (small * 255).clip(0, 255).astype(np.uint8)
            yield from ((f"{name} {row}", Image.fromarray(values).convert("RGB")) for row, values in enumerate(grey))
        elif path.is_file():
            with Image.open(path) as opened:
                whole = opened.convert("RGB")
            yield from ((name, window) for window in cut_windows(whole, _WINDOWS, rng))


def find_package(name: str) -> Path | None:
    """Return the folder of a package without importing it; None where it is not installed."""
    found = importlib.util.find_spec(name)
    places = None if found is None else found.submodule_search_locations
    return Path(next(iter(places))) if places else None


def cut_windows(picture: Image.Image, count: int, rng: np.random.Generator) -> list[Image.Image]:
    """Return a picture and random windows of it, upright as products are, or as wide as it is.

    Args:
        picture: The picture; one larger than 900 pixels is made smaller.
        count: How many, the picture itself among them.
        rng: Where they lie.
    """
    picture = picture.copy()
    picture.thumbnail((_LARGEST, _LARGEST))
    windows = [picture]
    for _ in range(count - 1):
        share = rng.uniform(0.35, 0.9)
        high = int(picture.height * share)
        wide = min(picture.width, int(high * 0.75)) if rng.random() < 0.6 else int(picture.width * share)
        left, top = int(rng.integers(picture.width - wide + 1)), int(rng.integers(picture.height - high + 1))
        windows.append(picture.crop((left, top, left + wide, top + high)))
    return windows

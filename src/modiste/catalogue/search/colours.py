"""Colours beside deep features: which ones a picture shows, and how alike two pictures' colours are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words.normalising import list_tokens
from modiste.errors import UsageError

__all__ = [
    "ANCHORS",
    "compare_colours",
    "describe_colours",
    "find_item_colours",
    "find_named_colours",
    "find_spoken_colours",
    "to_lab",
]

ANCHORS: Final = 64  # colours that a description counts: 4 x 4 x 4 of red, green and blue
_LEVELS: Final = np.array([0, 85, 170, 255], np.float64)
_BITS: Final = 4  # of a channel, to which a pixel is rounded
_SIDE: Final = 48  # pixels; a picture is reduced to that before its colours are counted
_REACH: Final = 18.0  # how far apart, in CIELAB, colours still resemble each other
_GROUND: Final = 12.0  # how far from the ground's colour a pixel must be to belong to the product
_LEAST: Final = 0.04  # share of the pixels; a product that fills less has the ground's colour, such as white on white
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])  # D65
_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def describe_colours(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Say which colours a picture's product has.

    The ground, which is whatever the picture's edge shows most, is left out. Every other pixel is shared out among 64
    colours, the nearer the more, so that a slightly other light changes the shares but slightly.

    Args:
        picture: RGB [height, width, 3]; cut a box out of it before.

    Returns:
        uint8 [64]: the shares, of which the largest is 255; 64 bytes to store. `compare_colours` compares two.

    Raises:
        UsageError: The array is not an RGB picture of 8 bits.

    Example:
        >>> red = np.full((80, 60, 3), 255, np.uint8)
        >>> red[20:60, 10:50] = 200, 30, 40
        >>> shares = describe_colours(red)
        >>> shares.shape, int(shares.argmax())
        ((64,), 32)
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise UsageError(f"the array is {picture.dtype} {list(picture.shape)}; expected uint8 [height, width, 3]")
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(image)  # [height, width, 3]
    return _share_out(pixels[_find_product(to_lab(pixels))])


def compare_colours(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Say how alike the colours of pictures are.

    Args:
        left: uint8 [..., 64], as `describe_colours` gives it.
        right: uint8 [..., 64]; the two broadcast against each other.

    Returns:
        float32 [...] from 0, nothing in common, to 1, the same: the Bhattacharyya coefficient of the shares.

    Reference:
        Bhattacharyya, "On a measure of divergence between two statistical populations", 1943.

    Example:
        >>> navy, black, yellow = (find_named_colours([name]) for name in ("Navy Blue", "Black", "Yellow"))
        >>> compare_colours(navy, np.stack([navy, black, yellow])).round(1).tolist()[::2]
        [1.0, 0.0]
    """
    roots = [np.sqrt(_normalise(shares)) for shares in (left, right)]
    return np.asarray(np.clip((roots[0] * roots[1]).sum(axis=-1), 0, 1), np.float32)


def find_named_colours(names: Iterable[str]) -> NDArray[np.uint8] | None:
    """Describe the colours that some names mean, as `describe_colours` would; None if no name means one.

    Example:
        >>> find_named_colours(["Multi"]) is None
        True
    """
    table = _read_colours()
    known = [colour for name in names for colour in table.get(name.casefold(), [])]
    if not known:
        return None
    return _share_out(np.array(known, np.uint8))


def find_item_colours(item: CatalogueItem) -> NDArray[np.uint8] | None:
    """Describe the colours that an item's labels name.

    Returns:
        uint8 [64], or None where nothing is known.
    """
    return find_named_colours(
        value for name, values in item.labels.items() if "colo" in name.casefold() for value in values
    )


def find_spoken_colours(text: str) -> NDArray[np.uint8] | None:
    """Describe the colours that a text names; None if it names none.

    Example:
        >>> bool((find_spoken_colours("a navy blue dress") == find_named_colours(["Navy Blue"])).all())
        True
    """
    words = [token.written for token in list_tokens(text)]
    names: list[str] = []
    at = 0
    while at < len(words):
        pair = " ".join(words[at : at + 2])
        names.append(pair if pair in _read_colours() else words[at])
        at += 2 if pair in _read_colours() and " " in pair else 1
    return find_named_colours(names)


def to_lab(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Turn sRGB [..., 3] into CIELAB [..., 3] under D65, where equal distances look about equally far (IEC 61966-2-1).

    Example:
        >>> to_lab(np.array([255, 255, 255], np.uint8)).round(1).tolist()[0]
        100.0
    """
    plain = np.arange(256) / 255
    linear = np.where(plain <= 0.04045, plain / 12.92, ((plain + 0.055) / 1.055) ** 2.4)[colours]
    ratio = linear @ _TO_XYZ.T / _WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _find_product(lab: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels belong to the product, bool [height, width]; all of the middle where nothing stands out."""
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    ground = np.median(edge, axis=0)
    product = np.asarray(np.linalg.norm(lab - ground, axis=-1) > _GROUND)
    if product.mean() < _LEAST:
        height, width = product.shape
        product[:] = False
        product[height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return product


def _share_out(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Share colours [n, 3] out among the anchors, each colour counting the same: uint8 [64]."""
    codes = (colours >> (8 - _BITS)).astype(np.int64) @ [1 << 2 * _BITS, 1 << _BITS, 1]  # [n]
    counts = np.bincount(codes, minlength=1 << 3 * _BITS)
    present = np.flatnonzero(counts)
    shares = counts[present] @ _tabulate_shares()[present]  # [64]
    return np.asarray(np.rint(255 * shares / shares.max()), np.uint8)


@lru_cache(maxsize=1)
def _tabulate_shares() -> NDArray[np.float32]:
    """Return how every colour of 4 bits a channel is shared out: [4096, 64], since pixels are many and colours few."""
    levels = (np.arange(1 << _BITS) << (8 - _BITS)) + (1 << (7 - _BITS))
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = np.square(to_lab(colours.astype(np.uint8))[:, None] - _list_anchors()).sum(axis=-1)
    near = np.exp((distances.min(axis=1, keepdims=True) - distances) / (2 * _REACH**2))
    return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


def _normalise(shares: NDArray[np.uint8]) -> NDArray[np.float64]:
    counts = shares.astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1))


@lru_cache(maxsize=1)
def _list_anchors() -> NDArray[np.float64]:
    cube = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1)
    return to_lab(cube.reshape(ANCHORS, 3).astype(np.uint8))


@lru_cache(maxsize=1)
def _read_colours() -> dict[str, Sequence[Sequence[int]]]:
    text = resources.files("modiste.catalogue.search").joinpath("colours.toml").read_text(encoding="utf-8")
    colours: dict[str, Sequence[Sequence[int]]] = tomllib.loads(text)["colours"]
    return colours

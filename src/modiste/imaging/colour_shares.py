"""Which colours a picture's product has, in 64 bytes, and how alike those of two pictures are."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.imaging.perceptual import THUMBNAIL, make_thumbnail

__all__ = ["ANCHORS", "compare_colours", "describe_colours", "describe_thumbnails", "share_out", "to_lab"]

ANCHORS: Final = 64  # colours that a description counts: 4 x 4 x 4 of red, green and blue
_LEVELS: Final = np.array([0, 85, 170, 255], np.float64)
_BITS: Final = 4  # of a channel, to which a pixel is rounded when it is shared out
_FINE_BITS: Final = 5  # of a channel, to which it is rounded when it is told from the ground
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
    return np.asarray(describe_thumbnails(make_thumbnail(picture)[None])[0])


def describe_thumbnails(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Do as `describe_colours` with pictures that `make_thumbnail` has reduced.

    Args:
        thumbnails: RGB [n, 32, 32, 3].

    Returns:
        uint8 [n, 64].
    """
    if not len(thumbnails):
        return np.empty((0, ANCHORS), np.uint8)
    colours = 1 << 3 * _BITS
    codes = _encode(thumbnails, _BITS) + colours * np.arange(len(thumbnails))[:, None, None]
    counts = np.bincount(codes[_find_product(thumbnails)], minlength=colours * len(thumbnails))
    return _round(np.stack([_sum_shares(own) for own in counts.reshape(len(thumbnails), colours)]))


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
        >>> dark, light = (share_out(np.array([colour], np.uint8)) for colour in ((0, 0, 90), (250, 240, 10)))
        >>> compare_colours(dark, np.stack([dark, light])).round(1).tolist()
        [1.0, 0.0]
    """
    roots = [np.sqrt(_normalise(shares)) for shares in (left, right)]
    return np.asarray(np.clip((roots[0] * roots[1]).sum(axis=-1), 0, 1), np.float32)


def share_out(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Share colours [n, 3] out among the 64, each colour counting the same: uint8 [64]."""
    return _round(_sum_shares(np.bincount(_encode(colours, _BITS), minlength=1 << 3 * _BITS)))


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


def _find_product(thumbnails: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels belong to the product, bool [n, 32, 32]; all of the middle where nothing stands out.

    Those at its rim are mixtures with the ground, and left out where enough are within.
    """
    lab = _tabulate_lab().take(_encode(thumbnails, _FINE_BITS), axis=0)  # [n, 32, 32, 3]
    edge = np.concatenate([lab[:, 0], lab[:, -1], lab[:, :, 0], lab[:, :, -1]], axis=1)  # [n, 128, 3]
    edge.partition(edge.shape[1] // 2, axis=1)
    away = lab - edge[:, edge.shape[1] // 2, None, None]  # from the median
    product = np.einsum("nijc,nijc->nij", away, away) > _GROUND**2
    inner = np.zeros_like(product)
    inner[:, 1:-1, 1:-1] = product[:, 1:-1, 1:-1] & product[:, :-2, 1:-1] & product[:, 2:, 1:-1]
    inner[:, 1:-1, 1:-1] &= product[:, 1:-1, :-2] & product[:, 1:-1, 2:]
    small = product.mean(axis=(1, 2)) < _LEAST
    thick = inner.mean(axis=(1, 2)) >= _LEAST
    product[thick] = inner[thick]
    quarter = THUMBNAIL // 4
    product[small] = False
    product[small, quarter:-quarter, quarter:-quarter] = True
    return np.asarray(product)


def _sum_shares(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the shares [64] of pixels, given how many have each colour [4096]."""
    present = np.flatnonzero(counts)
    return np.asarray(counts[present].astype(np.float32) @ _tabulate_shares().take(present, axis=0))


def _round(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * shares / shares.max(axis=-1, keepdims=True)), np.uint8)


def _encode(colours: NDArray[np.uint8], bits: int) -> NDArray[np.int32]:
    """Return the number of each colour [..., 3] once its channels are rounded to some bits."""
    red, green, blue = (colours[..., channel].astype(np.int32) >> (8 - bits) for channel in range(3))
    return (red << 2 * bits) | (green << bits) | blue


def _list_colours(bits: int) -> NDArray[np.uint8]:
    """Return what each number of `_encode` stands for: uint8 [8 ** bits, 3]."""
    levels = (np.arange(1 << bits) << (8 - bits)) + (1 << (7 - bits))
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.uint8)


@lru_cache(maxsize=1)
def _tabulate_lab() -> NDArray[np.float32]:
    return to_lab(_list_colours(_FINE_BITS)).astype(np.float32)


@lru_cache(maxsize=1)
def _tabulate_shares() -> NDArray[np.float32]:
    """Return how every colour of 4 bits a channel is shared out: [4096, 64], since pixels are many and colours few."""
    distances = np.square(to_lab(_list_colours(_BITS))[:, None] - _list_anchors()).sum(axis=-1)
    near = np.exp((distances.min(axis=1, keepdims=True) - distances) / (2 * _REACH**2))
    return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


@lru_cache(maxsize=1)
def _list_anchors() -> NDArray[np.float64]:
    cube = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1)
    return to_lab(cube.reshape(ANCHORS, 3).astype(np.uint8))


def _normalise(shares: NDArray[np.uint8]) -> NDArray[np.float64]:
    counts = shares.astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1))

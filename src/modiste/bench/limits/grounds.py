"""Telling a product from the light ground that it was photographed on, and pictures without the one or the other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["fill_ground", "find_ground", "take_colour"]

Pictures = NDArray[np.uint8]
_LIGHT: Final = 232  # what is lighter in all channels may be ground; JPEG leaves rims a little below white
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def find_ground(pictures: Pictures, *, light: int = _LIGHT) -> NDArray[np.bool_]:
    """Return which pixels are ground: light ones that hang together with a picture's edge.

    A white shirt's inside is none of it while a darker line runs around it; where none does, the ground runs in.

    Args:
        pictures: RGB [n, height, width, 3].
        light: Least level of every channel.

    Returns:
        bool [n, height, width].

    Example:
        >>> ring = np.full((1, 5, 5, 3), 255, np.uint8)
        >>> ring[0, 1:4, 1:4] = 0
        >>> ring[0, 2, 2] = 255
        >>> int(find_ground(ring).sum())
        16
    """
    bright = np.asarray((pictures >= light).all(axis=3))
    ground = np.zeros_like(bright)
    ground[:, [0, -1]], ground[:, :, [0, -1]] = bright[:, [0, -1]], bright[:, :, [0, -1]]
    while True:
        wider = ground.copy()
        wider[:, 1:] |= ground[:, :-1]
        wider[:, :-1] |= ground[:, 1:]
        wider[:, :, 1:] |= ground[:, :, :-1]
        wider[:, :, :-1] |= ground[:, :, 1:]
        wider &= bright
        if (wider == ground).all():
            return np.asarray(ground)
        ground = wider


def fill_ground(pictures: Pictures, ground: NDArray[np.bool_], level: int) -> Pictures:
    """Return the pictures with their ground painted in one level of grey; 255 is white."""
    return np.where(ground[..., None], np.uint8(level), pictures)


def take_colour(pictures: Pictures) -> Pictures:
    """Return the pictures in levels of grey, RGB still: what is left tells shape and lightness, and no hue."""
    grey = np.rint(pictures.astype(np.float32) @ _LUMA).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=3)

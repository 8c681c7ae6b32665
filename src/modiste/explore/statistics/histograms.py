"""How bright and how red, green and blue pictures are: one picture, a class, a whole set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "CHANNELS", "GroupHistograms", "measure_histogram"]

BINS = 32
CHANNELS = ("grey", "red", "green", "blue")
# Enough pixels that a share is exact to a thousandth; a camera's picture has a hundred times as many.
_PIXELS = 65_536


def measure_histogram(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Measure how the pixels of a picture are spread over 32 levels of grey, red, green and blue.

    Grey is ITU-R BT.601's luma, 0.299 R + 0.587 G + 0.114 B. Of a picture with more than 65,536 pixels every second,
    third ... row and column is looked at.

    Args:
        picture: RGB [height, width, 3].

    Returns:
        float32 [4, 32]: shares of the pixels, each row adds up to 1; level ``k`` is 8 ``k`` to 8 ``k`` + 7 of 255.

    Example:
        >>> histogram = measure_histogram(np.full((4, 4, 3), (255, 0, 0), np.uint8))
        >>> histogram.argmax(axis=1).tolist()
        [9, 31, 0, 0]
    """
    step = max(1, int(np.ceil(np.sqrt(picture.shape[0] * picture.shape[1] / _PIXELS))))
    pixels = picture[::step, ::step].reshape(-1, 3).astype(np.uint32)  # [n, 3]
    grey = (pixels @ np.array([19_595, 38_470, 7_471], np.uint32) + 0x8000) >> 16  # Pillow's own fixed-point luma
    levels = np.concatenate([grey[:, None], pixels], axis=1) >> 3  # [n, 4], 0 to 31
    offsets = np.arange(len(CHANNELS), dtype=np.uint32) * BINS
    counts = np.bincount((levels + offsets).ravel().astype(np.int64), minlength=len(CHANNELS) * BINS)
    return (counts.reshape(len(CHANNELS), BINS) / len(pixels)).astype(np.float32)


class GroupHistograms:
    """The mean histogram of all pictures and of each of some groups; every picture weighs the same.

    Args:
        groups: How many groups there are; a picture may be in several.

    Example:
        >>> sums = GroupHistograms(1)
        >>> sums.add(np.ones((2, 4, 32), np.float32) / 32, np.array([[True, False]]))
        >>> sums.counts.tolist(), float(sums.means[0].sum())
        ([1], 4.0)
    """

    def __init__(self, groups: int) -> None:
        self.pictures = 0
        self.counts = np.zeros(groups, np.int64)
        self._total = np.zeros((len(CHANNELS), BINS), np.float64)
        self._sums = np.zeros((groups, len(CHANNELS), BINS), np.float64)

    def add(self, histograms: NDArray[np.float32], membership: NDArray[np.bool_]) -> None:
        """Take in n pictures: their histograms [n, 4, 32], and which groups [groups, n] they are in."""
        self.pictures += len(histograms)
        self.counts += membership.sum(axis=1)
        self._total += histograms.sum(axis=0, dtype=np.float64)
        flat = histograms.reshape(len(histograms), -1).astype(np.float64)
        self._sums += (membership.astype(np.float64) @ flat).reshape(self._sums.shape)

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean histogram of all pictures, [4, 32]; zeros without any."""
        return self._total / max(1, self.pictures)

    @property
    def means(self) -> NDArray[np.float64]:
        """The mean histogram of each group, [groups, 4, 32]; zeros where there was no picture."""
        return self._sums / np.maximum(1, self.counts)[:, None, None]

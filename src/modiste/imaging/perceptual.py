"""What a picture looks like, in few numbers that resizing and compressing hardly change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = [
    "CELLS",
    "HASH_BITS",
    "THUMBNAIL",
    "average_cells",
    "count_differing_bits",
    "find_near_hashes",
    "hash_thumbnails",
    "make_thumbnail",
    "measure_spread",
]

THUMBNAIL = 32  # pixels a side
HASH_BITS = 64
_KEPT = 8  # rows and columns of the lowest frequencies
CELLS = 8  # a side, of the coarse grid of mean colours
# Lightness and two colour differences, as JPEG stores them (ITU-R BT.601).
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
_MASKS = np.array([0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F], np.uint64)
_OCTETS = np.uint64(0x0101010101010101)
_PAIRS = 1 << 18  # candidates that are compared at a time
_EXTREME = 0.002  # share of the numbers at either end that are left out of a spread: single stray pixels


def make_thumbnail(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a picture to a grid of colours, whatever its size and proportions are.

    Each colour is a mean with triangular weights over two grid steps. With plain means (a box) the copy of a picture at
    another size differs several times as much, since their pixels' edges fall differently into the grid.

    Args:
        picture: RGB [height, width, 3].

    Returns:
        RGB [32, 32, 3].

    Example:
        >>> float(make_thumbnail(np.full((80, 60, 3), 200, np.uint8)).mean())
        200.0
    """
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR))


def measure_spread(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Say how far the darkest and the lightest part of each picture are apart.

    Args:
        thumbnails: RGB [n, 32, 32, 3].

    Returns:
        float32 [n] in grey levels, 0 to 255: the range of the channel that has the widest one, less the 0.2 % of its
        numbers at either end. 0 is one colour.

    Example:
        >>> measure_spread(np.full((1, 32, 32, 3), 7, np.uint8)).tolist()
        [0.0]
    """
    numbers = np.sort(thumbnails.reshape(len(thumbnails), -1, 3), axis=1)  # [n, 1024, 3]
    cut = round(_EXTREME * numbers.shape[1])
    ranges = numbers[:, -1 - cut].astype(np.float32) - numbers[:, cut]
    return np.asarray(ranges.max(axis=1, initial=0))


def average_cells(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean lightness and colour differences of pictures on a coarse grid.

    Args:
        thumbnails: RGB [n, 32, 32, 3].

    Returns:
        float32 [n, 64, 3]: Y in [0, 255], Cb and Cr in [-128, 128], of each of 8 x 8 cells.

    Example:
        >>> average_cells(np.full((1, 32, 32, 3), 100, np.uint8))[0, 0, 0].round().item()
        100.0
    """
    step = THUMBNAIL // CELLS
    parts = thumbnails.reshape(-1, CELLS, step, CELLS, step, 3)
    means = parts.mean(axis=(2, 4), dtype=np.float32)  # [n, 8, 8, 3]
    return np.asarray(means.reshape(-1, CELLS * CELLS, 3) @ _YCC.T)


def hash_thumbnails(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Compute the perceptual hash of pictures: the signs of their lowest frequencies.

    The lightness is turned into frequencies by the discrete cosine transform; each of the lowest 8 x 8 gives one bit:
    whether it lies above the median of the 63 that are not the mean (Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions", 2010).

    Args:
        thumbnails: RGB [n, 32, 32, 3].

    Returns:
        uint64 [n]; `count_differing_bits` compares two.
    """
    grey = thumbnails.astype(np.float32) @ _YCC[0]  # [n, 32, 32]
    basis = _make_cosines()
    frequencies = (basis @ grey @ basis.T).reshape(len(grey), HASH_BITS)  # [n, 64]
    bits = frequencies > np.median(frequencies[:, 1:], axis=1, keepdims=True) if len(grey) else frequencies > 0
    bits[:, 0] = False  # the mean lightness, which says nothing of what is shown
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def count_differing_bits(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return in how many bits two hashes differ, 0 (alike) to 64: arrays that broadcast against each other.

    Example:
        >>> count_differing_bits(np.array([1, 7], np.uint64), np.array([1, 0], np.uint64)).tolist()
        [0, 3]
    """
    pairs, fours, eights = _MASKS
    # Counted within ever longer stretches of bits at once; the product adds up the eight octets.
    count = np.bitwise_xor(left, right)
    count = count - ((count >> np.uint64(1)) & pairs)
    count = (count & fours) + ((count >> np.uint64(2)) & fours)
    count = (count + (count >> np.uint64(4))) & eights
    return np.asarray((count * _OCTETS) >> np.uint64(56), np.uint8)


def find_near_hashes(hashes: NDArray[np.uint64], bits: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Find all pairs of hashes that differ in few bits.

    The bits are dealt out to ``bits + 1`` pieces. Near hashes agree in at least one piece, so only those are compared
    that do.

    Args:
        hashes: uint64 [n].
        bits: How many bits may differ, 0 to 16.

    Yields:
        Two int64 [pairs]: the places of either; some thousands of pairs at a time, so that memory is bounded. A pair
        comes as often as it agrees in a piece.

    Example:
        >>> near = find_near_hashes(np.array([0, 2**64 - 1, 1], np.uint64), 2)
        >>> {(int(left), int(right)) for pairs in near for left, right in zip(*pairs)}
        {(0, 2)}
    """
    pieces = bits + 1
    for first in range(pieces):
        # Neighbouring frequencies resemble each other, so every piece takes bits from everywhere.
        piece = hashes & np.uint64(sum(1 << bit for bit in range(first, HASH_BITS, pieces)))
        for left, right in _list_equal_pairs(piece):
            near = count_differing_bits(hashes[left], hashes[right]) <= bits
            yield left[near], right[near]


def _list_equal_pairs(keys: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield all pairs of places with equal keys, so many at a time as memory allows."""
    order = np.argsort(keys, kind="stable")
    _, starts, sizes = np.unique(keys[order], return_index=True, return_counts=True)
    reach = np.repeat(starts + sizes, sizes) - np.arange(len(order)) - 1  # partners behind each place
    totals = np.cumsum(reach)
    first = 0
    while first < len(order):
        done = totals[first - 1] if first else 0
        last = max(int(np.searchsorted(totals, done + _PAIRS, side="right")), first + 1)
        some = reach[first:last]
        left = np.repeat(np.arange(first, last), some)
        behind = np.arange(len(left)) - np.repeat(np.cumsum(some) - some, some)
        yield order[left], order[left + 1 + behind]
        first = last


@lru_cache(maxsize=1)
def _make_cosines() -> NDArray[np.float32]:
    """Return the lowest rows of the orthonormal DCT-II matrix: [8, 32]."""
    frequency, place = np.mgrid[0:_KEPT, 0:THUMBNAIL]
    matrix = np.cos(np.pi * (place + 0.5) * frequency / THUMBNAIL) * np.sqrt(2 / THUMBNAIL)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)

"""How large the pictures are, and of what shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CommonSize", "Quantiles", "SizeSummary", "summarise_sizes"]

# Four bins an octave: 3:4 and 2:3 fall into different ones.
_BINS_AN_OCTAVE = 4
_WIDEST = 3


@dataclass(frozen=True)
class Quantiles:
    """The smallest, the median and the largest of some numbers, and the quartiles between."""

    least: float
    lower: float
    median: float
    upper: float
    most: float


@dataclass(frozen=True)
class CommonSize:
    """A size in pixels, and how many pictures have it."""

    width: int
    height: int
    count: int


@dataclass(frozen=True)
class SizeSummary:
    """The sizes of some pictures.

    Args:
        pictures: How many there are.
        width: In pixels.
        height: In pixels.
        aspect: Width over height.
        bytes: Lengths of the files.
        sizes: The commonest sizes, at most 200, the commonest first.
        distinct: How many different sizes there are.
        aspect_edges: [bins + 1] edges of the aspect's histogram, a quarter of an octave apart, from 1:8 to 8:1.
        aspect_counts: [bins]; what lies beyond the edges is in the outermost bins.
    """

    pictures: int
    width: Quantiles
    height: Quantiles
    aspect: Quantiles
    bytes: Quantiles
    sizes: tuple[CommonSize, ...]
    distinct: int
    aspect_edges: tuple[float, ...]
    aspect_counts: tuple[int, ...]


def summarise_sizes(
    widths: NDArray[np.int64], heights: NDArray[np.int64], lengths: NDArray[np.int64], *, listed: int = 200
) -> SizeSummary | None:
    """Summarise the sizes of pictures.

    Args:
        widths: [n] in pixels.
        heights: [n] in pixels.
        lengths: [n] bytes of the files.
        listed: Sizes that are listed at most.

    Returns:
        The summary; None for no picture.

    Example:
        >>> summary = summarise_sizes(np.array([60, 60, 90]), np.array([80, 80, 90]), np.array([9, 9, 9]))
        >>> summary.sizes[0], summary.aspect.median
        (CommonSize(width=60, height=80, count=2), 0.75)
    """
    if not len(widths):
        return None
    pairs, counts = np.unique(np.stack([widths, heights], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    aspects = widths / heights
    edges = 2.0 ** (np.arange(-_WIDEST * _BINS_AN_OCTAVE, _WIDEST * _BINS_AN_OCTAVE + 1) / _BINS_AN_OCTAVE)
    found, _ = np.histogram(np.clip(aspects, edges[0], np.nextafter(edges[-1], 0)), edges)
    return SizeSummary(
        pictures=len(widths),
        width=_find_quantiles(widths),
        height=_find_quantiles(heights),
        aspect=_find_quantiles(aspects),
        bytes=_find_quantiles(lengths),
        sizes=tuple(CommonSize(int(pairs[at, 0]), int(pairs[at, 1]), int(counts[at])) for at in order[:listed]),
        distinct=len(pairs),
        aspect_edges=tuple(edges.tolist()),
        aspect_counts=tuple(found.tolist()),
    )


def _find_quantiles(numbers: NDArray[np.generic]) -> Quantiles:
    return Quantiles(*np.quantile(numbers.astype(np.float64), (0, 0.25, 0.5, 0.75, 1)).tolist())

"""Exact nearest neighbours among the vectors of a data set, block by block: memory does not grow with its square."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from modiste.runtime import count_cores

__all__ = ["Neighbours", "find_close_pairs", "find_nearest"]

_BLOCK_BYTES = 96_000_000  # of the products of one block with all vectors, in each thread
_FORBIDDEN = np.float32(-2)  # below every dot product of vectors of unit length
_Result = TypeVar("_Result")


class Neighbours(NamedTuple):
    """The k nearest neighbours of n vectors, the nearest first.

    ``positions`` int64 [n, k] and ``similarities`` float32 [n, k], in [-1, 1]; -1 and -2 where there are fewer than k.
    """

    positions: NDArray[np.int64]
    similarities: NDArray[np.float32]


def find_nearest(
    vectors: NDArray[np.float32],
    k: int,
    *,
    groups: NDArray[np.int64] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Neighbours:
    """Find each vector's nearest neighbours by dot product, exactly.

    Args:
        vectors: float32 [n, d] of unit length.
        k: How many, at least 1.
        groups: int64 [n]; vectors of one group are no neighbours of each other. By default only a vector itself is
            none of its own.
        allowed: bool [n]; which vectors may be neighbours, by default all.

    Returns:
        The neighbours; ties in the order of the rows.

    Raises:
        ValueError: ``k`` is below 1, or the arrays differ in length.

    Example:
        >>> points = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
        >>> find_nearest(points, 1).positions[:, 0].tolist()
        [1, 0, 1]
    """
    n = len(vectors)
    if k < 1:
        raise ValueError(f"k is {k}; expected 1 or more")
    if any(given is not None and len(given) != n for given in (groups, allowed)):
        raise ValueError(f"there are {n} vectors, but groups or allowed have another length")
    own = np.arange(n) if groups is None else groups
    kept = min(k, n)

    def find(start: int, stop: int) -> Neighbours:
        products = vectors[start:stop] @ vectors.T  # [block, n]
        products[own[start:stop, None] == own[None, :]] = _FORBIDDEN
        if allowed is not None:
            products[:, ~allowed] = _FORBIDDEN
        return _select(products, kept)

    blocks = list(_map_blocks(find, n))
    positions = np.full((n, k), -1, np.int64)
    similarities = np.full((n, k), _FORBIDDEN, np.float32)
    if blocks:
        positions[:, :kept] = np.concatenate([block.positions for block in blocks])
        similarities[:, :kept] = np.concatenate([block.similarities for block in blocks])
    positions[similarities == _FORBIDDEN] = -1
    return Neighbours(positions, similarities)


def _select(products: NDArray[np.float32], k: int) -> Neighbours:
    """Return the k largest of each row, the largest first."""
    if k < products.shape[1]:
        found = np.argpartition(products, -k, axis=1)[:, -k:]
    else:
        found = np.broadcast_to(np.arange(products.shape[1]), products.shape)
    found = np.sort(found, axis=1)
    values = np.take_along_axis(products, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return Neighbours(np.take_along_axis(found, order, axis=1), np.take_along_axis(values, order, axis=1))


def find_close_pairs(points: NDArray[np.float32], radius: float) -> NDArray[np.int64]:
    """Find all pairs of points whose Euclidean distance is at most a radius, exactly.

    Args:
        points: float32 [n, d].
        radius: In the unit of the points.

    Returns:
        int64 [pairs, 2], the smaller row first, in order.

    Example:
        >>> find_close_pairs(np.array([[0, 0], [3, 4], [9, 9]], np.float32), 5).tolist()
        [[0, 1]]
    """
    squares = np.einsum("nd,nd->n", points, points)

    def find(start: int, stop: int) -> NDArray[np.int64]:
        distances = squares[start:stop, None] + squares[None, start:] - 2 * (points[start:stop] @ points[start:].T)
        # Rounding is relative to the squares: what lies at the very edge is measured again.
        rows, columns = np.nonzero(distances <= radius**2 + 1e-5 * squares[start:stop, None])
        above = columns > rows
        pairs = np.stack([rows[above], columns[above]], axis=1) + start
        exact = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
        return np.asarray(pairs[exact <= radius])

    return np.concatenate([np.empty((0, 2), np.int64), *_map_blocks(find, len(points))])


def _map_blocks(find: Callable[[int, int], _Result], n: int) -> Iterator[_Result]:
    """Call a function on the stretches of n rows, several at a time, and yield what it returns, in order."""
    rows = max(1, min(1024, _BLOCK_BYTES // (4 * max(n, 1))))
    starts = range(0, n, rows)
    with ThreadPoolExecutor(count_cores(), "modiste-neighbours") as pool:
        yield from pool.map(lambda start: find(start, min(start + rows, n)), starts)

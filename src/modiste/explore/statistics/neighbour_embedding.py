"""Points of many dimensions laid out in two so that neighbours stay neighbours: t-SNE for a few thousand points.

Written out here because it takes a hundred lines of numpy for the two thousand points that a page can show, where the
packages that do it (scikit-learn, openTSNE, umap-learn) bring 100 MB of scipy, scikit-learn or numba with them.
Source: L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 9, 2008; start and learning rate as in
D. Kobak, P. Berens, "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["embed_neighbours", "find_affinities", "measure_gradient", "reduce_dimensions"]

_EXAGGERATION = 12.0
_EXAGGERATED = 120
_SEARCH = 40
_LEAST_GAIN = 0.01
_BLOCK = 32  # rows; products this small stay in the cache, and BLAS does not share them among threads that wait
_START = 1e-4


def reduce_dimensions(vectors: NDArray[np.float32], dimensions: int) -> NDArray[np.float64]:
    """Project points onto their principal components.

    Args:
        vectors: [n, d].
        dimensions: How many components to keep; there are at most min(n, d).

    Returns:
        [n, dimensions], columns of zeros where there are fewer components; each component's largest entry in
        absolute value is positive, so that the result does not depend on the machine.

    Example:
        >>> reduce_dimensions(np.array([[0.0, 0.0], [3.0, 4.0]]), 1).round(1).tolist()
        [[-2.5], [2.5]]
    """
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    kept = components[:dimensions]
    largest = kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)]
    scores = centred @ (kept * np.sign(largest)[:, None]).T
    return np.pad(scores, ((0, 0), (0, dimensions - len(kept))))


def find_affinities(points: NDArray[np.float64], perplexity: float) -> NDArray[np.float32]:
    """Say how near points are: the joint probabilities P of t-SNE.

    Args:
        points: [n, d].
        perplexity: The effective number of neighbours of each point; at most (n - 1) / 3.

    Returns:
        [n, n], symmetric, zeros on the diagonal, adding up to 1.
    """
    n = len(points)
    distances = _square_distances(points)
    np.fill_diagonal(distances, np.inf)
    near = np.partition(distances, 1, axis=1)[:, :1]
    distances -= near  # the nearest neighbour gets exp(0), so that no row vanishes
    precision, low, high = np.ones((n, 1)), np.zeros((n, 1)), np.full((n, 1), np.inf)
    for _ in range(_SEARCH):
        weights = np.exp(-distances * precision)
        totals = weights.sum(axis=1, keepdims=True)
        finite = np.where(np.isfinite(distances), distances, 0.0)
        entropies = np.log(totals) + precision * (weights * finite).sum(axis=1, keepdims=True) / totals
        too_wide = entropies > np.log(perplexity)
        low, high = np.where(too_wide, precision, low), np.where(too_wide, high, precision)
        precision = np.where(np.isinf(high), precision * 2, (low + high) / 2)
    conditional = weights / totals
    joint: NDArray[np.float32] = ((conditional + conditional.T) / (2 * n)).astype(np.float32)
    return joint


def measure_gradient(affinities: NDArray[np.float32], layout: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gradient of t-SNE's Kullback-Leibler divergence.

    Args:
        affinities: P, [n, n].
        layout: [n, 2].

    Returns:
        [n, 2]: 4 sum over j of (P - Q) (1 + |yi - yj|²)^-1 (yi - yj).
    """
    ones = np.ones((len(layout), 1), layout.dtype)
    squares = np.square(layout).sum(axis=1, keepdims=True)
    # One product of matrices gives 1 + |yi - yj|² for all pairs of a block of rows and all others.
    left, right = np.hstack([-2 * layout, squares + 1, ones]), np.hstack([layout, ones, squares]).T.copy()
    weighed = np.hstack([layout, ones])
    pull, push, total = np.empty_like(weighed), np.empty_like(weighed), 0.0
    for start in range(0, len(layout), _BLOCK):
        rows = slice(start, start + _BLOCK)
        kernel = left[rows] @ right
        np.reciprocal(np.maximum(kernel, 1, out=kernel), out=kernel)
        np.fill_diagonal(kernel[:, rows], 0)
        total += float(kernel.sum())
        pull[rows] = (affinities[rows] * kernel) @ weighed
        push[rows] = np.square(kernel, out=kernel) @ weighed
    push /= total
    pull -= push
    gradient: NDArray[np.float32] = 4 * (pull[:, 2:] * layout - pull[:, :2])
    return gradient


def embed_neighbours(
    points: NDArray[np.float64], *, perplexity: float = 30.0, steps: int = 400, start: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """Lay points out in two dimensions so that neighbours stay neighbours.

    Args:
        points: [n, d], n at least 4; memory grows with n².
        perplexity: The effective number of neighbours that each point keeps; lowered to (n - 1) / 3.
        steps: Steps of gradient descent.
        start: [n, 2]; by default the first two columns of ``points``, which should be principal components.

    Returns:
        [n, 2]. The same points give the same layout on the same machine.
    """
    n = len(points)
    affinities = find_affinities(points, min(perplexity, (n - 1) / 3))
    begin = np.asarray(points[:, :2] if start is None else start, np.float64)
    layout: NDArray[np.float32] = (begin / max(float(begin[:, 0].std()), 1e-12) * _START).astype(np.float32)
    rate = max(n / _EXAGGERATION / 4, 50.0)
    speed, gains = np.zeros_like(layout), np.ones_like(layout)
    exaggerated = affinities * np.float32(_EXAGGERATION)
    for step in range(steps):
        early = step < _EXAGGERATED
        pushed = measure_gradient(exaggerated if early else affinities, layout)
        gains = np.where(np.sign(pushed) != np.sign(speed), gains + 0.2, gains * 0.8).clip(_LEAST_GAIN)
        speed = (0.5 if early else 0.8) * speed - rate * gains * pushed
        layout = (layout + speed).astype(np.float32)
    return layout


def _square_distances(points: NDArray[np.floating]) -> NDArray[np.floating]:
    squares = (points * points).sum(axis=1)
    distances = points @ points.T
    distances *= -2
    distances += squares[:, None]
    distances += squares[None, :]
    return np.maximum(distances, 0, out=distances)

"""A map of pictures: those that a bundle takes for alike lie near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.explore.statistics.neighbour_embedding import embed_neighbours, reduce_dimensions

__all__ = ["FEWEST", "draw_map"]

FEWEST = 3
_FEWEST_FOR_NEIGHBOURS = 16
_COMPONENTS = 30
_MARGIN = 0.03


def draw_map(vectors: NDArray[np.float32], *, steps: int = 400) -> tuple[NDArray[np.float64], str]:
    """Lay vectors out in a square: by their neighbours, or by principal components where there are few.

    Args:
        vectors: [n, d], n at least 3; a few thousand at most, since memory grows with n².
        steps: Steps of the layout by neighbours.

    Returns:
        [n, 2] from 0 to 1, and how it was made: ``"neighbours"`` or ``"components"``.

    Example:
        >>> points, method = draw_map(np.eye(3, dtype=np.float32))
        >>> points.shape, method
        ((3, 2), 'components')
    """
    components = reduce_dimensions(vectors, _COMPONENTS)
    if len(vectors) < _FEWEST_FOR_NEIGHBOURS or not components[:, 0].any():
        return _fit(components[:, :2]), "components"
    return _fit(embed_neighbours(components, steps=steps).astype(np.float64)), "neighbours"


def _fit(layout: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale a layout into the unit square with its proportions kept."""
    low, high = layout.min(axis=0), layout.max(axis=0)
    size = float((high - low).max()) or 1.0
    fitted: NDArray[np.float64] = 0.5 + (layout - (low + high) / 2) / size * (1 - 2 * _MARGIN)
    return fitted

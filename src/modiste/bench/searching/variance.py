"""How much of the variance of vectors their first principal components hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["count_components", "measure_variance"]


def measure_variance(vectors: NDArray[np.float32], *, scale: bool = False) -> NDArray[np.float64]:
    """Return the share of the variance that the first 1, 2, ... d components hold.

    Args:
        vectors: float32 [n, d].
        scale: Stretch every dimension to [-1, 1] first, as S1 did.

    Returns:
        float64 [d], ascending to 1.

    Example:
        >>> line = np.array([[0, 0], [1, 1], [2, 2]], np.float32)
        >>> measure_variance(line).round(6).tolist()
        [1.0, 1.0]
    """
    values = vectors.astype(np.float64)
    if scale:
        values = values / np.maximum(np.ptp(values, axis=0), 1e-12)
    variances = np.linalg.eigvalsh(np.cov(values, rowvar=False))[::-1].clip(min=0)
    return np.asarray(np.cumsum(variances) / variances.sum())


def count_components(curve: NDArray[np.float64], share: float) -> int:
    """Return how many components hold a share of the variance.

    Example:
        >>> count_components(np.array([0.5, 0.9, 1.0]), 0.9)
        2
    """
    return int(np.searchsorted(curve, share - 1e-12) + 1)

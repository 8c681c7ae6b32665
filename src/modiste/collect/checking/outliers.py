"""Pictures that look unlike everything else of their class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.findings import Finding, build_findings
from modiste.collect.checking.neighbours import find_nearest
from modiste.manifest import Manifest

__all__ = ["ClassDistances", "find_outliers", "measure_class_distances", "robust_z"]

_NORMAL = 1.4826  # makes the median absolute deviation the standard deviation of a normal distribution


@dataclass(frozen=True)
class ClassDistances:
    """How far each item is from its class.

    Args:
        similarity: float64 [n]: mean dot product with the nearest members of its class; not a number where the item
            has no class, or its class too few members.
        z: float64 [n]: how many robust standard deviations that lies below the class's median; as above.
        nearest: int64 [n]: the nearest member of the class, or -1.
    """

    similarity: NDArray[np.float64]
    z: NDArray[np.float64]
    nearest: NDArray[np.int64]


def robust_z(numbers: NDArray[np.float64], *, least: float = 0.0) -> NDArray[np.float64]:
    """Return how many robust standard deviations each number lies above the median.

    (x - median) / (1.4826 MAD), as Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993).

    Args:
        numbers: float [n]; no missing ones.
        least: The standard deviation is taken to be at least this, so that equal numbers do not make every other one
            infinitely far away.

    Example:
        >>> robust_z(np.array([1.0, 2.0, 3.0, 4.0, 50.0])).round(1).tolist()
        [-1.3, -0.7, 0.0, 0.7, 31.7]
    """
    middle = np.median(numbers)
    spread = max(_NORMAL * float(np.median(np.abs(numbers - middle))), least, 1e-12)
    return np.asarray((numbers - middle) / spread)


def measure_class_distances(
    vectors: NDArray[np.float32], classes: NDArray[np.int64], groups: NDArray[np.int64], *, near: int, min_class: int
) -> ClassDistances:
    """Measure how far each item is from the nearest members of its class; what shows the same product does not count.

    Args:
        vectors: float32 [n, d] of unit length.
        classes: int64 [n]; -1 for items without a class.
        groups: int64 [n]; items of one group are no witnesses for each other.
        near: How many members are asked; a class may have any shape, so its mean is not.
        min_class: Classes with fewer items are left out.
    """
    similarity, z = np.full(len(vectors), np.nan), np.full(len(vectors), np.nan)
    nearest = np.full(len(vectors), -1, np.int64)
    for label in np.unique(classes[classes >= 0]).tolist():
        rows = np.flatnonzero(classes == label)
        if len(rows) < min_class:
            continue
        found = find_nearest(vectors[rows], near, groups=groups[rows])
        there = found.positions >= 0
        asked = there.any(axis=1)
        total = np.where(there, found.similarities, 0).sum(axis=1, dtype=np.float64)
        rows, mean = rows[asked], (total[asked] / there[asked].sum(axis=1))
        similarity[rows] = mean
        nearest[rows] = np.flatnonzero(classes == label)[found.positions[asked, 0]]
        if len(rows):
            z[rows] = robust_z(-mean, least=0.01)
    return ClassDistances(similarity, z, nearest)


def find_outliers(manifest: Manifest, field: str, distances: ClassDistances, *, min_z: float) -> pl.DataFrame:
    """Find the items that are too far from their class.

    Args:
        manifest: The items.
        field: The field whose values are the classes.
        distances: From `measure_class_distances`.
        min_z: Robust standard deviations from the class's median; the score is z² / (z² + min_z²), 0.5 at the limit.
    """
    ids, labels = manifest.items["item_id"], manifest.labels(field)
    findings = []
    for row in np.flatnonzero(distances.z >= min_z).tolist():
        z = float(distances.z[row])
        text = (
            f"its nearest {labels[row]!r} are {distances.similarity[row]:.2f} alike, "
            f"{z:.1f} robust standard deviations less than is usual there"
        )
        partner = ids[int(distances.nearest[row])]
        findings.append(Finding(ids[row], z**2 / (z**2 + min_z**2), text, partner, field, labels[row]))
    return build_findings("outlier", findings)

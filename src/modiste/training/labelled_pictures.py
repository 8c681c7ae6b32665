"""Prepared pictures with what is known of them, and what a network says of them: for calibration and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.imaging import Preprocessing
from modiste.runtime import Network, NetworkOutput, slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.calibrate import FieldLabels
from modiste.training.dataset import LabelledItems, drop_unreadable
from modiste.training.pictures import cache_pictures

__all__ = ["read_labelled_pictures", "run_network", "select_labels"]

_BATCH: Final = 64


def read_labelled_pictures(
    items: LabelledItems, taxonomy: Taxonomy, preprocessing: Preprocessing, cache: Path
) -> tuple[NDArray[np.uint8], list[FieldLabels]]:
    """Return the prepared pictures of some items, and what is known of them; those that can't be read are left out.

    Args:
        items: The items.
        taxonomy: Their fields.
        preprocessing: How the pictures are prepared.
        cache: Where decoded pictures are kept.

    Raises:
        RecipeError: More than half of the pictures can't be read.
    """
    cached = cache_pictures(items.requests, preprocessing, cache)
    readable = drop_unreadable(items, cached.failures)
    rows = np.flatnonzero(readable.owner >= 0)
    return cached.pixels[rows], select_labels(readable, taxonomy, rows)


def select_labels(items: LabelledItems, taxonomy: Taxonomy, rows: NDArray[np.intp]) -> list[FieldLabels]:
    """Return what is known of some rows, field by field."""
    columns = slice_fields(taxonomy)
    return [
        FieldLabels(field, items.targets[rows, columns[field.name]], items.known[rows, position])
        for position, field in enumerate(taxonomy)
    ]


def run_network(network: Network, pictures: NDArray[np.uint8]) -> NetworkOutput:
    """Run a network over any number of prepared pictures [n, height, width, 3]."""
    starts = range(0, len(pictures), _BATCH)
    outputs = [network.run(np.ascontiguousarray(pictures[start : start + _BATCH])) for start in starts]
    told = [list(values) for values in zip(*outputs, strict=True) if values[0] is not None]
    return NetworkOutput(*map(np.concatenate, told))

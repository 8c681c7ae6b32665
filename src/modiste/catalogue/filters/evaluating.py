"""Filters on columns, whole arrays at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.columns import ColumnSource
from modiste.catalogue.filters.tree import Filter

__all__ = ["evaluate_filter"]


def evaluate_filter(condition: Filter, columns: ColumnSource) -> NDArray[np.bool_]:
    """Say which rows [n] a filter keeps."""
    raise NotImplementedError

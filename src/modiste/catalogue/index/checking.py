"""What every index asks of the vectors that it is made from and of the queries that it is asked."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError

__all__ = ["check_keep", "check_queries", "check_vectors"]


def check_vectors(vectors: NDArray[np.float32]) -> None:
    """Check that vectors are float32 [n, d], row by row in memory, with d at least 1.

    Raises:
        UsageError: They are not.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32 or vectors.shape[1] < 1 or not vectors.flags.c_contiguous:
        raise UsageError(
            f"an index was given vectors of type {vectors.dtype} and shape {vectors.shape}; expected float32 [n, d] in "
            "rows. Type: numpy.ascontiguousarray(vectors, dtype='float32')"
        )


def check_queries(queries: NDArray[np.float32], k: int, dimension: int) -> NDArray[np.float32]:
    """Return queries as contiguous float32 [q, d].

    Raises:
        UsageError: They have another shape, hold what is not finite, or ``k`` is below 1.
    """
    if queries.ndim != 2 or queries.shape[1] != dimension:
        raise UsageError(f"an index of width {dimension} was given queries of shape {queries.shape}; expected [q, d]")
    if k < 1:
        raise UsageError(f"{k} neighbours were asked for; expected 1 or more")
    checked = np.ascontiguousarray(queries, dtype=np.float32)
    # A sum that is finite says so of all it is the sum of, and takes half the time.
    if not math.isfinite(np.dot(checked[0], checked[0]) if len(checked) == 1 else np.nan) and not (
        np.isfinite(checked).all()
    ):
        raise UsageError("a query holds numbers that are not finite; vectors of unit length are expected")
    return checked


def check_keep(keep: NDArray[np.bool_] | None, rows: int) -> None:
    """Check that a mask is bool [rows].

    Raises:
        UsageError: It is not.
    """
    if keep is not None and (keep.dtype != np.bool_ or keep.shape != (rows,)):
        raise UsageError(f"a mask of type {keep.dtype} and shape {keep.shape} was given; expected bool [{rows}]")

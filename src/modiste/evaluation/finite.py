"""What is not a number is refused: a figure made of it would look like one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["read_floats", "read_integers", "read_truths"]


def read_floats(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return an array of float64.

    Args:
        values: Numbers of any shape.
        name: What they are, for the error.

    Raises:
        ValueError: One of them is not a number, or infinite.

    Example:
        >>> read_floats([1, 2], "scores")
        array([1., 2.])
    """
    table = np.asarray(values, dtype=np.float64)
    if not np.isfinite(table).all():
        raise ValueError(f"{name} must be finite numbers; {int((~np.isfinite(table)).sum())} are not. Leave them out")
    return table


def read_integers(values: ArrayLike, name: str) -> NDArray[np.int64]:
    """Return an array of int64; the same as `read_floats`, since a cast makes an arbitrary class of what is no number.

    Example:
        >>> read_integers([1.0, 2.0], "classes")
        array([1, 2])
    """
    table = np.asarray(values)
    return (read_floats(table, name) if table.dtype.kind == "f" else table).astype(np.int64)


def read_truths(values: ArrayLike, name: str) -> NDArray[np.bool_]:
    """Return an array of bool; the same as `read_floats`, since a cast makes True of what is no number.

    Example:
        >>> read_truths([1.0, 0.0], "hits")
        array([ True, False])
    """
    table = np.asarray(values)
    return (read_floats(table, name) if table.dtype.kind == "f" else table).astype(np.bool_)

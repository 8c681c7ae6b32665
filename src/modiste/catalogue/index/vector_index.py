"""What an index is to those who use it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.answers import Neighbours

__all__ = ["VectorIndex"]


class VectorIndex(Protocol):
    """Finds the rows whose vectors have the highest cosines with a query; it never changes, so threads may share it."""

    @property
    def kind(self) -> str:
        """The name of its kind."""
        ...

    @property
    def size(self) -> int:
        """How many rows it knows: rows 0 to size - 1."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes that it holds besides the vectors that it was given."""
        ...

    def search(self, queries: NDArray[np.float32], k: int, *, keep: NDArray[np.bool_] | None = None) -> Neighbours:
        """Find the nearest rows of q queries.

        Args:
            queries: float32 [q, d] of unit length.
            k: How many, at least 1; more than there are is padded.
            keep: bool [size]; which rows may be answered, by default all.

        Returns:
            Rows int64 [q, k] and their cosines float32 [q, k], exact for every kind, higher is better, ties by row;
            -1 and -inf where there are fewer.

        Raises:
            UsageError: Shapes or types do not fit, or a query is not finite.
        """
        ...

    def with_threads(self, threads: int | None) -> VectorIndex:
        """Return the same index, searched by another number of threads; nothing is copied."""
        ...

    def save(self, path: Path) -> None:
        """Write what it holds besides the vectors to a file, whole or not at all."""
        ...

"""Ways to search, behind one interface: built into a folder, opened from it, asked one by one or many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index import VectorIndex, build_index, list_index_kinds, load_index
from modiste.catalogue.index.answers import Rows
from modiste.catalogue.index.approximate import FaissIndex

__all__ = ["KindMethod", "Method", "Opened", "Search", "list_kind_methods", "measure_folder"]

_BREADTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
_LISTS = (2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 192)
_CANDIDATES = (1.5, 3, 5, 10, 20, 40)  # of a scan, which has no other knob


Search = Callable[[NDArray[np.float32], int], Rows]  # queries [q, d] and k -> rows int64 [q, k], -1 is padding


class Opened(Protocol):
    """A method that is ready to search."""

    def prepare(self, effort: float | None, threads: int) -> Search:
        """Return the function that searches.

        Args:
            effort: How hard to look, one of the method's `efforts`; None is its default.
            threads: Cores to use.
        """
        ...


class Method(Protocol):
    """A way to search."""

    @property
    def name(self) -> str:
        """How it is called."""
        ...

    @property
    def efforts(self) -> tuple[float, ...]:
        """What its curve is drawn from; empty where there is nothing to set."""
        ...

    def build(self, vectors: NDArray[np.float32], folder: Path, threads: int) -> None:
        """Build what it needs besides the vectors, into an empty folder."""
        ...

    def open(self, vectors: NDArray[np.float32], folder: Path) -> Opened:
        """Open what was built."""
        ...


@dataclass(frozen=True)
class KindMethod:
    """A kind of index of modiste.

    Args:
        name: The kind's name.
    """

    name: str

    @property
    def efforts(self) -> tuple[float, ...]:
        """Breadths of a graph, numbers of lists, or candidates of a scan."""
        if self.name == "exact":
            return ()
        if self.name.startswith("hnsw"):
            return _BREADTHS
        return _LISTS if "ivf" in self.name else _CANDIDATES

    def build(self, vectors: NDArray[np.float32], folder: Path, threads: int) -> None:
        """Build the index and save it."""
        build_index(self.name, vectors, threads=threads).save(folder / "index")

    def open(self, vectors: NDArray[np.float32], folder: Path) -> Opened:
        """Load the index."""
        return _OpenedKind(load_index(folder / "index", vectors))


@dataclass(frozen=True)
class _OpenedKind:
    index: VectorIndex

    def prepare(self, effort: float | None, threads: int) -> Search:
        index = self.index.with_threads(threads)
        if effort is not None and isinstance(index, FaissIndex):
            scan = index.plan.family == "scan"
            index = index.with_effort(0, candidates=effort) if scan else index.with_effort(int(effort))
        return lambda queries, k: index.search(queries, k).rows


def list_kind_methods() -> list[KindMethod]:
    """Return a method for every kind of index."""
    return [KindMethod(kind.name) for kind in list_index_kinds()]


def measure_folder(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

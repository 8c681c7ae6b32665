"""The most memory that searching by one method takes, in a process of its own.

``python -m modiste.bench.searching.memory METHOD VECTORS.npy FOLDER QUERIES.npy`` opens what was built and searches.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bench.processes import run_modiste
from modiste.bench.searching.methods import Method, list_kind_methods
from modiste.bench.searching.peers import list_peer_methods
from modiste.errors import UnknownNameError

__all__ = ["find_method", "main", "measure_memory"]

_MODULE = "modiste.bench.searching.memory"
_SEARCHES = 200
_TIME_LIMIT = 600.0


def find_method(name: str, rows: int = 0) -> Method:
    """Return a method by its name.

    Raises:
        UnknownNameError: There is none.
    """
    methods: list[Method] = [*list_kind_methods(), *list_peer_methods(rows)]
    for method in methods:
        if method.name == name:
            return method
    raise UnknownNameError("search method", name, [method.name for method in methods])


def measure_memory(name: str, vectors: Path, folder: Path, queries: NDArray[np.float32]) -> int | None:
    """Return the most bytes that a process holds that opens a method and searches 200 times; None if it fails."""
    with tempfile.TemporaryDirectory() as place:
        asked = Path(place) / "queries.npy"
        np.save(asked, queries[:_SEARCHES])
        words = [name, str(vectors.resolve()), str(folder.resolve()), str(asked)]
        finished = run_modiste(words, folder=Path(place), time_limit=_TIME_LIMIT, module=_MODULE)
    return finished.peak_memory if finished.code == 0 else None


def main(name: str, vectors: Path, folder: Path, queries: Path) -> None:
    """Open a method and search."""
    mapped = np.load(vectors, mmap_mode="r")
    search = find_method(name).open(mapped, folder).prepare(None, 1)
    for query in np.load(queries):
        search(query[None], 10)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))

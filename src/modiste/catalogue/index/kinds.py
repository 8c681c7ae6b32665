"""The kinds of index that there are, and what each is good for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.checking import check_vectors
from modiste.catalogue.index.exact import ExactIndex
from modiste.catalogue.index.saving import check_file, read_head
from modiste.catalogue.index.vector_index import VectorIndex
from modiste.errors import CatalogueError, UnknownNameError

__all__ = ["IndexKind", "build_index", "choose_index_kind", "find_index_kind", "list_index_kinds", "load_index"]

Build = Callable[[NDArray[np.float32], int | None, int], VectorIndex]


@dataclass(frozen=True)
class IndexKind:
    """One entry of the registry.

    Args:
        name: How it is called.
        description: One line: how it finds neighbours, and when it is the one to take.
    """

    name: str
    description: str


_KINDS = (IndexKind("exact", "Compares a query with every vector."),)


def list_index_kinds() -> tuple[IndexKind, ...]:
    """Return every kind.

    Example:
        >>> list_index_kinds()[0].name
        'exact'
    """
    return _KINDS


def find_index_kind(name: str) -> IndexKind:
    """Return a kind by its name.

    Raises:
        UnknownNameError: There is none.
    """
    for kind in _KINDS:
        if kind.name == name:
            return kind
    raise UnknownNameError("index kind", name, [kind.name for kind in _KINDS])


def choose_index_kind(n: int) -> str:
    """Return the name of the kind that suits n vectors.

    Example:
        >>> choose_index_kind(500)
        'exact'
    """
    return "exact"


def build_index(kind: str, vectors: NDArray[np.float32], *, threads: int | None = None, seed: int = 0) -> VectorIndex:
    """Build an index.

    Args:
        kind: The name of its kind.
        vectors: float32 [n, d] of unit length, in memory or mapped; kept, not copied.
        threads: Of the building and of each search; None is all.
        seed: Makes what is drawn at random repeatable.

    Raises:
        UnknownNameError: There is no such kind.
        UsageError: The vectors are not float32 [n, d].

    Example:
        >>> build_index("exact", np.eye(3, dtype=np.float32)).size
        3
    """
    find_index_kind(kind)
    check_vectors(vectors)
    return ExactIndex(vectors, threads)


def load_index(path: Path, vectors: NDArray[np.float32], *, threads: int | None = None) -> VectorIndex:
    """Read an index file.

    Args:
        path: What `VectorIndex.save` wrote.
        vectors: float32 [n, d]; the first of them are those that it was made from, more may have come since.
        threads: Of each search; None is all.

    Raises:
        CatalogueError: It is missing, damaged, foreign, or made from other vectors: build it again.
    """
    check_vectors(vectors)
    head = read_head(path, vectors)
    check_file(path, head)
    if head.kind != "exact":
        raise CatalogueError(f"{path} holds an index of the unknown kind {head.kind!r}; delete it to have one built")
    return ExactIndex(vectors[: head.rows], threads)

"""The kinds of index that there are, and what each is good for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.checking import check_vectors
from modiste.catalogue.index.exact import ExactIndex
from modiste.catalogue.index.plans import Plan, plan_graph, plan_lists, plan_scan
from modiste.catalogue.index.saving import check_file, read_head
from modiste.catalogue.index.vector_index import VectorIndex
from modiste.errors import CatalogueError, UnknownNameError

__all__ = [
    "IndexKind",
    "build_index",
    "choose_index_kind",
    "explain_choice",
    "find_index_kind",
    "list_index_kinds",
    "load_index",
]

_EXACT_BELOW = 10_000  # vectors; exact search takes less than half a millisecond there, and misses nothing
_CLOSE_FROM = 100_000  # vectors; so many lie so close that codes of a byte a number confuse more of them
_SMALLEST = 2_000  # rows below which every kind is exact search, which is then faster than any


@dataclass(frozen=True)
class IndexKind:
    """One entry of the registry.

    Args:
        name: How it is called.
        description: One line: how it finds neighbours, and when it is the one to take.
        plan: Given the number and the width of the vectors, how the index is made; None for exact search.
    """

    name: str
    description: str
    plan: Callable[[int, int], Plan] | None = None


_KINDS = (
    IndexKind("exact", f"Compares a query with every vector; the default below {_EXACT_BELOW:,} vectors."),
    IndexKind(
        "ivf",
        "k-means: compares a query with the vectors of the nearest clusters.",
        lambda n, d: plan_lists("Flat", n, d, effort=16),
    ),
    IndexKind(
        "ivf-sq8",
        f"k-means over codes of a byte a number; the default from {_EXACT_BELOW:,} vectors on.",
        lambda n, d: plan_lists("SQ8", n, d, effort=16, candidates=1.5 if n < _CLOSE_FROM else 2),
    ),
    IndexKind(
        "ivf-pq",
        "k-means over product codes of half a byte for two numbers: the smallest.",
        lambda n, d: plan_lists("PQ", n, d, effort=16, candidates=10),
    ),
    IndexKind("pca", "Compares 64 principal components.", lambda _, d: plan_scan("PCA", d, candidates=3)),
    IndexKind(
        "pca-ivf",
        "k-means over 64 principal components.",
        lambda n, d: plan_lists("PCA", n, d, effort=16, candidates=3),
    ),
    IndexKind("hnsw", "Walks along a graph of neighbours.", lambda _n, _d: plan_graph("Flat", effort=32)),
    IndexKind(
        "hnsw-sq8", "Walks along a graph over codes of a byte a number.", lambda _n, _d: plan_graph("SQ8", effort=32)
    ),
    IndexKind("hnsw-fp16", "Walks along a graph over half floats.", lambda _n, _d: plan_graph("SQfp16", effort=32)),
    IndexKind("sq8", "Compares with every vector, as codes of a byte a number.", lambda _, d: plan_scan("SQ8", d)),
    IndexKind(
        "pq",
        "Compares with every vector, as product codes of half a byte for two numbers.",
        lambda _, d: plan_scan("PQ", d, candidates=15),
    ),
)


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

    By ``modiste bench search`` (``results/search-methods.md``): from 10,000 vectors on `ivf-sq8` is the fastest kind at
    a recall@10 of .99, takes a quarter of the vectors' memory, and is built in a small part of a graph's time.

    Example:
        >>> choose_index_kind(500), choose_index_kind(40_000)
        ('exact', 'ivf-sq8')
    """
    return "exact" if n < _EXACT_BELOW else "ivf-sq8"


def explain_choice(kind: str, n: int) -> str:
    """Say in a line which kind of index is in use for n vectors, and why.

    Raises:
        UnknownNameError: There is no such kind.

    Example:
        >>> explain_choice("exact", 500)
        'exact: compares a query with every vector; the default below 10,000 vectors. Chosen for 500 vectors.'
    """
    said = find_index_kind(kind).description
    why = (
        f"Chosen for {n:,} vectors." if kind == choose_index_kind(n) else f"{choose_index_kind(n)} suits {n:,} vectors."
    )
    return f"{kind}: {said[0].lower() if said[:2] != 'k-' else said[0]}{said[1:]} {why}"


def build_index(kind: str, vectors: NDArray[np.float32], *, threads: int | None = None, seed: int = 0) -> VectorIndex:
    """Build an index; below 2,000 rows it is an exact one, whatever the kind.

    How hard it looks is then measured on its vectors, so that it finds .995 of the ten nearest.

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
    plan = find_index_kind(kind).plan
    check_vectors(vectors)
    if plan is None or len(vectors) < _SMALLEST:
        return ExactIndex(vectors, threads)
    from modiste.catalogue.index.approximate import build_faiss_index  # a quarter of a second to load FAISS
    from modiste.catalogue.index.tuning import tune_effort

    built = build_faiss_index(kind, vectors, plan(*vectors.shape), threads=threads, seed=seed)
    return tune_effort(built, seed=seed)


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
    if head.kind == "exact":
        return ExactIndex(vectors[: head.rows], threads)
    if head.kind not in {kind.name for kind in _KINDS}:
        raise CatalogueError(f"{path} holds an index of the unknown kind {head.kind!r}; delete it to have one built")
    from modiste.catalogue.index.approximate import load_faiss_index

    return load_faiss_index(path, head, vectors, threads=threads)

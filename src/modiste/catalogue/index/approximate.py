"""Approximate search: FAISS proposes rows, and their cosines with the query are then computed exactly."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.answers import Neighbours, Rows, pad_answers, rank_rows
from modiste.catalogue.index.checking import check_keep, check_queries
from modiste.catalogue.index.exact import ExactIndex
from modiste.catalogue.index.plans import Family, Plan
from modiste.catalogue.index.saving import HEAD_BYTES, IndexHead, write_index
from modiste.errors import CatalogueError

__all__ = ["LARGEST_EXACT_FILTER", "FaissIndex", "build_faiss_index", "load_faiss_index"]

LARGEST_EXACT_FILTER: Final = 200_000  # rows up to which a filtered search is exact
_GATHERED = 50_000  # kept rows up to which it is exact in larger indices too
_SCAN_SHARE = 16  # asking for more than a sixteenth of all rows is dearer than exact search
_USUAL_K = 10  # what efforts and candidates are chosen for
_MOST_EFFORT = 16  # times the usual effort, at most, where a filter leaves few rows
_ADDED = 65_536
_SAMPLE_EACH, _SMALLEST_SAMPLE = 64, 65_536
_ROUNDS = 8
_BREADTH = 100


@dataclass(frozen=True, eq=False)
class FaissIndex:
    """Lets a FAISS index propose rows, and ranks them by their exact cosines.

    It answers as exact search does where that is cheaper (many rows asked for), where a filter must not lose anything
    (up to 200,000 rows, or 50,000 kept ones), and where FAISS finds fewer rows than there are.

    Args:
        kind: The name of its kind.
        vectors: float32 [n, d] that it was made from, in memory or mapped.
        plan: How it was made and how hard it looks.
        native: The FAISS index.
        threads: Of a search over several queries; a single one takes one thread. None is all.
    """

    kind: str
    vectors: NDArray[np.float32]
    plan: Plan
    native: Any
    threads: int | None = None

    def __post_init__(self) -> None:
        # A mapped array of numpy's own kind takes a few microseconds more at each touch than a plain one.
        object.__setattr__(self, "vectors", np.asarray(self.vectors))

    @property
    def size(self) -> int:
        """How many rows it knows."""
        return len(self.vectors)

    @cached_property
    def nbytes(self) -> int:
        """Bytes that it holds besides the vectors, counted by writing it to nowhere."""
        counted = 0

        def count(chunk: bytes) -> None:
            nonlocal counted
            counted += len(chunk)

        faiss.write_index(self.native, faiss.PyCallbackIOWriter(count))
        return counted

    def with_effort(self, effort: int, *, candidates: float | None = None) -> FaissIndex:
        """Return the same index, looking harder or less hard.

        Args:
            effort: Lists that are scanned, or nodes that a walk keeps in mind.
            candidates: Rows scored again exactly for each row asked for; None leaves it.
        """
        chosen = self.plan.candidates if candidates is None else candidates
        return dataclasses.replace(self, plan=dataclasses.replace(self.plan, effort=effort, candidates=chosen))

    def search(self, queries: NDArray[np.float32], k: int, *, keep: NDArray[np.bool_] | None = None) -> Neighbours:
        """Find the nearest rows of q queries; see `VectorIndex.search`."""
        queries = check_queries(queries, k, self.vectors.shape[1])
        check_keep(keep, self.size)
        kept = self.size if keep is None else int(np.count_nonzero(keep))
        asked = min(self.size, math.ceil(max(k, _USUAL_K) * self.plan.candidates))
        if asked * _SCAN_SHARE > kept or (keep is not None and not self._selects(kept)):
            return self._exact.search(queries, k, keep=keep)
        proposed = self._propose(queries, asked, self._set_parameters(k, asked, keep, kept))
        return pad_answers([self._rank(query, rows, k, keep) for query, rows in zip(queries, proposed, strict=True)], k)

    def with_threads(self, threads: int | None) -> FaissIndex:
        """Return the same index, searched by another number of threads; nothing is copied."""
        return dataclasses.replace(self, threads=threads)

    def save(self, path: Path) -> None:
        """Write what it holds besides the vectors to a file, whole or not at all."""
        write_index(
            path,
            self.kind,
            self.vectors,
            settings=dataclasses.asdict(self.plan),
            write_body=lambda write: faiss.write_index(self.native, faiss.PyCallbackIOWriter(write)),
        )

    @property
    def _exact(self) -> ExactIndex:
        return ExactIndex(self.vectors, self.threads)

    def _selects(self, kept: int) -> bool:
        return self.plan.selects and self.size > LARGEST_EXACT_FILTER and kept > _GATHERED

    def _propose(self, queries: NDArray[np.float32], asked: int, parameters: Any) -> Rows:
        """Return the rows [q, asked] that FAISS finds; -1 where it finds fewer."""
        scores = np.empty((len(queries), asked), np.float32)
        rows = np.empty((len(queries), asked), np.int64)
        # What FAISS's own wrapper checks has been checked, and it would take as long as the search of a few lists.
        places = [faiss.swig_ptr(array) for array in (queries, scores, rows)]
        if len(queries) == 1 and self.plan.is_serial:
            self.native.search_c(1, places[0], asked, *places[1:], parameters)
        else:
            # One query is one thread's work: a second one would only be waited for.
            with _use_threads(1 if len(queries) == 1 else self.threads):
                self.native.search_c(len(queries), places[0], asked, *places[1:], parameters)
        return rows

    def _rank(
        self, query: NDArray[np.float32], proposed: Rows, k: int, keep: NDArray[np.bool_] | None
    ) -> tuple[Rows, NDArray[np.float32]]:
        rows = proposed if proposed[-1] >= 0 else proposed[proposed >= 0]
        if len(rows) >= k:
            return rank_rows(self.vectors, rows, query, k)
        exact = self._exact.search(query[None], k, keep=keep)
        return exact.rows[0], exact.scores[0]

    def _set_parameters(self, k: int, asked: int, keep: NDArray[np.bool_] | None, kept: int) -> Any:
        """Return what FAISS is told for one call: its effort grows with what is asked for and with what is left out."""
        scale = math.sqrt(max(1.0, k / _USUAL_K))
        if keep is None:
            return _recall_parameters(self.plan.family, math.ceil(self.plan.effort * scale), asked, self.plan.reduced)
        scale *= min(_MOST_EFFORT, self.size / kept)
        chosen = {"sel": faiss.IDSelectorBitmap(np.packbits(keep, bitorder="little"))}
        return _make_parameters(
            self.plan.family, math.ceil(self.plan.effort * scale), asked, self.plan.reduced, **chosen
        )


def build_faiss_index(
    kind: str, vectors: NDArray[np.float32], plan: Plan, *, threads: int | None, seed: int
) -> FaissIndex:
    """Build an index by its plan.

    A graph is built by one thread: what several would make of it depends on who comes first.

    Args:
        kind: The name of its kind.
        vectors: float32 [n, d] of unit length; read once, a stretch at a time.
        plan: How it is made.
        threads: Of the building and of each search; None is all.
        seed: Of the sample that it learns from, of k-means, and of the levels of a graph.
    """
    metric = faiss.METRIC_L2 if plan.reduced else faiss.METRIC_INNER_PRODUCT
    native = faiss.index_factory(vectors.shape[1], plan.factory, metric)
    _set_seeds(native, plan, seed)
    with _use_threads(1 if plan.family == "graph" else threads):
        if not native.is_trained:
            native.train(_draw_sample(vectors, native, plan, seed))
        for start in range(0, len(vectors), _ADDED):
            native.add(np.ascontiguousarray(vectors[start : start + _ADDED]))
    return FaissIndex(kind, vectors, plan, native, threads)


def load_faiss_index(path: Path, head: IndexHead, vectors: NDArray[np.float32], *, threads: int | None) -> FaissIndex:
    """Read the body of an index file that has been checked.

    Raises:
        CatalogueError: FAISS does not understand it.
    """
    try:
        plan = Plan(**head.settings)
        with path.open("rb") as file:
            file.seek(HEAD_BYTES)
            native = faiss.read_index(faiss.PyCallbackIOReader(file.read))
    except (RuntimeError, TypeError) as error:
        raise CatalogueError(
            f"FAISS can't read the index {path}: {error}. It is a cache: delete it, and it is built again"
        ) from error
    if (native.ntotal, native.d) != (head.rows, head.dimension):
        raise CatalogueError(
            f"the index {path} holds {native.ntotal} rows of width {native.d}, where {head.rows} of width "
            f"{head.dimension} are expected. It is a cache: delete it, and it is built again"
        )
    return FaissIndex(head.kind, vectors[: head.rows], plan, native, threads)


def _make_parameters(family: Family, effort: int, asked: int, reduced: bool, **chosen: Any) -> Any:
    parameters = None
    if family == "graph":
        parameters = faiss.SearchParametersHNSW(efSearch=max(effort, asked), **chosen)
    elif family == "lists":
        parameters = faiss.SearchParametersIVF(nprobe=effort, **chosen)
    elif chosen:
        parameters = faiss.SearchParameters(**chosen)
    return faiss.SearchParametersPreTransform(index_params=parameters) if reduced else parameters


@lru_cache(maxsize=256)
def _recall_parameters(family: Family, effort: int, asked: int, reduced: bool) -> Any:
    """Return parameters without a filter, made once: FAISS only reads them."""
    return _make_parameters(family, effort, asked, reduced)


def _set_seeds(native: Any, plan: Plan, seed: int) -> None:
    inner = faiss.downcast_index(native.index) if plan.reduced else native
    if plan.family == "graph":
        inner.hnsw.rng = faiss.RandomGenerator(seed)
        inner.hnsw.efConstruction = _BREADTH
    if hasattr(inner, "cp"):
        inner.cp.niter = _ROUNDS
        inner.cp.max_points_per_centroid = _SAMPLE_EACH
    for clustering in (getattr(inner, "cp", None), getattr(getattr(inner, "pq", None), "cp", None)):
        if clustering is not None:
            clustering.seed = seed
            clustering.min_points_per_centroid = 1  # else it warns on the standard error stream


def _draw_sample(vectors: NDArray[np.float32], native: Any, plan: Plan, seed: int) -> NDArray[np.float32]:
    """Return the rows to learn centres and codes from, in their order, so that a mapped file is read forwards."""
    inner = faiss.downcast_index(native.index) if plan.reduced else native
    wanted = max(_SMALLEST_SAMPLE, _SAMPLE_EACH * getattr(inner, "nlist", 0))
    if wanted >= len(vectors):
        return np.ascontiguousarray(vectors)
    rows = np.random.default_rng(seed).choice(len(vectors), wanted, replace=False)
    return np.ascontiguousarray(vectors[np.sort(rows)])


@contextmanager
def _use_threads(threads: int | None) -> Iterator[None]:
    if threads is None:
        yield
        return
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)

"""What others search with: hnswlib and LanceDB, and the settings of S1; they come with the extra ``bench``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from modiste.bench.searching.methods import Method, Opened, Search
from modiste.catalogue.index.answers import Rows
from modiste.errors import import_extra

__all__ = ["HnswlibMethod", "LanceMethod", "SourceMethod", "list_peer_methods"]

_EXTRA = "bench"
_LINKS, _BREADTH = 32, 100  # as modiste's own graphs
_BREADTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
_PROBES = (1, 2, 4, 8, 16, 32)
_REFINED = 3
_ADDED = 65_536
_CLUSTERS, _COMPONENTS = 50, 30  # of S1
_LARGEST_CLUSTERED = 200_000  # S1 had 140,000 items; its ten runs of k-means take hours on a million


def list_peer_methods(rows: int) -> list[Method]:
    """Return the methods of others that are measured on so many rows."""
    sources = [SourceMethod("naive"), SourceMethod("components")]
    if rows <= _LARGEST_CLUSTERED:
        sources.append(SourceMethod("clusters"))
    return [HnswlibMethod(), LanceMethod("IVF_HNSW_SQ"), LanceMethod("IVF_PQ"), *sources]


@dataclass(frozen=True)
class HnswlibMethod:
    """hnswlib with the links and the breadth of modiste's own graphs."""

    name: str = "hnswlib"
    efforts: tuple[float, ...] = _BREADTHS

    def build(self, vectors: NDArray[np.float32], folder: Path, threads: int) -> None:
        """Build the graph with all threads and save it."""
        index = _new_graph(vectors.shape[1])
        index.init_index(max_elements=len(vectors), M=_LINKS, ef_construction=_BREADTH, random_seed=0)
        for start in range(0, len(vectors), _ADDED):
            stop = min(len(vectors), start + _ADDED)
            index.add_items(np.asarray(vectors[start:stop]), np.arange(start, stop), num_threads=threads)
        index.save_index(str(folder / "graph"))

    def open(self, vectors: NDArray[np.float32], folder: Path) -> Opened:
        """Load the graph, which holds the vectors as well."""
        index = _new_graph(vectors.shape[1])
        index.load_index(str(folder / "graph"))
        return _OpenedGraph(index)


@dataclass(frozen=True)
class LanceMethod:
    """A table of LanceDB with one of its indices, its answers refined by the vectors.

    Args:
        index: ``"IVF_HNSW_SQ"`` or ``"IVF_PQ"``.
    """

    index: str
    efforts: tuple[float, ...] = _PROBES

    @property
    def name(self) -> str:
        """How it is called."""
        return f"LanceDB {self.index}"

    def build(self, vectors: NDArray[np.float32], folder: Path, threads: int) -> None:
        """Write the table and let LanceDB choose the numbers of its index."""
        pyarrow = import_extra("pyarrow", purpose="LanceDB", extra=_EXTRA)
        lance = import_extra("lancedb", purpose="Comparing with LanceDB", extra=_EXTRA)

        def list_batches() -> Any:
            for start in range(0, len(vectors), _ADDED):
                some = np.asarray(vectors[start : start + _ADDED])
                flat = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(some.reshape(-1)), vectors.shape[1])
                rows = pyarrow.array(np.arange(start, start + len(some)))
                yield pyarrow.RecordBatch.from_arrays([rows, flat], ["row", "vector"])

        width = pyarrow.list_(pyarrow.float32(), vectors.shape[1])
        schema = pyarrow.schema([("row", pyarrow.int64()), ("vector", width)])
        table = lance.connect(str(folder)).create_table("items", data=list_batches(), schema=schema)
        table.create_index(metric="cosine", vector_column_name="vector", index_type=self.index)

    def open(self, vectors: NDArray[np.float32], folder: Path) -> Opened:
        """Open the table."""
        lance = import_extra("lancedb", purpose="Comparing with LanceDB", extra=_EXTRA)
        return _OpenedTable(lance.connect(str(folder)).open_table("items"))


@dataclass(frozen=True)
class SourceMethod:
    """The recommender of S1 (Li 2018): scipy's cosine distance, alone, within one of 50 clusters, or of 30 components.

    Args:
        way: ``"naive"``, ``"clusters"`` or ``"components"``.
    """

    way: str
    efforts: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """How it is called."""
        said = {"naive": "cosine", "clusters": f"{_CLUSTERS} clusters", "components": f"{_COMPONENTS} components"}
        return f"S1, {said[self.way]}"

    def build(self, vectors: NDArray[np.float32], folder: Path, threads: int) -> None:
        """Fit what S1 fits with scikit-learn; it is kept as arrays."""
        with threadpool_limits(threads):
            if self.way == "clusters":
                cluster = import_extra("sklearn.cluster", purpose="The clusters of S1", extra=_EXTRA)
                fitted = cluster.KMeans(n_clusters=_CLUSTERS, random_state=0, n_init=10).fit(np.asarray(vectors))
                np.savez(folder / "clusters.npz", centres=fitted.cluster_centers_, labels=fitted.labels_)
            if self.way == "components":
                _fit_components(vectors, folder)

    def open(self, vectors: NDArray[np.float32], folder: Path) -> Opened:
        """Read what was fitted."""
        distance = import_extra("scipy.spatial.distance", purpose="The search of S1", extra=_EXTRA)
        stored: dict[str, Any] = {path.stem: dict(np.load(path)) for path in folder.glob("*.npz")}
        stored |= {path.stem: np.load(path) for path in folder.glob("*.npy")}
        return _OpenedSource(self.way, np.asarray(vectors), stored, distance.cdist)


@dataclass(frozen=True)
class _OpenedGraph:
    index: Any

    def prepare(self, effort: float | None, threads: int) -> Search:
        breadth = int(effort or _BREADTH)

        def search(queries: NDArray[np.float32], k: int) -> Rows:
            self.index.set_ef(max(breadth, k))
            rows, _ = self.index.knn_query(queries, k=k, num_threads=threads)
            return np.asarray(rows, np.int64)

        return search


@dataclass(frozen=True)
class _OpenedTable:
    """LanceDB takes its threads from the machine; there is no setting for one search."""

    table: Any

    def prepare(self, effort: float | None, threads: int) -> Search:
        def search_one(query: NDArray[np.float32], k: int) -> Rows:
            asked = self.table.search(query).distance_type("cosine").limit(k).refine_factor(_REFINED)
            asked = asked.select(["row", "_distance"])
            if effort is not None:
                asked = asked.nprobes(int(effort))
            found = asked.to_arrow()["row"].to_numpy()
            return np.asarray(np.pad(found, (0, k - len(found)), constant_values=-1), np.int64)

        return lambda queries, k: np.stack([search_one(query, k) for query in queries])


@dataclass(frozen=True)
class _OpenedSource:
    way: str
    vectors: NDArray[np.float32]
    stored: dict[str, Any]
    cdist: Any

    def prepare(self, effort: float | None, threads: int) -> Search:
        ways = {"naive": self._search_all, "clusters": self._search_cluster, "components": self._search_components}
        search_one = ways[self.way]

        def search(queries: NDArray[np.float32], k: int) -> Rows:
            with threadpool_limits(threads):
                return np.stack([search_one(query, k) for query in queries])

        return search

    def _search_all(self, query: NDArray[np.float32], k: int) -> Rows:
        return _take_nearest(self.cdist(query[None], self.vectors, "cosine")[0], k)

    def _search_cluster(self, query: NDArray[np.float32], k: int) -> Rows:
        clusters = self.stored["clusters"]
        label = ((clusters["centres"] - query) ** 2).sum(axis=1).argmin()
        inside = np.where(clusters["labels"] == label)[0]
        nearest = _take_nearest(self.cdist(query[None], self.vectors[inside], "cosine")[0], k)
        return np.where(nearest < 0, -1, inside[nearest])

    def _search_components(self, query: NDArray[np.float32], k: int) -> Rows:
        scaling = self.stored["scaling"]
        reduced = (query * scaling["scale"] + scaling["shift"] - scaling["mean"]) @ scaling["components"].T
        return _take_nearest(self.cdist(reduced[None], self.stored["reduced"], "cosine")[0], k)


def _new_graph(dimension: int) -> Any:
    module = import_extra("hnswlib", purpose="Comparing with hnswlib", extra=_EXTRA)
    return module.Index(space="ip", dim=dimension)


def _fit_components(vectors: NDArray[np.float32], folder: Path) -> None:
    preprocessing = import_extra("sklearn.preprocessing", purpose="The components of S1", extra=_EXTRA)
    decomposition = import_extra("sklearn.decomposition", purpose="The components of S1", extra=_EXTRA)
    scaler = preprocessing.MinMaxScaler(feature_range=(-1, 1))
    scaled = scaler.fit_transform(np.asarray(vectors))
    pca = decomposition.PCA(n_components=_COMPONENTS, random_state=0)
    np.save(folder / "reduced.npy", pca.fit_transform(scaled))
    np.savez(folder / "scaling.npz", scale=scaler.scale_, shift=scaler.min_, mean=pca.mean_, components=pca.components_)


def _take_nearest(distances: NDArray[np.float64], k: int) -> Rows:
    """Choose as S1 does: a partition, then a sort of what it holds."""
    if len(distances) <= k:
        order = np.argsort(distances)
        return np.pad(order, (0, k - len(distances)), constant_values=-1)
    nearest = np.argpartition(distances, k)[:k]
    return np.asarray(nearest[np.argsort(distances[nearest])], np.int64)

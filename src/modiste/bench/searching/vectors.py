"""The vectors that search is measured on: real ones, drawn ones where there are none, and millions made from them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.batch import embed_files
from modiste.bench.accept import Setting
from modiste.bench.material import find_source
from modiste.catalogue.index import ExactIndex
from modiste.errors import UsageError

__all__ = ["Distances", "VectorSource", "describe_distances", "draw_vectors", "find_vectors", "make_vectors"]

QUERIES = 1000
_NEIGHBOURS = 10  # of a vector, among which its perturbations lie
_MIXED, _SHIFTED, _NOISE = 1.0, 0.5, 0.3
_STRETCH = 50_000
_LOOKED = 20  # neighbours from which the intrinsic dimension is estimated
_SAMPLE = 500
_DRAWN, _WIDTH, _TYPES, _INTRINSIC = 12_000, 256, 140, 12


@dataclass(frozen=True)
class VectorSource:
    """Vectors of unit length, and queries that are none of them.

    Args:
        vectors: float32 [n, d].
        queries: float32 [q, d], taken out at random.
        data: What they are, in words.
    """

    vectors: NDArray[np.float32]
    queries: NDArray[np.float32]
    data: str


@dataclass(frozen=True)
class Distances:
    """How far the neighbours of some queries are: what makes search easy or hard.

    Args:
        first: Euclidean distances of the nearest neighbour: quantiles .1, .5 and .9.
        tenth: Of the tenth.
        dimension: Median of the intrinsic dimension around a query (Levina and Bickel, NIPS 2004, equation 8).
    """

    first: tuple[float, float, float]
    tenth: tuple[float, float, float]
    dimension: float


def find_vectors(setting: Setting, given: Path | None = None) -> VectorSource:
    """Return real vectors where there are pictures, drawn ones where not, a thousand of them kept aside as queries.

    Args:
        setting: The bundle, and where the pictures may be.
        given: A file of vectors, .npy float32 [n, d] as ``modiste embed -o FILE.npy`` writes it, to save the embedding.

    Raises:
        UsageError: The file holds no vectors of unit length, or too few.
    """
    pictures = find_source(setting)
    if given is not None:
        vectors, data = np.load(given, allow_pickle=False), f"vectors of {given.name}"
    elif pictures is not None:
        vectors, data = _embed(setting, pictures), f"the pictures of {pictures.name} as the bundle embeds them"
    else:
        vectors, data = draw_vectors(_DRAWN + QUERIES, seed=0), f"no pictures: drawn around {_TYPES} centres"
    if vectors.ndim != 2 or len(vectors) < 3 * QUERIES or abs(np.linalg.norm(vectors[:100], axis=1) - 1).max() > 1e-3:
        raise UsageError(
            f"{given or pictures} gives vectors of shape {vectors.shape}; expected {3 * QUERIES} or more of unit length"
        )
    order = np.random.default_rng(0).permutation(len(vectors))
    queries, kept = order[:QUERIES], np.sort(order[QUERIES:])
    said = f"{data}: {len(kept)} of {len(vectors)}; {QUERIES} others, drawn at random, are the queries"
    return VectorSource(np.ascontiguousarray(vectors[kept], np.float32), vectors[queries].astype(np.float32), said)


def draw_vectors(n: int, *, seed: int) -> NDArray[np.float32]:
    """Draw vectors of unit length [n, 256] around centres, each cluster flat in all but a dozen directions."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((_TYPES, _WIDTH), dtype=np.float32)
    directions = rng.standard_normal((_TYPES, _INTRINSIC, _WIDTH), dtype=np.float32)
    types = rng.integers(_TYPES, size=n)
    shifts = 0.3 * rng.standard_normal((n, _INTRINSIC), dtype=np.float32)
    drawn = centres[types]
    for number in range(_TYPES):
        drawn[types == number] += shifts[types == number] @ directions[number]
    drawn += np.float32(0.05) * rng.standard_normal(drawn.shape, dtype=np.float32)
    return _normalise(drawn)


def make_vectors(source: VectorSource, n: int, path: Path, *, say: Callable[[str], None]) -> NDArray[np.float32]:
    """Write n vectors, the real ones first and then perturbations of them, and return them mapped.

    A perturbation of x moves towards one of its ten nearest neighbours y by a uniform share, along the difference of
    two others z and w by a normal factor of 0.5, and by normal noise as long as 0.3 times the way from x to y; then it
    is scaled to unit length. Differences of neighbours keep it where vectors lie: distances shrink as they would if a
    shop had as many more products, and the intrinsic dimension stays. The queries take no part.

    Args:
        source: The real vectors; of more than n, the first n are taken.
        n: How many.
        path: The .npy file to write.
        say: Told what goes on.
    """
    real = source.vectors[:n]
    written = np.lib.format.open_memmap(path, "w+", np.float32, (n, real.shape[1]))
    written[: len(real)] = real
    if n > len(real):
        say(f"making {n - len(real)} vectors from {len(real)} real ones")
        neighbours = ExactIndex(real).search(real, _NEIGHBOURS + 1).rows[:, 1:]  # the first is the vector itself
        rng = np.random.default_rng(1)
        for start in range(len(real), n, _STRETCH):
            stop = min(n, start + _STRETCH)
            written[start:stop] = _perturb(real, neighbours, stop - start, rng)
    written.flush()
    del written
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return mapped


def describe_distances(vectors: NDArray[np.float32], queries: NDArray[np.float32], *, skip: int = 0) -> Distances:
    """Measure how far neighbours are.

    Args:
        vectors: float32 [n, d].
        queries: float32 [q, d].
        skip: Neighbours to leave out at the front: 1 where the queries are vectors themselves.
    """
    scores = ExactIndex(vectors).search(queries[:_SAMPLE], _LOOKED + skip).scores[:, skip:].astype(np.float64)
    distances = np.sqrt(np.maximum(2 - 2 * scores, 1e-12))  # [q, 20]
    dimensions = -1 / np.log(distances[:, :-1] / distances[:, -1:]).mean(axis=1).clip(max=-1e-9)
    return Distances(_quantiles(distances[:, 0]), _quantiles(distances[:, 9]), float(np.median(dimensions)))


def _embed(setting: Setting, pictures: Path) -> NDArray[np.float32]:
    setting.say(f"embedding the pictures of {pictures.name}")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "vectors.npy"
        embed_files([pictures], output, bundle=setting.bundle, threads=setting.threads)
        vectors: NDArray[np.float32] = np.load(output)
        return vectors


def _perturb(
    real: NDArray[np.float32], neighbours: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    rows = rng.integers(len(real), size=count)
    y, z, w = (real[neighbours[rows, rng.integers(neighbours.shape[1], size=count)]] for _ in range(3))
    x = real[rows]  # [count, d]
    way = np.linalg.norm(y - x, axis=1, keepdims=True)
    share = rng.uniform(0, _MIXED, (count, 1)).astype(np.float32)
    factor = rng.normal(0, _SHIFTED, (count, 1)).astype(np.float32)
    noise = rng.standard_normal(x.shape, dtype=np.float32) * (_NOISE * way / np.sqrt(np.float32(x.shape[1])))
    return _normalise(x + share * (y - x) + factor * (z - w) + noise)


def _normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)


def _quantiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float(low), float(middle), float(high)

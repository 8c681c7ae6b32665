"""Time and recall of one method, beside exact search in the same minutes."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bench.searching.memory import measure_memory
from modiste.bench.searching.methods import Method, Opened, Search, measure_folder
from modiste.catalogue.index import ExactIndex
from modiste.catalogue.index.answers import score_rows

__all__ = ["THREADS", "Ground", "K", "Measured", "Point", "measure_method", "time_search"]

K = 10
THREADS = (1, 2)
_ROUNDS = 5
_BATCH = 100
_SECONDS = 6.0  # for one pass over queries; slow methods answer fewer of them
_FEWEST = 5
_BESIDE = 30  # queries of exact search, timed right before each setting of a method


@dataclass(frozen=True)
class Ground:
    """Vectors, queries, and what the right answers are.

    Args:
        path: The .npy file of the vectors.
        vectors: The same, mapped.
        queries: float32 [q, d].
        bounds: float32 [q]: the cosine of each query's tenth neighbour; what reaches it is a right answer.
    """

    path: Path
    vectors: NDArray[np.float32]
    queries: NDArray[np.float32]
    bounds: NDArray[np.float32]

    @classmethod
    def prepare(cls, path: Path, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> Ground:
        """Find the right answers by exact search."""
        return cls(path, vectors, queries, ExactIndex(vectors).search(queries, K).scores[:, -1])

    def score(self, rows: NDArray[np.int64], start: int = 0) -> float:
        """Return recall@10 of answers [q, k] to the queries from ``start`` on; equal cosines count as equal."""
        hits = 0
        for place, found in enumerate(rows, start):
            known = np.unique(found[found >= 0])
            hits += int(np.count_nonzero(score_rows(self.vectors, known, self.queries[place]) >= self.bounds[place]))
        return min(1.0, hits / (K * len(rows)))


@dataclass(frozen=True)
class Point:
    """One setting of a method.

    Args:
        effort: How hard it looked; None is its default.
        recall: recall@10.
        seconds: Of one query with one thread, median.
        times: How many times faster than exact search in the same moments.
    """

    effort: float | None
    recall: float
    seconds: float
    times: float


@dataclass(frozen=True)
class Measured:
    """All that was measured of a method.

    Args:
        name: The method.
        shown: The setting that the other figures are of: as it comes where that reaches the floor of recall, else the
            fastest that does, else as it comes.
        curve: Every setting, as it comes the first.
        alone: Threads -> seconds of one query, median of the rounds.
        times: Threads -> how many times faster than exact search in the same rounds: every round's ratio.
        batch: Threads -> queries a second, a hundred at once.
        build: Seconds, with two threads.
        disk: Bytes besides the vectors' own file.
        memory: Bytes that a process that searches holds at most, the vectors' pages included; None if not measured.
    """

    name: str
    shown: Point
    curve: tuple[Point, ...]
    alone: dict[int, float]
    times: dict[int, tuple[float, ...]]
    batch: dict[int, float]
    build: float
    disk: int
    memory: int | None = None

    def compare(self) -> float:
        """Return how many times faster than exact search it is: the median, by the less favourable count of threads."""
        return min(statistics.median(ratios) for ratios in self.times.values())

    def find_fastest(self, floor: float) -> Point | None:
        """Return the fastest setting whose recall reaches a floor."""
        reached = [point for point in self.curve if point.recall >= floor]
        return max(reached, key=lambda point: point.times, default=None)


def measure_method(
    method: Method, ground: Ground, *, floor: float, say: Callable[[str], None], step: int = 1
) -> Measured:
    """Build, open, and measure a method.

    Args:
        method: The method.
        ground: What it searches.
        floor: The recall that `Measured.shown` reaches if it can.
        say: Told what goes on.
        step: Measure every so many of the method's efforts.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        method.build(ground.vectors, folder, max(THREADS))
        build = time.perf_counter() - start
        opened = method.open(ground.vectors, folder)
        curve = tuple(_measure_point(opened, ground, effort) for effort in (None, *method.efforts[::step]))
        shown = _choose_shown(curve, floor)
        alone, times = _compare(opened, ground, shown.effort)
        batch = {threads: _time_batch(opened.prepare(shown.effort, threads), ground) for threads in THREADS}
        disk = measure_folder(folder)
        del opened
        gc.collect()
        memory = measure_memory(method.name, ground.path, folder, ground.queries)
    say(f"{method.name}: recall {shown.recall:.4f}, {1e3 * alone[1]:.3f} ms, built in {build:.1f} s")
    return Measured(method.name, shown, curve, alone, times, batch, build, disk, memory)


def time_search(search: Search, queries: NDArray[np.float32], *, seconds: float = _SECONDS) -> list[float]:
    """Return how long each query took, one after the other, until the time is over.

    Args:
        search: The method.
        queries: float32 [q, d]; at least five are asked.
        seconds: When to stop.
    """
    times: list[float] = []
    end = time.perf_counter() + seconds
    for query in queries:
        start = time.perf_counter()
        search(query[None], K)
        times.append(time.perf_counter() - start)
        if len(times) >= _FEWEST and start > end:
            break
    return times


def _measure_point(opened: Opened, ground: Ground, effort: float | None) -> Point:
    search = opened.prepare(effort, 1)
    rows: list[NDArray[np.int64]] = []

    def keep(queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        rows.append(search(queries, k))
        return rows[-1]

    slow = statistics.median(time_search(_list_exact(ground, 1), ground.queries[:_BESIDE]))
    own = statistics.median(time_search(keep, ground.queries))
    return Point(effort, ground.score(np.concatenate(rows)), own, slow / own)


def _choose_shown(curve: tuple[Point, ...], floor: float) -> Point:
    if curve[0].recall >= floor:
        return curve[0]
    reached = [point for point in curve if point.recall >= floor]
    return max(reached, key=lambda point: point.times, default=curve[0])


def _compare(
    opened: Opened, ground: Ground, effort: float | None
) -> tuple[dict[int, float], dict[int, tuple[float, ...]]]:
    """Time exact search and the method in turns, so that a busy moment hits both."""
    alone, ratios = {}, {}
    for threads in THREADS:
        exact, search = _list_exact(ground, threads), opened.prepare(effort, threads)
        pairs = []
        for number in range(_ROUNDS):
            queries = np.roll(ground.queries, -number * _BATCH, axis=0)
            slow = statistics.median(time_search(exact, queries[:50], seconds=_SECONDS / _ROUNDS))
            pairs.append((slow, statistics.median(time_search(search, queries, seconds=_SECONDS / _ROUNDS))))
        alone[threads] = statistics.median(own for _, own in pairs)
        ratios[threads] = tuple(slow / own for slow, own in pairs)
    return alone, ratios


def _list_exact(ground: Ground, threads: int) -> Search:
    index = ExactIndex(ground.vectors, threads)
    return lambda queries, k: index.search(queries, k).rows


def _time_batch(search: Search, ground: Ground) -> float:
    """Return queries a second, a hundred at once, in the median of up to five batches."""
    times: list[float] = []
    end = time.perf_counter() + _SECONDS
    for start in range(0, len(ground.queries) - _BATCH + 1, _BATCH):
        begin = time.perf_counter()
        search(ground.queries[start : start + _BATCH], K)
        times.append(time.perf_counter() - begin)
        if len(times) == _ROUNDS or begin > end:
            break
    return _BATCH / statistics.median(times)

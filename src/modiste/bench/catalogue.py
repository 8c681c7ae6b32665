"""Acceptance of a whole catalogue: how fast it is built, opened and searched, beside the network and bare numpy."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.batch import embed_files
from modiste.bench.accept import Setting
from modiste.bench.processes import run_modiste
from modiste.bench.rounds import Contestant, Timing, time_in_turns
from modiste.catalogue import Backend, Catalogue, Matches
from modiste.catalogue.filters import Filter, parse_filter
from modiste.catalogue.index import ExactIndex
from modiste.catalogue.loading import build_catalogue
from modiste.errors import ModisteError
from modiste.evaluation import Report, Section, Target, render_table
from modiste.imaging import find_pictures

__all__ = ["SHARES", "Searches", "draw_queries", "measure_searches", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
SHARES: Final = (0.01, 0.1, 0.9)
_ROUNDS: Final = 3
_QUERIES: Final = 200
_SEARCH_ROUNDS: Final = 7
_K: Final = 10
_OPENINGS: Final = 5
_WORDS: Final = ("mens blue checked shirt", "red handbag", "white sports shoes for women", "blakc wach leather")
_PRICE: Final = "price"
_TIED: Final = 1e-6

Search = Callable[[NDArray[np.float32]], object]


def run(setting: Setting) -> Report:
    """Build a catalogue of the small pictures, open it and search it.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    archive = setting.find_data(SMALL_PICTURES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        building = _time_building(archive, folder, setting)
        place = folder / f"catalogue-{_ROUNDS - 1}"
        openings = _time_opening(place, setting)
        with Catalogue.open(place, bundle=setting.bundle, threads=setting.threads) as catalogue:
            searches = measure_searches(catalogue, setting.say)
    targets = [*_judge_building(building), *_judge_opening(openings), *_judge_searches(searches)]
    facts = {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, {searches.items} items",
        "queries": f"{_QUERIES} vectors beside those of items, {len(_WORDS)} texts; medians of {_SEARCH_ROUNDS} rounds",
    }
    sections = [_show_building(building), _show_opening(openings), _show_searches(searches)]
    return Report("A catalogue of 40,000 products", facts, sections, targets)


def _time_building(archive: Path, folder: Path, setting: Setting) -> dict[str, Timing]:
    pictures = sum(1 for _ in find_pictures(archive))
    numbers: Iterator[int] = iter(range(2 * _ROUNDS))

    def embed() -> None:
        output = folder / "vectors.parquet"
        embed_files([archive], output, bundle=setting.bundle, threads=setting.threads, overwrite=True)

    def build() -> None:
        place = folder / f"catalogue-{next(numbers)}"
        build_catalogue(archive, place, bundle=setting.bundle, threads=setting.threads)

    contestants = {"modiste embed": Contestant(pictures, embed), "catalogue build": Contestant(pictures, build)}
    return time_in_turns(contestants, rounds=_ROUNDS, say=setting.say)


def _time_opening(place: Path, setting: Setting) -> list[float]:
    """Return how long a fresh process takes to import modiste, open the catalogue and answer a first search by item."""
    with Catalogue.open(place, bundle=setting.bundle) as catalogue:
        words = [str(place), catalogue.backend.list_ids()[0]]
    seconds = []
    for _ in range(_OPENINGS):
        finished = run_modiste(words, folder=place.parent, time_limit=60, module="modiste.bench.open_once")
        if finished.code:
            raise ModisteError(f"opening {place} in a process of its own failed: {finished.output[-500:]}")
        seconds.append(float(finished.output.split()[-1]))
    setting.say(f"opened in {statistics.median(seconds):.3f} s")
    return seconds


@dataclass(frozen=True)
class Searches:
    """What searches cost, each as the ratios of its rounds to exact search in the same round.

    Args:
        items: In the catalogue.
        exact: Seconds of exact search in the median round.
        recall: recall@10 of the default index against brute force.
        filtered: Share kept -> recall@10 against brute force over what is kept.
        ratios: What was searched -> a ratio a round.
    """

    items: int
    exact: float
    recall: float
    filtered: Mapping[float, float]
    ratios: Mapping[str, Sequence[float]]


def measure_searches(catalogue: Catalogue, say: Callable[[str], None], *, queries: int = _QUERIES) -> Searches:
    """Time the searches of a catalogue beside exact search and the bare product of numpy, in turns.

    Args:
        catalogue: With items that have a price.
        say: Told what goes on.
        queries: How many vectors are searched by.
    """
    backend = catalogue.backend
    parts = [(items, vectors) for items, vectors in backend.iterate()]
    ids = [item.item_id for items, _ in parts for item in items]
    prices = np.array([np.nan if item.price is None else item.price for items, _ in parts for item in items])
    vectors = np.ascontiguousarray(np.concatenate([vectors for _, vectors in parts]))
    asked = draw_queries(vectors, queries)
    exact = ExactIndex(vectors)
    bounds = {share: float(np.nanquantile(prices, share)) for share in SHARES}
    filters = {share: parse_filter(f"{_PRICE} <= {bound!r}") for share, bound in bounds.items()}
    searches: dict[str, Search] = {
        "exact search": lambda query: exact.search(query[None], _K),
        "numpy V @ q": lambda query: vectors @ query,
        "the default index": lambda query: backend.nearest(query, _K),
        "a whole search by vector": lambda query: catalogue.search(vector=query, k=_K),
        **{_name_filter(share): _search_below(backend, where) for share, where in filters.items()},
    }
    times = _time_searches(searches, asked) | _time_words(catalogue, say)
    base = times["exact search"]
    ratios = {name: [one / other for one, other in zip(own, base, strict=True)] for name, own in times.items()}
    judge = _Judge(asked, ids, vectors)
    filtered = {
        share: judge.measure(_search_below(backend, where), prices <= bounds[share]) for share, where in filters.items()
    }
    recall = judge.measure(lambda query: backend.nearest(query, _K))
    return Searches(len(ids), statistics.median(base), recall, filtered, ratios)


def _name_filter(share: float) -> str:
    return f"a filter that keeps {share:.0%}"


def _search_below(backend: Backend, where: Filter) -> Callable[[NDArray[np.float32]], Matches]:
    return lambda query: backend.nearest(query, _K, where=where)


def draw_queries(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return vectors near those of items, as pictures of like products would have: float32 [count, width]."""
    rng = np.random.default_rng(0)
    rows = rng.integers(len(vectors), size=(count, 2))
    mixed = 0.8 * vectors[rows[:, 0]] + 0.2 * vectors[rows[:, 1]]
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _time_searches(searches: Mapping[str, Search], queries: NDArray[np.float32]) -> dict[str, list[float]]:
    """Return the median time of a query in each round, in turns."""
    times: dict[str, list[float]] = {name: [] for name in searches}
    for number in range(_SEARCH_ROUNDS + 1):
        for name, search in searches.items():
            median = _time_queries(search, queries)
            if number:  # the first round warms up
                times[name].append(median)
    return times


def _time_words(catalogue: Catalogue, say: Callable[[str], None]) -> dict[str, list[float]]:
    times: list[float] = []
    for number in range(_SEARCH_ROUNDS + 1):
        median = _time_queries(lambda words: catalogue.search(text=words, k=_K), _WORDS * 5)
        if number:
            times.append(median)
    say(f"words: {1000 * statistics.median(times):.2f} ms")
    return {"words": times}


def _time_queries(search: Callable[[Any], object], queries: Iterable[Any]) -> float:
    times = []
    for query in queries:
        start = time.perf_counter()
        search(query)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class _Judge:
    """Compares answers with brute force in float64."""

    def __init__(self, queries: NDArray[np.float32], ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self._queries = queries
        self._places = {name: place for place, name in enumerate(ids)}
        self._scores = queries.astype(np.float64) @ vectors.T.astype(np.float64)  # [queries, items]

    def measure(self, search: Callable[[NDArray[np.float32]], Matches], keep: NDArray[np.bool_] | None = None) -> float:
        """Return the share of the ten best that a search finds; what ties with the tenth counts as found."""
        found = 0
        for query, scores in zip(self._queries, self._scores, strict=True):
            kept = scores if keep is None else np.where(keep, scores, -np.inf)
            bound = np.partition(kept, -_K)[-_K] - _TIED
            found += sum(kept[self._places[name]] >= bound for name in search(query).item_ids)
        return float(found / (_K * len(self._queries)))


def _judge_building(timings: Mapping[str, Timing]) -> Iterator[Target]:
    own, network = timings["catalogue build"], timings["modiste embed"]
    yield Target("building, share of the rate of 'modiste embed'", 0.85, own.rate / network.rate)


def _judge_opening(seconds: Sequence[float]) -> Iterator[Target]:
    yield Target("opening in a fresh process, to the first answer", 0.5, statistics.median(seconds), False, "s")


def _judge_searches(searches: Searches) -> Iterator[Target]:
    def cost(name: str) -> float:
        return statistics.median(searches.ratios[name])

    yield Target("exact search, times numpy V @ q", 1.2, 1 / cost("numpy V @ q"), at_least=False)
    yield Target("the default index, times faster than exact search", 8, 1 / cost("the default index"))
    yield Target("the default index, recall@10", 0.99, searches.recall)
    for share, recall in searches.filtered.items():
        name = _name_filter(share)
        yield Target(f"{name}, recall@10", 1, recall)
        yield Target(f"{name}, times exact search", 2, cost(name), at_least=False)
    yield Target("words, times exact search", 3, cost("words"), at_least=False)


def _show_building(timings: Mapping[str, Timing]) -> Section:
    rows = [(name, f"{timing.median:.1f} s", f"{timing.rate:.0f}") for name, timing in timings.items()]
    data = {name: {"seconds": list(timing.seconds), "rate": timing.rate} for name, timing in timings.items()}
    return Section("Building", render_table(("", "median", "pictures/s"), rows), data)


def _show_opening(seconds: Sequence[float]) -> Section:
    rounds = ", ".join(f"{one:.3f}" for one in seconds)
    text = f"Importing modiste, opening the catalogue and a first search by item, in fresh processes: {rounds} s."
    return Section("Opening", text, {"seconds": list(seconds)})


def _show_searches(searches: Searches) -> Section:
    base = 1000 * searches.exact
    rows = [
        (
            name,
            f"{base * statistics.median(own):.3f} ms",
            f"{statistics.median(own):.2f}",
            f"{min(own):.2f} to {max(own):.2f}",
        )
        for name, own in searches.ratios.items()
    ]
    table = render_table(("a query", "median", "times exact search", "round by round"), rows)
    return Section("Searching", table, {name: [round(one, 4) for one in own] for name, own in searches.ratios.items()})

"""The comparison of retrieval methods as a report with targets."""

from __future__ import annotations

import inspect
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.searching.filtering import Filtered, measure_filters, measure_product
from modiste.bench.searching.measuring import Ground, Measured, Point, measure_method
from modiste.bench.searching.memory import find_method
from modiste.bench.searching.methods import KindMethod, Method
from modiste.bench.searching.peers import list_peer_methods
from modiste.bench.searching.variance import count_components, measure_variance
from modiste.bench.searching.vectors import VectorSource, describe_distances, find_vectors, make_vectors
from modiste.catalogue.index import (
    ExactIndex,
    VectorIndex,
    build_index,
    choose_index_kind,
    find_index_kind,
    list_index_kinds,
)
from modiste.errors import UsageError
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["Comparison", "compare_methods", "parse_sizes", "run"]

SIZES = ("44k",)
_LARGE, _HUGE = 200_000, 2_000_000
_FLOORS = (0.99, 0.98)  # of recall: up to 200,000 vectors, and above
_TIMES = (8.0, 100.0)
_MOST_MEMORY = 2e9
_MOST_PRODUCT, _MOST_FILTER = 1.2, 2.0
_NAMES_LARGE = ("exact", "ivf-sq8", "hnswlib")  # each takes minutes
_NAMES_HUGE = ("exact", "ivf-sq8", "ivf-pq")
_SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)
_S1_COMPONENTS = 30


@dataclass(frozen=True)
class Comparison:
    """What was measured.

    Args:
        report: For people and programs.
        methods: Size, as it was asked for -> methods.
        variance: Share of the variance by components.
    """

    report: Report
    methods: dict[str, list[Measured]]
    variance: NDArray[np.float64]


def run(setting: Setting) -> Report:
    """Compare at 44,000 vectors; ``modiste bench search --sizes 1m`` goes on from there."""
    return compare_methods(setting, SIZES).report


def parse_sizes(text: str) -> dict[str, int]:
    """Return sizes such as ``44k,1m`` by the words that they were given in.

    Raises:
        UsageError: One of them is no number of vectors.

    Example:
        >>> parse_sizes("5000,44k,1.5m")
        {'5000': 5000, '44k': 44000, '1.5m': 1500000}
    """
    sizes = {}
    for word in text.split(","):
        factor = {"k": 1000, "m": 1_000_000}.get(word[-1:].casefold(), 1)
        try:
            sizes[word] = round(float(word.rstrip("kKmM")) * factor)
        except ValueError as error:
            raise UsageError(f"{word!r} is no size; expected numbers such as 40000, 44k or 1m, with commas") from error
    if min(sizes.values()) < 3000:
        raise UsageError(f"{text!r} names less than 3,000 vectors, where every search is exact; expected more")
    return sizes


def compare_methods(
    setting: Setting,
    sizes: Sequence[str],
    *,
    vectors: Path | None = None,
    workspace: Path | None = None,
    peers: bool = True,
    kinds: Sequence[str] = (),
    large: Sequence[str] = (),
) -> Comparison:
    """Measure every method at every size.

    Args:
        setting: The bundle, the data, and who is told.
        sizes: Such as ``("44k", "1m")``.
        vectors: A file of vectors to begin from; by default the pictures of the setting are embedded.
        workspace: Where the files of vectors go for the time being; a gigabyte for a million.
        peers: Also measure S1, hnswlib and LanceDB, which need the extra ``bench``.
        kinds: Only these kinds of index, up to 200,000 vectors; by default all.
        large: Kinds and peers above that, where each takes minutes; by default exact search, the default and hnswlib.

    Raises:
        UnknownNameError: There is no such kind or peer.
    """
    for name in (*kinds, *large):
        find_method(name)
    source = find_vectors(setting, vectors)
    variance = measure_variance(source.vectors)
    sections, targets, methods = [_describe_variance(source, variance)], [], {}
    for word, n in parse_sizes(",".join(sizes)).items():
        with tempfile.TemporaryDirectory(dir=workspace) as folder:
            path = Path(folder) / "vectors.npy"
            made = make_vectors(source, n, path, say=setting.say)
            ground = Ground.prepare(path, made, source.queries)
            methods[word] = [_measure(method, ground, setting) for method in _list_methods(n, peers, kinds, large)]
            filters = measure_filters(ground, _list_filtered(made))
            product = measure_product(ground)
        targets += _list_targets(word, n, methods[word], filters, product)
        sections += [_describe_methods(word, n, methods[word]), _describe_filters(word, filters, product)]
        sections.append(_describe_made(word, source, made))
    facts = {"data": source.data, "neighbours": "10, recall against exact search, equal cosines count as equal"}
    return Comparison(Report("Retrieval methods", facts, sections, targets), methods, variance)


def _list_methods(n: int, peers: bool, kinds: Sequence[str], large: Sequence[str]) -> list[Method]:
    if n > _LARGE:
        names = large or (_NAMES_HUGE if n > _HUGE else _NAMES_LARGE)
        methods = [find_method(name, n) for name in names]
        return [method for method in methods if peers or isinstance(method, KindMethod)]
    own = [KindMethod(find_index_kind(name).name) for name in kinds or [kind.name for kind in list_index_kinds()]]
    return [*own, *(list_peer_methods(n) if peers else ())]


def _measure(method: Method, ground: Ground, setting: Setting) -> Measured:
    n = len(ground.vectors)
    return measure_method(method, ground, floor=_find_floor(n), say=setting.say, step=1 + (n > _LARGE))


def _list_filtered(vectors: NDArray[np.float32]) -> list[VectorIndex]:
    kind = choose_index_kind(len(vectors))
    exact = ExactIndex(vectors, 1)
    return [exact] if kind == "exact" else [exact, build_index(kind, vectors).with_threads(1)]


def _find_floor(n: int) -> float:
    return _FLOORS[n > _LARGE]


def _list_targets(
    word: str,
    n: int,
    methods: Sequence[Measured],
    filters: Sequence[Filtered],
    product: dict[int | None, tuple[float, ...]],
) -> list[Target]:
    by_name = {method.name: method for method in methods}
    kind = choose_index_kind(n)
    default = by_name.get(kind)
    targets = []
    for threads, ratios in product.items():
        named = f"{word}: exact search, times the bare product, {_name_threads(threads)}"
        targets.append(Target(named, _MOST_PRODUCT, statistics.median(ratios), at_least=False))
    if default is not None and kind != "exact":
        targets += [
            Target(f"{word}: recall@10 of {kind}, the default", _find_floor(n), default.shown.recall),
            Target(f"{word}: {kind}, times faster than exact search", _TIMES[n > _LARGE], default.compare()),
        ]
        if n > _LARGE and default.memory is not None and n <= _HUGE:
            targets.append(Target(f"{word}: memory of {kind}", _MOST_MEMORY, default.memory, at_least=False, unit="B"))
        targets += _compare_peers(word, default, methods, _find_floor(n))
    for found in filters:
        named = f"{word}: {found.kind} where a filter keeps {found.share:.0%}"
        if n <= _LARGE:
            targets.append(Target(f"{named}, recall", 1.0, found.recall))
        cost = statistics.median(found.cost)
        targets.append(Target(f"{named}, times unfiltered exact search", _MOST_FILTER, cost, at_least=False))
    return targets


def _compare_peers(word: str, default: Measured, methods: Sequence[Measured], floor: float) -> list[Target]:
    """Compare the default kind with each peer at equal recall: what the peer needs, and what the default comes with.

    Each is taken at its fastest setting with at least that recall; a peer that does not reach the default's, at its
    best.
    """
    targets = []
    for peer in methods:
        if not peer.name.startswith(("hnswlib", "LanceDB")):
            continue
        theirs = peer.find_fastest(floor) or _find_best(peer)
        own = default.find_fastest(theirs.recall) or default.find_fastest(floor)
        named = f"{word}: {default.name}, times as fast as {peer.name}"
        if own is not None:
            targets.append(Target(f"{named} at its recall of {theirs.recall:.4f}", 1.0, own.times / theirs.times))
        came = default.curve[0]
        equal = peer.find_fastest(came.recall) or _find_best(peer)
        said = f"{named}, as it comes, {came.recall:.4f}, against {equal.recall:.4f}"
        targets.append(Target(said, 1.0, came.times / equal.times))
    return targets


def _find_best(method: Measured) -> Point:
    return max(method.curve, key=lambda point: (point.recall, point.times))


def _describe_methods(word: str, n: int, methods: Sequence[Measured]) -> Section:
    header = (
        *("method", "effort", "recall@10", "ms, 1 thread", "ms, 2 threads", "times faster than exact"),
        *("queries/s in hundreds, 1 and 2 threads", "build s", "memory MB", "disk MB"),
    )
    rows = [
        (
            method.name,
            "as it comes" if method.shown.effort is None else f"{method.shown.effort:g}",
            f"{method.shown.recall:.4f}",
            f"{1e3 * method.alone[1]:.3f}",
            f"{1e3 * method.alone[2]:.3f}",
            f"{method.compare():.3g}",
            f"{method.batch[1]:.0f}, {method.batch[2]:.0f}",
            f"{method.build:.1f}",
            "-" if method.memory is None else f"{method.memory / 1e6:.0f}",
            f"{method.disk / 1e6:.1f}",
        )
        for method in methods
    ]
    text = (
        f"{n} vectors. Recall of at least {_find_floor(n)} as it comes, else by the fastest setting that reaches it. "
        "Times are medians of five rounds, exact search and the method in turns; the ratio is that of the less "
        "favourable number of threads. Memory is the peak of a process that opens and searches, Python, the packages "
        "and the touched pages of the vectors included; disk is besides the file of the vectors.\n\n"
        f"The default for so many vectors is `{choose_index_kind(n)}`.\n\n"
    )
    data = [asdict(method) for method in methods]
    return Section(f"{word} vectors", text + render_table(header, rows), data)


def _describe_filters(word: str, filters: Sequence[Filtered], product: dict[int | None, tuple[float, ...]]) -> Section:
    rows = [(found.kind, f"{found.share:.0%}", f"{found.recall:.4f}", _render_ratios(found.cost)) for found in filters]
    rows += [
        ("exact, beside numpy's bare product", _name_threads(threads), "", _render_ratios(ratios))
        for threads, ratios in product.items()
    ]
    text = render_table(("index", "kept", "recall@10", "times unfiltered exact search"), rows)
    return Section(f"{word} vectors: filters", text, {"filters": [asdict(found) for found in filters]})


def _describe_made(word: str, source: VectorSource, made: NDArray[np.float32]) -> Section:
    real = source.vectors
    pick = np.sort(np.random.default_rng(2).choice(len(made), 500, replace=False))
    own = np.sort(np.random.default_rng(3).choice(len(real), 500, replace=False))
    looked = {
        "real, from real": describe_distances(real, real[own], skip=1),
        "real, from the queries": describe_distances(real, source.queries),
        f"{word}, from its own": describe_distances(made, made[pick], skip=1),
        f"{word}, from the queries": describe_distances(made, source.queries),
    }
    rows = [
        (name, *(f"{value:.3f}" for value in (*found.first, *found.tenth)), f"{found.dimension:.1f}")
        for name, found in looked.items()
    ]
    header = ("vectors", "1st: .1", ".5", ".9", "10th: .1", ".5", ".9", "intrinsic dimension")
    text = (
        f"{(inspect.getdoc(make_vectors) or '').split(chr(10) * 2)[1]}\n\nEuclidean distances of the nearest and of "
        f"the tenth neighbour, quantiles.\n\n{render_table(header, rows)}"
    )
    return Section(f"{word} vectors: how they were made", text, {name: asdict(found) for name, found in looked.items()})


def _describe_variance(source: VectorSource, curve: NDArray[np.float64]) -> Section:
    scaled = measure_variance(source.vectors, scale=True)
    rows = [
        (name, *(count_components(held, share) for share in _SHARES), f"{held[_S1_COMPONENTS - 1]:.3f}")
        for name, held in (("as they are", curve), ("each dimension scaled to [-1, 1], as S1", scaled))
    ]
    header = ("components that hold", *(f"{share:.0%}" for share in _SHARES), f"share in {_S1_COMPONENTS}")
    data = {"share": [round(float(value), 5) for value in curve]}
    return Section("Principal components", render_table(header, rows), data)


def _render_ratios(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.3g} ({min(ratios):.3g} to {max(ratios):.3g})"


def _name_threads(threads: int | None) -> str:
    return "numpy's own threads" if threads is None else f"{threads} thread{'s' if threads > 1 else ''}"

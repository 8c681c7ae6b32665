"""Acceptance of the search by words: titles nobody trained on, and queries as shoppers type them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.picture_vectors import compute_vectors
from modiste.bench.retrieval import SMALL_PICTURES
from modiste.bench.text_queries import BRAND, ShopperQuery, find_expected, read_queries
from modiste.bench.word_rankings import fuse_rankings, rank_by_words
from modiste.bundle import Bundle
from modiste.catalogue.words import split_words
from modiste.errors import UsageError
from modiste.evaluation import (
    Interval,
    Predictions,
    Report,
    Section,
    Target,
    bootstrap_mean,
    load_protocol,
    paired_difference,
    predict_items,
    rank_gallery,
    render_table,
    score_rankings,
)
from modiste.manifest import META, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.runtime import TextEncoder

__all__ = ["run"]

_K: Final = 10
_PROTOCOL: Final = "product-tagger-test"
_TIMES: Final = 1.3  # how much better than words over predicted tags
_MOST_MILLISECONDS: Final = 1.0
_SHIPPED: Final = "modiste's vectors"
_ENCODER, _TAGS, _FUSED = "text encoder", "BM25, predicted tags", "both, fused by rank"
_CHANCE, _TITLES, _SHOP = "any order", "BM25, true titles", "encoder and BM25, titles and tags"

Rankings = Mapping[str, NDArray[np.int64]]
Figures = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Gallery:
    """What is searched: items, float32 [n, width] of their pictures, and the words of what the bundle says of them."""

    items: pl.DataFrame
    vectors: NDArray[np.float32]
    tags: list[str]


def run(setting: Setting) -> Report:
    """Search a part's pictures with titles that no item outside bears, and with queries written by hand.

    Args:
        setting: Needs the small pictures in the data folder; ``part`` is the part that is searched.

    Raises:
        UsageError: The file is missing, there is no such part, or the bundle has no text encoder.
    """
    bundle = setting.open_bundle()
    if not bundle.has_text_encoder:
        raise UsageError(f"{bundle.path} has no text encoder. Type: modiste bundle add-text --help")
    manifest = _read(setting)
    gallery = _build_gallery(manifest, bundle, setting)
    titles = _list_held_out(manifest, gallery, setting.part)
    encoder = TextEncoder(bundle)
    setting.say(f"{len(titles)} titles, {len(gallery.items)} pictures")
    found = _search_titles(titles, gallery, encoder)
    figures = {name: _score_titles(order, titles, gallery) for name, order in found.items()}
    queries = read_queries()
    answers = _search_queries(queries, gallery, encoder)
    milliseconds = _time_encoder(encoder, [query.text for query in queries])
    sections = [
        _explain(),
        _show_titles(figures, setting),
        *_show_queries(queries, answers, gallery, setting),
    ]
    targets = [*_list_targets(figures, setting), _check_time(milliseconds)]
    return Report("Search by words", _list_facts(bundle, gallery, titles, milliseconds, setting), sections, targets)


def _read(setting: Setting) -> Manifest:
    manifest = read_source(setting.find_data(SMALL_PICTURES), options=ReaderOptions(details=True))
    protocol = load_protocol(_PROTOCOL)
    return setting.apply_protocol(manifest, protocol).without_copies()


def _build_gallery(manifest: Manifest, bundle: Bundle, setting: Setting) -> _Gallery:
    part = manifest.of_split(setting.part)
    if not len(part):
        raise UsageError(f"no item belongs to the part {setting.part!r}; expected 'validation' or 'test'")
    # Equal scores keep the order of the rows, and neighbouring ids are alike: the order must mean nothing.
    order = np.random.default_rng(0).permutation(len(part)).tolist()
    setting.note_opening(load_protocol(_PROTOCOL), setting.part, data=SMALL_PICTURES, rows=len(part))
    part = Manifest(part.taxonomy, part.items[order])
    setting.say(f"reading {len(part)} pictures twice, for vectors and for tags")
    vectors = compute_vectors(_SHIPPED, part, bundle, threads=setting.threads)
    told = predict_items(bundle, part, threads=setting.threads).predictions
    return _Gallery(part.items, vectors, _list_tags(told))


def _list_tags(told: Predictions) -> list[str]:
    """Return what is said of each item as a text."""
    words: list[list[str]] = [[] for _ in told.item_ids]
    for field in told.taxonomy:
        for row, value in zip(*np.nonzero(told.chosen[field.name]), strict=True):
            words[row].append(field.values[value])
    return [" ".join(values) for values in words]


def _list_held_out(manifest: Manifest, gallery: _Gallery, part: str) -> list[str]:
    """Return the gallery's different titles, without those of items that were trained on or chosen by."""
    others = [name for name in ("train", "validation") if name != part]
    known = {split_words(title) for title in manifest.of_split(*others).items["title"].drop_nulls()}
    different: dict[tuple[str, ...], str] = {}
    for title in gallery.items["title"].drop_nulls():
        different.setdefault(split_words(title), title)
    return [title for words, title in different.items() if words and words not in known]


def _search_titles(titles: Sequence[str], gallery: _Gallery, encoder: TextEncoder) -> Rankings:
    near = rank_gallery(encoder.encode(titles), gallery.vectors)
    tagged = rank_by_words(titles, gallery.tags)
    random = np.random.default_rng(0)
    return {
        _ENCODER: near,
        _FUSED: fuse_rankings(near, tagged),
        _TAGS: tagged,
        _CHANCE: random.permuted(np.tile(np.arange(len(gallery.items)), (len(titles), 1)), axis=1),
        _TITLES: rank_by_words(titles, _list_titles(gallery)),
    }


def _score_titles(order: NDArray[np.int64], titles: Sequence[str], gallery: _Gallery) -> Figures:
    words = [split_words(title) for title in _list_titles(gallery)]
    numbers = {title: number for number, title in enumerate(dict.fromkeys(words))}
    codes = np.array([numbers[title] for title in words])
    wanted = np.array([numbers[split_words(title)] for title in titles])
    relevant = codes[order] == wanted[:, None]
    return {
        "R@1": score_rankings(relevant, k=1).hit,
        f"R@{_K}": score_rankings(relevant, k=_K).hit,
        "MRR": score_rankings(relevant).reciprocal_rank,
    }


def _search_queries(queries: Sequence[ShopperQuery], gallery: _Gallery, encoder: TextEncoder) -> Rankings:
    texts = [query.text for query in queries]
    near = rank_gallery(encoder.encode(texts), gallery.vectors)
    tagged = rank_by_words(texts, gallery.tags, mend=True)
    titled = [f"{title} {tags}" for title, tags in zip(_list_titles(gallery), gallery.tags, strict=True)]
    return {
        _ENCODER: near,
        _FUSED: fuse_rankings(near, tagged),
        _TAGS: tagged,
        _TITLES: rank_by_words(texts, _list_titles(gallery), mend=True),
        _SHOP: fuse_rankings(near, rank_by_words(texts, titled, mend=True)),
    }


def _show_titles(figures: Mapping[str, Figures], setting: Setting) -> Section:
    lines, data = [], {}
    for name, values in figures.items():
        found = {figure: _average(column, setting) for figure, column in values.items()}
        lines.append((name, *(_show(item) for item in found.values())))
        data[name] = {figure: item.to_json() for figure, item in found.items()}
    gains = {
        f"R@{_K}: {first} less {times:g} x {_TAGS}": _gain(figures, first, times, setting)
        for first in (_ENCODER, _FUSED)
        for times in (1.0, _TIMES)
    }
    table = render_table(("ranked by", *next(iter(figures.values()))), lines)
    compared = render_table(("difference", "value"), [(name, _show(item)) for name, item in gains.items()])
    data["differences"] = {name: item.to_json() for name, item in gains.items()}
    return Section("Titles that no other item bears", f"{table}\n\n{compared}", data)


def _show_queries(
    queries: Sequence[ShopperQuery], answers: Rankings, gallery: _Gallery, setting: Setting
) -> Iterator[Section]:
    for heading, brands in (("Queries written by hand", False), ("Those that name a brand, which must be right", True)):
        relevant = find_expected(queries, gallery.items, brands=brands)
        chosen = np.array([(BRAND in query.expected or not brands) for query in queries])
        chosen &= relevant.any(axis=1)
        share = {name: _score_queries(order, relevant) for name, order in answers.items()}
        kinds = {"all": chosen}
        if not brands:
            names = dict.fromkeys(query.kind for query in queries)
            kinds |= {name: chosen & np.array([query.kind == name for query in queries]) for name in names}
        kinds = {name: rows for name, rows in kinds.items() if rows.any()}
        figures = {
            name: {system: _average(values[rows], setting) for system, values in share.items()}
            for name, rows in kinds.items()
        }
        yield _tabulate_queries(heading, figures, kinds, len(queries))


def _score_queries(order: NDArray[np.int64], relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the right answers among the first ten, as a share of those that could stand there; nan where none can."""
    total = np.minimum(relevant.sum(axis=1), _K)
    hits = np.take_along_axis(relevant, order[:, :_K], axis=1).sum(axis=1)
    return np.where(total > 0, hits / np.maximum(total, 1), np.nan)


def _tabulate_queries(
    heading: str, figures: Mapping[str, Mapping[str, Interval]], kinds: Mapping[str, NDArray[np.bool_]], total: int
) -> Section:
    lines = [(name, int(kinds[name].sum()), *(_show(item) for item in row.values())) for name, row in figures.items()]
    table = render_table(("kind", "queries", *next(iter(figures.values()), {})), lines)
    data: dict[str, Any] = {
        name: {"queries": int(kinds[name].sum()), **{system: item.to_json() for system, item in row.items()}}
        for name, row in figures.items()
    }
    return Section(heading, f"{table}\n\nOf {total} queries, those to which the gallery has a right answer.", data)


def _list_targets(figures: Mapping[str, Figures], setting: Setting) -> Iterator[Target]:
    name = f"R@{_K}"
    base = float(figures[_TAGS][name].mean())
    ratio = float(figures[_ENCODER][name].mean()) / base if base else float("nan")
    yield Target(f"{name} of the {_ENCODER}, as a multiple of {_TAGS}", _TIMES, ratio)
    gain = _gain(figures, _ENCODER, 1.0, setting)
    yield Target(f"{name}: lower bound of the gain over {_TAGS}", wanted=1e-9, seen=gain.low)


def _gain(figures: Mapping[str, Figures], first: str, times: float, setting: Setting) -> Interval:
    name = f"R@{_K}"
    return paired_difference(figures[first][name], times * figures[_TAGS][name], replicates=setting.replicates)


def _check_time(milliseconds: float) -> Target:
    return Target("processor time of a query's vector", _MOST_MILLISECONDS, milliseconds, at_least=False, unit="ms")


def _time_encoder(encoder: TextEncoder, texts: Sequence[str]) -> float:
    """Return the median of the processor time of one text at a time, in milliseconds."""
    encoder.encode(texts[:1])
    times = []
    for text in texts:
        start = time.process_time()
        encoder.encode([text])
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def _average(values: NDArray[np.float64], setting: Setting) -> Interval:
    return bootstrap_mean(values, replicates=setting.replicates)


def _show(item: Interval) -> str:
    return f"{item.value:.3f} [{item.low:.3f}-{item.high:.3f}]"


def _list_titles(gallery: _Gallery) -> list[str]:
    return [title or "" for title in gallery.items["title"]]


def _explain() -> Section:
    text = (
        "**Titles.** Each different title of the part that no training item bears (words compared without case, "
        "accents and plurals) is one query, and all pictures of the part are what is searched, by the picture alone. "
        "Right are all items of the part with the query's title; R@k is the share of titles with a right one among "
        "the first k. A title is one query however many items bear it, so intervals by query are intervals by title. "
        "BM25 over the tags that the bundle predicts from the pictures is the baseline, BM25 over the true titles the "
        "upper bound.\n\n"
        f"**Queries.** {len(read_queries())} queries written by hand, before any was tried, each with the labels that "
        "a right answer has (src/modiste/bench/queries/shoppers.csv). The hand that wrote them also wrote the synonyms "
        "of the training recipe. Figures are right answers among the first ten, by the shop's own labels, divided by "
        "ten or by the number of right ones where that is smaller. What a label does not hold (patterns, a brand in "
        "the first table) is not judged. BM25 mends the spelling as the catalogue does; the last column is what a "
        "shop gets that has titles too. Where scores are equal, the order is random and fixed."
    )
    return Section("What is measured", text)


def _list_facts(
    bundle: Bundle, gallery: _Gallery, titles: Sequence[str], milliseconds: float, setting: Setting
) -> dict[str, str]:
    chosen = "; the recipe was chosen by it" if setting.part == "validation" else ""
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "part": f"{setting.part}: {len(gallery.items)} products, none of them trained on{chosen}",
        "gallery": f"{len(gallery.items)} pictures, at 60x80",
        "titles": f"{len(titles)}",
        "text encoder": f"fingerprint {bundle.text_fingerprint}",
        "time of a query's vector": f"{milliseconds:.3f} ms of one core, median",
        "intervals": f"95 %, bootstrap by title or query, {setting.replicates} draws, seed 0; differences are paired",
        "brands": f"{META}{BRAND} of styles/ID.json",
    }

"""Acceptance of the search by picture: what stands among the first ten, beside four simpler kinds of vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.picture_vectors import VECTORS, compute_vectors
from modiste.evaluation import (
    Interval,
    Part,
    Report,
    RetrievalScores,
    Section,
    Target,
    bootstrap_mean,
    group_rows,
    load_protocol,
    paired_difference,
    render_table,
    score_retrieval,
    select_part,
)
from modiste.manifest import LABEL
from modiste.readers import read_source

__all__ = ["FIGURES", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
_KIND, _COLOUR = LABEL + "articleType", LABEL + "baseColour"
_K: Final = 10
_ABOVE_ZERO: Final = 0.0001

# Name of a figure -> the labels that an answer must share with the query, and the score that is averaged.
FIGURES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "same type, precision@10": ((_KIND,), "precision"),
    "same type and colour, precision@10": ((_KIND, _COLOUR), "precision"),
    "same type, mean average precision": ((_KIND,), "average_precision"),
    "same type and colour, mean average precision": ((_KIND, _COLOUR), "average_precision"),
}


@dataclass(frozen=True)
class _Scored:
    """What one kind of vectors reaches: figure -> float64 [queries], nan where nothing in the gallery is relevant."""

    name: str
    figures: Mapping[str, NDArray[np.float64]]


def run(setting: Setting) -> Report:
    """Search a part's own products with each of its pictures, by the bundle's vectors and by simpler ones.

    Args:
        setting: Needs the small pictures in the data folder; ``part`` is the part that is searched.

    Raises:
        UsageError: The file is missing, or there is no such part.
    """
    protocol = load_protocol("product-tagger-test")
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    split = setting.apply_protocol(manifest, protocol)
    part = select_part(split, setting.part)
    setting.note_opening(protocol, setting.part, data=SMALL_PICTURES, rows=len(part.rows))
    scored = [_score(name, part, setting) for name in VECTORS]
    groups = group_rows(part.rows.items["title"].to_list())
    sections = [_list_figures(scored, rows, groups, heading, setting) for heading, rows in _list_rows(part)]
    targets = list(_list_targets(scored, groups, setting))
    return Report("Search by picture", _list_facts(part, setting), [_explain(), *sections], targets)


def _score(name: str, part: Part, setting: Setting) -> _Scored:
    setting.say(f"{name}: {len(part.rows)} pictures")
    vectors = compute_vectors(name, part.rows, setting.open_bundle(), threads=setting.threads)
    return _Scored(name, {figure: _measure(vectors, part, *entry) for figure, entry in FIGURES.items()})


def _measure(vectors: NDArray[np.float32], part: Part, labels: tuple[str, ...], score: str) -> NDArray[np.float64]:
    numbers = _number_labels(part.rows.items, labels)

    def find_relevant(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray((numbers[rows][:, None] == numbers) & (numbers >= 0))

    scores: RetrievalScores = score_retrieval(
        vectors, vectors, find_relevant=find_relevant, own=np.arange(len(vectors)), k=_K
    )
    return np.where(numbers >= 0, getattr(scores, score), np.nan)


def _number_labels(items: pl.DataFrame, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Number the combinations of labels, int64 [n]; -1 where one is not known."""
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in labels)
    numbers = pl.struct(labels).rank("dense").cast(pl.Int64)
    return items.select(pl.when(known).then(numbers).otherwise(-1)).to_series().to_numpy()


def _list_rows(part: Part) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield "every picture as a query", np.ones(len(part.rows), np.bool_)
    yield "queries whose title and picture no row outside the part has", part.unseen


def _list_figures(
    scored: list[_Scored], rows: NDArray[np.bool_], groups: NDArray[np.int64], heading: str, setting: Setting
) -> Section:
    lines, data = [], {}
    for entry in scored:
        found = {name: _average(values, rows, groups, setting) for name, values in entry.figures.items()}
        lines.append((entry.name, *(f"{item.value:.4f} [{item.low:.4f}-{item.high:.4f}]" for item in found.values())))
        data[entry.name] = {name: item.to_json() for name, item in found.items()}
    table = render_table(("vectors", *FIGURES), lines)
    return Section(heading, f"{table}\n\n{int(rows.sum())} queries.", {"queries": int(rows.sum()), **data})


def _average(
    values: NDArray[np.float64], rows: NDArray[np.bool_], groups: NDArray[np.int64], setting: Setting
) -> Interval:
    kept = rows & np.isfinite(values)
    return bootstrap_mean(values[kept], groups=groups[kept], replicates=setting.replicates)


def _list_targets(scored: list[_Scored], groups: NDArray[np.int64], setting: Setting) -> Iterator[Target]:
    """The bundle's vectors must beat every other kind, figure by figure, by an interval above zero."""
    ours, *others = scored
    for other in others:
        for name, values in ours.figures.items():
            kept = np.isfinite(values)
            gain = paired_difference(
                values[kept], other.figures[name][kept], groups=groups[kept], replicates=setting.replicates
            )
            yield Target(f"{name}: lower bound of the gain over {other.name}", wanted=_ABOVE_ZERO, seen=gain.low)


def _explain() -> Section:
    text = (
        "Each picture of the part is a query, all other pictures of the part are what is searched. An answer is right "
        "if it has the query's article type, or its type and its colour. Queries to which nothing in the part would be "
        "a right answer are left out of a figure; where fewer than ten would be, ten right ones can't be reached."
    )
    return Section("What is measured", text)


def _list_facts(part: Part, setting: Setting) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "part": f"{part.name}: {len(part.rows)} products, none of them trained on",
        "gallery": f"the {len(part.rows)} products of the part, less the query",
        "intervals": f"95 %, bootstrap by title, {setting.replicates} draws, seed 0; gains are paired",
    }

"""What the kinds of heads reach, in the measures of the paper, and side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import polars as pl

from modiste.bench.structured_output.material import ATTRIBUTES, CATEGORY, KIND
from modiste.bench.structured_output.training import System
from modiste.evaluation import (
    ALL_ROWS,
    UNSEEN_ROWS,
    Evaluation,
    Interval,
    MultiAnswers,
    MultiResult,
    MultiScores,
    Part,
    Section,
    SingleResult,
    align_answers,
    average_precision,
    compare_predictions,
    judge,
    render_pairing,
    render_table,
    score_at_k,
    score_predictions,
)

__all__ = ["Judged", "judge_system", "list_published", "pair_systems", "show_headline", "show_measures", "show_unseen"]

_APPAREL = ("Apparel", "Footwear")
_LEVELS = (CATEGORY, KIND)


@dataclass(frozen=True)
class Judged:
    """A system with its figures.

    Args:
        system: The system.
        tables: Heading -> figures, as `judge` gives them.
        apparel: Figures on apparel and footwear alone.
        at_k: Precision, recall and F1 of the attributes, as many answered as an item truly has.
        micro_precision: Average precision of the attributes, all pairs of item and value ranked together.
    """

    system: System
    tables: Mapping[str, Evaluation]
    apparel: Evaluation
    at_k: MultiScores
    micro_precision: float

    @property
    def name(self) -> str:
        """How the tables call it."""
        return self.system.variant.name

    @property
    def whole(self) -> Evaluation:
        """The figures on all rows."""
        return self.tables[ALL_ROWS]

    def to_json(self) -> dict[str, Any]:
        """Return every figure as plain JSON types."""
        return {
            "parameters": self.system.parameters,
            "epochs": [epoch._asdict() for epoch in self.system.epochs],
            "attributes": {**vars(self.at_k), "average precision, micro": self.micro_precision},
            "apparel and footwear": self.apparel.to_json(),
            **{heading: table.to_json() for heading, table in self.tables.items()},
        }


def judge_system(system: System, part: Part, *, replicates: int) -> Judged:
    """Judge a system's answers.

    Args:
        system: The system.
        part: The test part, with combined attributes, and what trained.
        replicates: Bootstrap draws an interval.
    """
    fields = (*_LEVELS, ATTRIBUTES)
    tables = judge(part, system.told, fields=fields, replicates=replicates)
    dressed = part.rows.where(pl.col("label.masterCategory").is_in(_APPAREL))
    apparel = score_predictions(dressed, system.told, fields=fields, training=part.training, replicates=replicates)
    (answers,) = align_answers(part.rows, system.told, fields=[ATTRIBUTES])
    if not isinstance(answers, MultiAnswers):
        raise TypeError(f"expected {ATTRIBUTES} to have many values")
    told = answers.of_rows(answers.known)
    micro = average_precision(told.truth.ravel(), told.scores.ravel())
    return Judged(system, tables, apparel, score_at_k(told.truth, told.scores), micro)


def show_headline(judged: Sequence[Judged]) -> Section:
    """Return the accuracies with intervals, the majority, and what was published."""
    header = (
        "heads",
        "parameters",
        "category",
        "sub-category",
        "sub-category, macro-F1",
        "both right",
        "attributes, F1",
    )
    lines = [_list_headline(entry) for entry in judged]
    base = judged[0].whole
    whole = base.whole
    majority = ("majority", "", *(f"{_single(base, name).majority:.4f}" for name in _LEVELS), "")
    together = "" if whole is None or whole.majority_all_right is None else f"{whole.majority_all_right:.4f}"
    lines.append((*majority, together, f"{_multi(base).majority:.4f}"))
    data = {entry.name: entry.to_json() for entry in judged}
    return Section("Three kinds of heads on one trunk", f"{render_table(header, lines)}\n\n{_LEGEND}", data)


_LEGEND = (
    f"Category is {CATEGORY}, sub-category is {KIND}, attributes are season and usage: the names of the paper. "
    "Accuracies stand with Wilson's interval, F1 with a bootstrap interval by title. Parameters are those of the heads "
    "without the embedding, which all kinds share."
)


def _list_headline(entry: Judged) -> tuple[object, ...]:
    table = entry.whole
    both = None if table.whole is None else table.whole.all_right
    return (
        entry.name,
        f"{entry.system.parameters:,}",
        *(_show(_single(table, name).accuracy) for name in _LEVELS),
        _show(_single(table, KIND).macro_f1),
        _show(both),
        _show(_multi(table).micro_f1),
    )


def list_published(judged: Sequence[Judged]) -> Section:
    """Return the published accuracies beside those on apparel and footwear alone."""
    header = ("system", "pictures", "trunk", "category", "sub-category")
    ours = [
        (
            entry.name,
            str(entry.apparel.rows),
            f"EfficientNet-Lite0, {'trained' if entry.system.variant.tuned else 'frozen'}, 128x96",
            *(_show(_single(entry.apparel, name).accuracy) for name in _LEVELS),
        )
        for entry in judged
    ]
    theirs = [
        ("published, structured", "24,996 in all", "ResNet-50, trained", "", ".788"),
        ("published, decoupled", "24,996 in all", "sub-models one after the other", "", ".839"),
    ]
    text = (
        "Apparel and footwear of the test part alone, as in the nearest published figures (Herald of Khmelnytskyi "
        "National University 2025, doi 10.31891/2307-5732-2025-359-67), which are of the sub-category. Which level of "
        "the data that is, their pictures, their split and their classes are not known: the figures stand beside each "
        "other and are no comparison."
    )
    return Section("Beside published figures", f"{render_table(header, [*ours, *theirs])}\n\n{text}")


def show_measures(judged: Sequence[Judged]) -> Section:
    """Return the measures of the paper: OP, OR, OF1 of each level, the attributes at k, average precision."""
    single = ("heads", *(f"{level} {name}" for level in ("category", "sub-category") for name in ("OP", "OR", "OF1")))
    first = [(entry.name, *_list_overall(entry), _hierarchical(entry)) for entry in judged]
    multi = ("heads", "OP", "OR", "OF1", "P@k", "R@k", "F1@k", "AP", "mAP", "same set")
    second = [(entry.name, *_list_attributes(entry)) for entry in judged]
    text = (
        f"{render_table((*single, 'hierarchical F1'), first)}\n\nAttributes, answered from .75 on:\n\n"
        f"{render_table(multi, second)}\n\nOP, OR and OF1 are precision, recall and F1 weighted by support. k is the "
        "number of an item's true attributes, which makes P@k, R@k and F1@k equal. AP ranks all pairs of item and "
        "attribute together, mAP is the mean over the attributes. Hierarchical F1 counts a sub-category with its "
        "category."
    )
    return Section("The measures of the paper", text)


def _list_overall(entry: Judged) -> list[str]:
    averages = [_single(entry.whole, name).averages["weighted"] for name in _LEVELS]
    return [f"{figure:.4f}" for scores in averages for figure in (scores.precision, scores.recall, scores.f1)]


def _hierarchical(entry: Judged) -> str:
    scores = _single(entry.whole, KIND).hierarchical
    return "" if scores is None else f"{scores.f1:.4f}"


def _list_attributes(entry: Judged) -> list[str]:
    result = _multi(entry.whole)
    weighted, at_k = result.averages["weighted"], entry.at_k
    overall = (weighted.precision, weighted.recall, weighted.f1)
    ranked = (at_k.precision, at_k.recall, at_k.f1, entry.micro_precision, result.mean_average_precision)
    return [*(f"{figure:.4f}" for figure in (*overall, *ranked)), _show(result.exact)]


def show_unseen(judged: Sequence[Judged]) -> Section:
    """Return the accuracies on rows that nothing outside the test part resembles."""
    header = ("heads", "rows", "category", "sub-category", "attributes, F1")
    lines = []
    for entry in judged:
        table = entry.tables[UNSEEN_ROWS]
        accuracies = (_show(_single(table, name).accuracy) for name in _LEVELS)
        lines.append((entry.name, table.rows, *accuracies, _show(_multi(table).micro_f1)))
    text = "A split by row measures memory too: 30 % of the products share their title with another one."
    return Section(f"Grouped: {UNSEEN_ROWS}", f"{text}\n\n{render_table(header, lines)}")


def pair_systems(judged: Sequence[Judged], part: Part, *, replicates: int) -> list[Section]:
    """Return each pair of systems, compared on the same rows (McNemar, paired bootstrap)."""
    sections = []
    for one, other in combinations(judged, 2):
        compared = compare_predictions(
            part.rows, one.system.told, other.system.told, fields=(*_LEVELS, ATTRIBUTES), replicates=replicates
        )
        text = render_pairing(compared, one.name, other.name)
        sections.append(Section(f"{one.name} against {other.name}", text, [entry.to_json() for entry in compared]))
    return sections


def _single(table: Evaluation, name: str) -> SingleResult:
    result = table[name]
    if not isinstance(result, SingleResult):
        raise TypeError(f"expected {name} to have one value")
    return result


def _multi(table: Evaluation) -> MultiResult:
    result = table[ATTRIBUTES]
    if not isinstance(result, MultiResult):
        raise TypeError(f"expected {ATTRIBUTES} to have many values")
    return result


def _show(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})"

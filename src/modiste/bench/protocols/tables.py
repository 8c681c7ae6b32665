"""The tables that all protocols share: their parts, and their headline figures side by side."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from modiste.bench.protocols.judged import Judged
from modiste.evaluation import (
    UNSEEN_ROWS,
    Evaluation,
    Protocol,
    Section,
    Target,
    check_targets,
    describe_rows,
    render_table,
)
from modiste.evaluation.targets import LABELS

__all__ = ["list_targets", "show_parts", "show_seeds", "show_summary", "want"]

_MACRO_MEAN: Final = "mean of the fields' macro-F1"
_PUBLISHED_TEST_IDS: Final = 10_257  # of Condition-CNN; the others are held back from this copy of the set
# Protocol -> figure -> accuracy to reach; above what is published, where something is.
_ACCURACY: Final[Mapping[str, Mapping[str, float]]] = {
    "condition-cnn": {"masterCategory": 0.9985, "subCategory": 0.985, "articleType": 0.930},
    "autocatalog": {
        "gender": 0.945,
        "masterCategory": 0.997,
        "subCategory": 0.977,
        "articleType": 0.910,
        "baseColour": 0.740,
        "season": 0.810,
        "usage": 0.940,
        "mean": 0.903,
        "all_right": 0.50,
    },
    "year-shift": {"articleType": 0.8746},
}
_MACRO_F1: Final[Mapping[str, Mapping[str, float]]] = {
    "autocatalog": {
        "gender, macro-F1": 0.85,
        "masterCategory, macro-F1": 0.90,
        "subCategory, macro-F1": 0.82,
        "articleType, macro-F1": 0.74,
        "baseColour, macro-F1": 0.47,
        "season, macro-F1": 0.82,
        "usage, macro-F1": 0.60,
        _MACRO_MEAN: 0.74,
    },
}


def want(judged: Judged) -> Protocol:
    """Return the protocol with the accuracies that are to be reached here, in place of its own."""
    return dataclasses.replace(judged.protocol, targets=_ACCURACY.get(judged.protocol.name, {}))


def list_targets(judged: Judged) -> list[Target]:
    """Return what is wanted under a protocol, and what was seen."""
    name, single = judged.protocol.name, judged.figures.single
    macro = {f"{result.field}, macro-F1": result.macro_f1.value for result in single}
    macro[_MACRO_MEAN] = float(np.mean([*macro.values()])) if macro else math.nan
    wanted = _MACRO_F1.get(name, {}).items()
    further = [Target(f"{name}: {figure}", limit, macro.get(figure, math.nan)) for figure, limit in wanted]
    return [*check_targets(want(judged), judged.figures), *further]


def show_parts(judged: Sequence[Judged]) -> Section:
    """Show what each protocol trains, chooses and judges on, and what its recipe saw of the judged rows."""
    header = (
        "protocol",
        "train",
        "choose",
        "judged",
        "rows that chose the recipe",
        "pictures",
        "unreadable",
        "network",
    )
    lines: list[tuple[object, ...]] = []
    data: dict[str, dict[str, Any]] = {}
    for entry in judged:
        counts = (entry.trained, entry.choosing, describe_rows(entry.part, entry.protocol), entry.recipe_saw)
        lines.append((entry.protocol.name, *counts, entry.sizes, entry.unreadable, entry.system))
        data[entry.protocol.name] = {
            "train": entry.trained,
            "choose": entry.choosing,
            "judged": len(entry.part.rows),
            "rows that chose the recipe": entry.recipe_saw,
            "network": entry.system,
        }
    note = (
        f"Of the {_PUBLISHED_TEST_IDS:,} published test ids of Condition-CNN, {_count_published(judged):,} are here; "
        "the others are held back from this copy of the set. No network learnt from a row that it is judged on. The "
        "recipe was chosen on the validation part of the shipped tagger; how many of its rows are judged here, the "
        "table says."
    )
    return Section("Parts", f"{render_table(header, lines)}\n\n{note}", data)


def show_summary(judged: Sequence[Judged]) -> Section:
    """Show the accuracy of every field under every protocol, on all rows and on the unseen ones."""
    header = ("protocol", "field", "accuracy", "unseen rows", "majority", "published")
    lines: list[tuple[object, ...]] = []
    for entry in judged:
        unseen = entry.tables.get(UNSEEN_ROWS)
        for name in (*entry.protocol.fields, *_list_whole(entry.figures)):
            seen = None if unseen is None else unseen.figure(name)
            figures = (entry.figures.figure(name), seen, _find_majority(entry.figures, name))
            published = entry.protocol.published.accuracy.get(name)
            shown = ("–" if value is None else value for value in (*figures, published))
            lines.append((entry.protocol.name, LABELS.get(name, name), *shown))
    note = (
        "Unseen rows: those whose title and picture no row outside the part has. Published figures are of others' "
        "networks, on their own rows where a protocol gives a rule and no list; below, each protocol says so."
    )
    return Section("All protocols", f"{render_table(header, lines)}\n\n{note}")


def show_seeds(judged: Sequence[Judged]) -> Section:
    """Show what networks that differ by their seed alone reach, and what the mean of their answers does."""
    count = max(1 + len(entry.others) for entry in judged)
    columns = (*(f"network {number}" for number in range(1, count + 1)), "mean", "their answers' mean", "published")
    lines: list[tuple[object, ...]] = []
    data: dict[str, dict[str, Any]] = {}
    for entry in judged:
        for name in (*entry.protocol.fields, *_list_whole(entry.figures)):
            told = _compare_seeds(entry, name)
            data.setdefault(entry.protocol.name, {})[name] = told
            published = entry.protocol.published.accuracy.get(name)
            shown = (*told["networks"], told["mean"], told["together"], published)
            cells = ("–" if value is None else f"{value:.4f}" for value in shown)
            lines.append((entry.protocol.name, LABELS.get(name, name), *cells))
    note = (
        "Accuracy on all rows. The networks differ by their seed alone, and none was chosen. The mean of their answers "
        "is one system more, which costs as much as all of them."
    )
    return Section("Seeds", f"{render_table(('protocol', 'field', *columns), lines)}\n\n{note}", data)


def _compare_seeds(entry: Judged, name: str) -> dict[str, Any]:
    networks = [_read_value(figures, name) for figures in (entry.figures, *entry.others)]
    together = None if entry.together is None else _read_value(entry.together, name)
    return {"networks": networks, "mean": float(np.mean(networks)), "together": together}


def _read_value(figures: Evaluation, name: str) -> float:
    figure = figures.figure(name)
    return math.nan if figure is None else figure.value


def _list_whole(figures: Evaluation) -> tuple[str, ...]:
    return tuple(LABELS) if len(figures.single) > 1 else ()


def _find_majority(figures: Evaluation, name: str) -> str | None:
    if figures.whole is not None and name in LABELS:
        value = figures.whole.majority_mean if name == "mean" else figures.whole.majority_all_right
    else:
        value = next((result.majority for result in figures.single if result.field == name), None)
    return None if value is None else f"{value:.4f}"


def _count_published(judged: Sequence[Judged]) -> int:
    return sum(len(entry.part.rows) for entry in judged if entry.protocol.split_file)

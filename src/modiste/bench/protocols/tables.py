"""The tables that all protocols share: their parts, and their headline figures side by side."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from modiste.evaluation import (
    ALL_ROWS,
    UNSEEN_ROWS,
    Evaluation,
    Part,
    Protocol,
    Section,
    Target,
    check_targets,
    describe_rows,
    render_table,
)
from modiste.evaluation.targets import LABELS

__all__ = ["Judged", "list_targets", "show_parts", "show_summary", "want"]

_MACRO_MEAN: Final = "mean of the fields' macro-F1"
# Protocol -> figure -> accuracy to reach; above what is published, where something is.
_ACCURACY: Final[Mapping[str, Mapping[str, float]]] = {
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


@dataclass(frozen=True)
class Judged:
    """What was seen under one protocol.

    Args:
        protocol: The protocol.
        part: The rows that were judged, and those outside.
        tables: Heading -> figures (`modiste.evaluation.judge`).
        system: The network with its fingerprint.
        trained: How many items it learnt from.
        choosing: How many items chose temperatures and thresholds.
        recipe_saw: How many of the judged rows are among those that the recipe was chosen by.
        sizes: The pictures' sizes, in words.
        unreadable: How many pictures can't be read; their rows count as wrong.
    """

    protocol: Protocol
    part: Part
    tables: Mapping[str, Evaluation]
    system: str
    trained: int
    choosing: int
    recipe_saw: int
    sizes: str
    unreadable: int

    @property
    def figures(self) -> Evaluation:
        """The figures on all rows."""
        return self.tables[ALL_ROWS]


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
        "No network learnt from a row that it is judged on. The recipe was chosen on the validation part of the "
        "shipped tagger; how many of its rows are judged here, the table says. The published test ids of "
        "Condition-CNN are within the sealed part of the shipped tagger, which is judged on them in accuracy.md."
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


def _list_whole(figures: Evaluation) -> tuple[str, ...]:
    return tuple(LABELS) if len(figures.single) > 1 else ()


def _find_majority(figures: Evaluation, name: str) -> str | None:
    if figures.whole is not None and name in LABELS:
        value = figures.whole.majority_mean if name == "mean" else figures.whole.majority_all_right
    else:
        value = next((result.majority for result in figures.single if result.field == name), None)
    return None if value is None else f"{value:.4f}"

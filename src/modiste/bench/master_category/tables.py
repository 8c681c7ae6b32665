"""The tables of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from modiste.bench.master_category.dividing import CONTROL, SEEDS
from modiste.bench.master_category.measuring import Measured, correct_spread, spread
from modiste.bench.master_category.models import AVERAGE, MODELS
from modiste.bench.master_category.study import STUDY_EPOCHS, STUDY_FRACTION
from modiste.evaluation import Interval, Section, SingleResult, render_table

__all__ = ["show_averages", "show_classes", "show_optimisers", "show_part", "show_source"]

_FIRST, _SECOND = MODELS
_PUBLISHED: Final = {  # what the source gives: on its test part, and on its control part
    _FIRST: ("0.9912", "0.9876"),
    _SECOND: ("0.9885", "0.9858"),
    AVERAGE: ("–", "0.9903"),
}
_HEADINGS: Final = {CONTROL: "The control parts", "test": "The test parts", "validation": "The validation parts"}

Divisions = Sequence[Mapping[str, Measured]]


def show_source(parts: Mapping[str, Divisions]) -> Section:
    """Show the means beside the figures of the source, with the majority as the baseline."""
    lines, data = [], {}
    for system, published in _PUBLISHED.items():
        seen = {part: spread(_list_accuracies(parts[part], system)) for part in ("test", CONTROL)}
        lines.append((system, published[0], str(seen["test"]), published[1], str(seen[CONTROL])))
        data[system] = {part: interval.to_json() for part, interval in seen.items()}
    majority = [float(measured[AVERAGE].result.majority or 0) for measured in parts[CONTROL]]
    lines.append(("always Apparel, the commonest", "–", "–", "–", f"{np.mean(majority):.4f}"))
    table = render_table(("system", "source, test", "here, test", "source, control", "here, control"), lines)
    note = (
        "Here: means of five divisions with Student's interval. The source's first model learnt by Adam, its second by "
        "plain SGD, on one division, without intervals."
    )
    return Section("Beside the source", f"{table}\n\n{note}", data)


def show_part(part: str, measured: Divisions) -> Section:
    """Show every system on a part: each division, the mean, macro-F1 and the unseen rows."""
    lines: list[tuple[str, ...]] = []
    data: dict[str, dict[str, Any]] = {}
    for system in measured[0]:
        rows = [division[system] for division in measured]
        values = _list_accuracies(measured, system)
        figures = {
            "accuracy": spread(values),
            "corrected": correct_spread(values),
            "macro-F1": correct_spread([row.result.macro_f1.value for row in rows]),
            "unseen": correct_spread([row.unseen.accuracy.value for row in rows]),
        }
        lines.append((system, " ".join(f"{value:.4f}" for value in values), *map(str, figures.values())))
        data[system] = {name: interval.to_json() for name, interval in figures.items()}
        data[system] |= {"divisions": [row.to_json() for row in rows]}
    header = ("system", "each division", "mean, t", "corrected t", "macro-F1, corrected t", "unseen rows, corrected t")
    sizes = [row[AVERAGE].unseen.rows for row in measured]
    note = f"Divisions {', '.join(map(str, SEEDS))}; unseen rows: {min(sizes)} to {max(sizes)} of each part."
    return Section(_HEADINGS[part], f"{render_table(header, lines)}\n\n{note}", data)


def show_classes(system: str, measured: Sequence[Measured]) -> Section:
    """Show precision, recall and F1 of every class, averaged over the divisions."""
    mean = np.mean([row.classes for row in measured], axis=0)  # [4, classes]
    lines = [
        (value, *(f"{figure:.4f}" for figure in mean[:3, place]), f"{mean[3, place]:.1f}")
        for place, value in enumerate(measured[0].field.values)
    ]
    table = render_table(("class", "precision", "recall", "F1", "rows"), lines)
    note = (
        f"{system.capitalize()}; means over the control parts. The source's classification report gives Free Items a "
        "recall of .15: the class holds vouchers, bags and whatever else was given away, which look like other classes."
    )
    data = {line[0]: [float(figure) for figure in line[1:]] for line in lines}
    return Section("Classes, control parts", f"{table}\n\n{note}", data)


def show_averages(found: Mapping[str, Interval]) -> Section:
    """Show two networks and what they are together."""
    table = render_table(("system", "accuracy"), [(name, str(interval)) for name, interval in found.items()])
    note = "Validation part of the first division. Networks that began differently have no common weights to average."
    data = {name: interval.to_json() for name, interval in found.items()}
    return Section("Averages of two networks, validation", f"{note}\n\n{table}", data)


def show_optimisers(results: Mapping[str, SingleResult]) -> Section:
    """Show what each setting reaches with few epochs."""
    lines = [(name, str(result.accuracy), str(result.macro_f1)) for name, result in results.items()]
    table = render_table(("setting", "accuracy", "macro-F1"), lines)
    told = (
        f"Validation part of the first division; {STUDY_FRACTION:.0%} of the training part, {STUDY_EPOCHS} epochs. The "
        "first three have the source's settings: one label, rates that fall by a tenth in 10,000 steps, 32 pictures a "
        "step, nothing augmented, nothing averaged."
    )
    data = {
        name: {"accuracy": result.accuracy.to_json(), "macro_f1": result.macro_f1.to_json()}
        for name, result in results.items()
    }
    return Section("Optimisers and what the recipe adds, validation", f"{told}\n\n{table}", data)


def _list_accuracies(measured: Divisions, system: str) -> list[float]:
    return [division[system].result.accuracy.value for division in measured]

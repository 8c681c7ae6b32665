"""Several systems on the same rows, as tables: what each gets right, what it costs, what beats the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modiste.evaluation.intervals import Interval
from modiste.evaluation.pairing import PairedField
from modiste.evaluation.rendering import render_table
from modiste.evaluation.report import Section
from modiste.evaluation.results import Evaluation, MultiResult

__all__ = ["Candidate", "list_candidates", "list_comparison"]

_NONE = "–"


@dataclass(frozen=True)
class Candidate:
    """One of the systems.

    Args:
        name: What it is called here; no other one is called so.
        evaluation: Its figures on the rows.
        cost: What it costs, by name, as plain numbers; None where it is not known.
        against: Its comparison with the first system, field by field; empty for the first, and where they share none.
    """

    name: str
    evaluation: Evaluation
    cost: Mapping[str, float | None] = field(default_factory=dict)
    against: tuple[PairedField, ...] = ()

    def find_figures(self) -> dict[str, Interval]:
        """Return its figures: field -> share right (micro-F1 of a field of many values), and those of all together."""
        found = {result.field: _get_headline(result) for result in self.evaluation.results}
        whole = self.evaluation.whole
        if whole is not None and len(whole.fields) > 1:
            found["mean"] = whole.mean_accuracy
            found |= {} if whole.all_right is None else {"all right": whole.all_right}
        return found


def list_comparison(candidates: Sequence[Candidate]) -> list[Section]:
    """Return the sections of a report that show systems side by side.

    Args:
        candidates: The systems, at least one; the others are compared with the first.
    """
    figures = [candidate.find_figures() for candidate in candidates]
    names = list(dict.fromkeys(name for found in figures for name in found))
    right = [
        (candidate.name, *(_show(found.get(name)) for name in names))
        for candidate, found in zip(candidates, figures, strict=True)
    ]
    costs = list(dict.fromkeys(name for candidate in candidates for name in candidate.cost))
    spent = [(candidate.name, *(_count(candidate.cost.get(name)) for name in costs)) for candidate in candidates]
    rows = list_candidates(candidates)
    sections = [Section("What they get right", render_table(("system", *names), right), rows)]
    if costs:
        heads = [name.replace("_", " ") for name in costs]
        sections.append(Section("What they cost", render_table(("system", *heads), spent)))
    return sections + _list_verdicts(candidates)


def list_candidates(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Return one flat row a system, for CSV and JSON: figures with their intervals, then costs.

    Args:
        candidates: The systems.
    """
    rows = []
    for candidate in candidates:
        row: dict[str, Any] = {"system": candidate.name, "rows": candidate.evaluation.rows}
        for name, figure in candidate.find_figures().items():
            row |= {name: figure.value, f"{name} low": figure.low, f"{name} high": figure.high}
        rows.append({**row, **candidate.cost})
    return rows


def _get_headline(result: Any) -> Interval:
    figure: Interval = result.micro_f1 if isinstance(result, MultiResult) else result.accuracy
    return figure


def _list_verdicts(candidates: Sequence[Candidate]) -> list[Section]:
    first, *others = candidates
    if not others:
        return []
    lines, data = [], {}
    for other in others:
        lines += [f"- **{item.field}**: {item.describe(other.name, first.name)}" for item in other.against]
        lines += [] if other.against else [f"- {other.name} and {first.name} share no field with a known label."]
        data[other.name] = {item.field: item.to_json() for item in other.against}
    tests = sum(len(other.against) for other in others)
    note = f"{tests} comparisons: of equal systems, about one in twenty would seem to differ."
    return [Section(f"Against {first.name}", "\n".join(lines) + f"\n\n{note}", data)]


def _show(figure: Interval | None) -> str:
    return _NONE if figure is None else f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


def _count(number: float | None) -> str:
    if number is None:
        return _NONE
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"

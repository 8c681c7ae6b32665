"""Rare classes: how often they are told, and how much of the error and of the missing macro-F1 is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.material import Material
from modiste.evaluation import (
    Interval,
    Section,
    SingleAnswers,
    bootstrap_macro_f1,
    macro_f1,
    render_table,
    score_classes,
    share_interval,
)

__all__ = ["BINS", "RARE", "Bin", "Shortfall", "list_bins", "list_missed", "measure_shortfall", "show_rarity"]

BINS: Final = (0, 10, 30, 100, 300, 1000)  # least training rows of the classes of each bin
RARE: Final = (10, 30)

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Bin:
    """The classes with so many training rows.

    Args:
        least: Training rows, at least.
        most: Training rows, at most; None where nothing bounds them.
        classes: How many such classes the validation part has.
        rows: How many of its rows have one of them.
        accuracy: Of these rows.
        errors: Their share of all errors.
        missing: Their share of what macro-F1 lacks to 1.
    """

    least: int
    most: int | None
    classes: int
    rows: int
    accuracy: Interval
    errors: float
    missing: float


@dataclass(frozen=True)
class Shortfall:
    """Macro-F1, and what it would be with the rare classes solved or left out.

    Args:
        now: As it is.
        right: Least training rows -> macro-F1 if all rows of rarer classes were right, and nothing else changed.
        without: Least training rows -> macro-F1 over the other classes alone, on all rows.
    """

    now: Interval
    right: dict[int, float]
    without: dict[int, float]


def list_bins(told: SingleAnswers, training: Labels, groups: Labels) -> Iterator[Bin]:
    """Yield the bins that have validation rows, from the rarest classes on.

    Args:
        told: Labels and answers; every label is known.
        training: int64 [values]; how many training rows each value has.
        groups: int64 [n]; rows that belong together.
    """
    seen = training[told.truth]
    lacking = 1 - score_classes(told.truth, told.answer, classes=len(training)).f1
    present = np.isin(np.arange(len(training)), told.truth)
    for least, end in zip(BINS, (*BINS[1:], None), strict=True):
        inside = (seen >= least) & (seen < (end or np.inf))
        classes = present & (training >= least) & (training < (end or np.inf))
        if inside.any():
            yield Bin(
                least,
                None if end is None else end - 1,
                int(classes.sum()),
                int(inside.sum()),
                share_interval(told.hits[inside], groups=groups[inside]),
                float((inside & ~told.hits).sum() / max(1, (~told.hits).sum())),
                float(lacking[classes].sum() / max(1e-12, lacking[present].sum())),
            )


def measure_shortfall(told: SingleAnswers, training: Labels, groups: Labels, *, replicates: int = 1000) -> Shortfall:
    """Say what macro-F1 would be with rare classes solved or left out; arguments as `list_bins`."""
    seen = training[told.truth]
    f1 = score_classes(told.truth, told.answer, classes=len(training)).f1
    present = np.isin(np.arange(len(training)), told.truth)
    return Shortfall(
        bootstrap_macro_f1(told.truth, told.answer, groups=groups, replicates=replicates),
        {least: macro_f1(told.truth, np.where(seen < least, told.truth, told.answer)) for least in RARE},
        {least: float(f1[present & (training >= least)].mean()) for least in RARE},
    )


def list_missed(told: SingleAnswers) -> list[tuple[str, int]]:
    """Return the classes that occur and are never told, with their rows, the most frequent first.

    Args:
        told: Labels and answers; every label is known.
    """
    scores = score_classes(told.truth, told.answer, classes=len(told.field))
    missed = np.flatnonzero((scores.support > 0) & (scores.f1 == 0))
    named = [(told.field.values[place], int(scores.support[place])) for place in missed]
    return sorted(named, key=lambda entry: (-entry[1], entry[0]))


def show_rarity(material: Material, setting: Setting) -> tuple[Section, dict[str, tuple[list[Bin], Shortfall]]]:
    """Measure both for every field."""
    found = {}
    for name, entry in material.answers.items():
        training, groups = _extend(material.count_training(name), entry), material.groups[entry.known]
        told = entry.of_rows(entry.known)
        shortfall = measure_shortfall(told, training, groups, replicates=setting.replicates)
        found[name] = (list(list_bins(told, training, groups)), shortfall)
    text = f"{_TEXT}\n\n{_render_bins(found)}\n\n{_render_shortfalls(found)}"
    return Section("Rare classes", text, {name: _to_json(*item) for name, item in found.items()}), found


_TEXT = (
    "Validation rows by how many training rows their true class has. The last two columns of the first table add up to "
    "1 for each field. The second table solves or leaves out the rare classes: `right` replaces the answers of their "
    "rows by the truth and changes nothing else, `without` averages F1 over the other classes. The validation part has "
    "only some of the rarest classes, and few rows of each, so these figures are rough; the test part has more of them."
)


def _extend(training: Labels, entry: SingleAnswers) -> Labels:
    """Count 0 training rows for values that only the bundle knows."""
    return np.pad(training, (0, len(entry.field) - len(training)))


def _render_bins(found: dict[str, tuple[list[Bin], Shortfall]]) -> str:
    header = (
        "field",
        "training rows",
        "classes",
        "n",
        "accuracy",
        "95 % interval",
        "of the errors",
        "of what macro-F1 lacks",
    )
    lines = [
        (
            name,
            f"{item.least} to {item.most}" if item.most is not None else f"{item.least} or more",
            item.classes,
            item.rows,
            f"{item.accuracy.value:.4f}",
            f"{item.accuracy.low:.4f} to {item.accuracy.high:.4f}",
            f"{item.errors:.3f}",
            f"{item.missing:.3f}",
        )
        for name, (bins, _) in found.items()
        for item in bins
    ]
    return render_table(header, lines)


def _render_shortfalls(found: dict[str, tuple[list[Bin], Shortfall]]) -> str:
    header = (
        "field",
        "macro-F1",
        "95 % interval",
        *(f"{word}, below {least}" for word in ("right", "without") for least in RARE),
    )
    lines = [
        (
            name,
            f"{item.now.value:.4f}",
            f"{item.now.low:.4f} to {item.now.high:.4f}",
            *(f"{figures[least]:.4f}" for figures in (item.right, item.without) for least in RARE),
        )
        for name, (_, item) in found.items()
    ]
    return render_table(header, lines)


def _to_json(bins: list[Bin], shortfall: Shortfall) -> dict[str, object]:
    return {
        "bins": [{**vars(item), "accuracy": item.accuracy.to_json()} for item in bins],
        "macro_f1": {**vars(shortfall), "now": shortfall.now.to_json()},
    }

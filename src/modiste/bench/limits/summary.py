"""The summary: each field as it is, its target, its ceiling, and what limits it most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.causes import ADVICE, RARE_BELOW, FieldLimits, choose_cause
from modiste.bench.limits.copies import Disagreement
from modiste.bench.limits.material import Material
from modiste.bench.limits.rarity import RARE
from modiste.evaluation import Interval, Section, bootstrap_interval, exact_match, mean_accuracy, render_table

__all__ = ["TARGETS", "WHOLE_TARGETS", "judge_target", "show_causes", "show_macro", "show_targets"]

# Field -> accuracy and macro-F1 to reach on the test part.
TARGETS: Final[Mapping[str, tuple[float, float]]] = {
    "gender": (0.945, 0.85),
    "masterCategory": (0.997, 0.90),
    "subCategory": (0.977, 0.82),
    "articleType": (0.910, 0.74),
    "baseColour": (0.740, 0.47),
    "season": (0.810, 0.82),
    "usage": (0.940, 0.60),
}
WHOLE_TARGETS: Final[Mapping[str, float]] = {"mean of the fields": 0.903, "all fields right": 0.50}
_SCALE: Final = (0.60, 1.00)
_COLUMNS: Final = 60
_NAMED: Final = 6


def judge_target(target: float, ceiling: Interval) -> str:
    """Say whether a target can be reached at all, given the ceiling.

    Example:
        >>> judge_target(0.9, Interval(0.95, 0.93, 0.97))
        'below'
    """
    if target > ceiling.high:
        return "**above**"
    if target > ceiling.value:
        return "**above**, within its interval"
    return "below" if target <= ceiling.low else "below, within its interval"


def show_targets(
    found: Mapping[str, FieldLimits], whole: Disagreement | None, material: Material, setting: Setting
) -> Section:
    """Put accuracies, targets and ceilings side by side, as a table and drawn in characters."""
    lines = [_list_field(name, item) for name, item in found.items()]
    lines += _list_whole(found, whole, material, setting)
    header = (
        "field",
        "n",
        "now (validation)",
        "95 % interval",
        "unseen products",
        "target",
        "ceiling",
        "95 % interval",
    )
    table = render_table((*header, "target against ceiling"), lines)
    drawn = "\n".join(_draw(name, item) for name, item in found.items())
    low, high = _SCALE
    legend = f"`n` now, `t` target, `c` ceiling; from {low:.2f} (left) to {high:.2f} (right):"
    text = f"{_tell_above(found)}\n\n{table}\n\n{_TEXT}\n\n{legend}\n\n```text\n{drawn}\n```"
    return Section("Summary", text, {name: _to_json(name, item) for name, item in found.items()})


_TEXT = (
    "Targets are for the test part, `now` is the validation part: the two differ by chance. The ceiling is the bound "
    "from labels of nearly equal pictures with other titles, for baseColour and all fields right of equal files with "
    "other titles. It is what labels allow, not what a network of this size can learn."
)


def show_causes(found: Mapping[str, FieldLimits]) -> Section:
    """Show how much of each field's errors each cause accounts for, and what may be tried."""
    causes = [*dict.fromkeys(cause for item in found.values() for cause in item.shares)]
    lines = []
    for name, item in found.items():
        most = choose_cause(item.shares)
        shares = [f"{item.shares[cause]:.2f}" if cause in item.shares else "–" for cause in causes]
        lines.append((name, f"{1 - item.now.value:.4f}", *shares, most, ADVICE.get(most, "–")))
    table = render_table(("field", "error", *causes, "most", "what to try"), lines)
    text = (
        "Shares of the validation errors. They overlap and need not add up to 1; what none of them holds is what a "
        "better network might tell. Labels: 1 less the ceiling. Rare classes: true classes with fewer than "
        f"{RARE_BELOW} training rows. New products: what would vanish were products whose title and picture the "
        "training part lacks told as well as the others. Resolution: the gain of the 225x300 pictures. "
        "Neighbouring hues: answers of the right family. Launch: the gain of the year. Hidden in titles: the gain "
        "of the majority of the training products whose titles begin with the same three words, where that is "
        "above the bundle's accuracy. Gains count where they are above 0, even where their interval is not; the "
        "sections below have the intervals."
    )
    return Section(
        "What limits each field", f"{table}\n\n{text}", {name: dict(item.shares) for name, item in found.items()}
    )


def show_macro(found: Mapping[str, FieldLimits]) -> Section:
    """Put macro-F1 beside its target, and name the classes that are never told."""
    lines = [
        (
            name,
            f"{item.macro.now.value:.4f}",
            f"{item.macro.now.low:.4f} to {item.macro.now.high:.4f}",
            f"{TARGETS[name][1]:.2f}",
            *(f"{item.macro.right[least]:.4f}" for least in RARE),
            len(item.missed),
            ", ".join(f"{value} ({rows})" for value, rows in item.missed[:_NAMED]) or "–",
        )
        for name, item in found.items()
    ]
    solved = [f"were classes below {least} training rows right" for least in RARE]
    header = (
        "field",
        "macro-F1 (validation)",
        "95 % interval",
        "target",
        *solved,
        "classes never told",
        "the most frequent",
    )
    text = (
        "Every class counts the same here, so that a class of two rows weighs as much as one of a thousand. In "
        "brackets: validation rows. The validation part lacks some of the rarest classes, which the test part has."
    )
    return Section(
        "Macro-F1", f"{render_table(header, lines)}\n\n{text}", {name: item.missed for name, item in found.items()}
    )


def _list_field(name: str, item: FieldLimits) -> tuple[object, ...]:
    target = TARGETS[name][0]
    return (
        name,
        item.rows,
        f"{item.now.value:.4f}",
        f"{item.now.low:.4f} to {item.now.high:.4f}",
        f"{item.unseen.value:.4f}",
        f"{target:.3f}",
        *_tell_ceiling(target, item.ceiling),
    )


def _list_whole(
    found: Mapping[str, FieldLimits], whole: Disagreement | None, material: Material, setting: Setting
) -> Iterator[tuple[object, ...]]:
    hits = np.stack([entry.hits for entry in material.answers.values()], axis=1)
    known = np.stack([entry.known for entry in material.answers.values()], axis=1)
    ceilings = (_average(item.ceiling for item in found.values()), None if whole is None else whole.high)
    rows = (len(hits), int(known.all(axis=1).sum()))
    for (name, target), measure, n, ceiling in zip(
        WHOLE_TARGETS.items(), (mean_accuracy, exact_match), rows, ceilings, strict=True
    ):
        now = bootstrap_interval(
            _weigh(measure, hits, known), len(hits), groups=material.groups, replicates=setting.replicates
        )
        unseen = measure(hits[material.unseen], known[material.unseen])
        own = (f"{now.value:.4f}", f"{now.low:.4f} to {now.high:.4f}", f"{unseen:.4f}", f"{target:.3f}")
        yield name, n, *own, *_tell_ceiling(target, ceiling)


def _weigh(
    measure: Callable[..., float], hits: NDArray[np.bool_], known: NDArray[np.bool_]
) -> Callable[[NDArray[np.float64]], float]:
    return lambda weights: measure(hits, known, weights=weights)


def _average(ceilings: Iterable[Interval]) -> Interval:
    """The mean of the fields' ceilings; its ends are the means of theirs, which is wider than a mean's interval."""
    told = list(ceilings)
    value, low, high = (float(np.mean([getattr(item, end) for item in told])) for end in ("value", "low", "high"))
    return Interval(value, low, high, told[0].level, "mean of the fields' ends")


def _tell_ceiling(target: float, ceiling: Interval | None) -> tuple[str, str, str]:
    if ceiling is None:
        return "–", "–", "–"
    return f"{ceiling.value:.4f}", f"{ceiling.low:.4f} to {ceiling.high:.4f}", judge_target(target, ceiling)


def _tell_above(found: Mapping[str, FieldLimits]) -> str:
    above = [name for name, item in found.items() if TARGETS[name][0] > item.ceiling.value]
    sure = [name for name in above if TARGETS[name][0] > found[name].ceiling.high]
    if not above:
        return "No target lies above its ceiling."
    told = f"Targets above the measured ceiling: {', '.join(above)}. "
    return told + (f"By more than its interval: {', '.join(sure)}." if sure else "None by more than its interval.")


def _draw(name: str, item: FieldLimits) -> str:
    low, high = _SCALE
    line = ["·"] * (_COLUMNS + 1)
    for mark, value in (("c", item.ceiling.value), ("t", TARGETS[name][0]), ("n", item.now.value)):
        line[round((min(max(value, low), high) - low) / (high - low) * _COLUMNS)] = mark
    return f"{name:<15}{''.join(line)}"


def _to_json(name: str, item: FieldLimits) -> dict[str, object]:
    figures = {key: getattr(item, key).to_json() for key in ("now", "unseen", "ceiling")}
    return {
        **figures,
        "macro_f1": item.macro.now.to_json(),
        "target": TARGETS[name][0],
        "target_macro_f1": TARGETS[name][1],
        "most": choose_cause(item.shares),
    }

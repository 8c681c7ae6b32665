"""The run: train on every division, choose nothing by the control parts, open them at the end, and tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from modiste.bench.accept import Setting, describe_bundle
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.machine import describe_command
from modiste.bench.master_category.dividing import CONTROL, FIELD, SEEDS, SHARES, Division, divide, read_classes
from modiste.bench.master_category.measuring import Measured, correct_spread, measure_part, spread
from modiste.bench.master_category.models import AVERAGE, answer_part, train_models
from modiste.bench.master_category.study import compare_averages, compare_optimisers
from modiste.bench.master_category.tables import show_averages, show_classes, show_optimisers, show_part, show_source
from modiste.bench.trainings import read_recipe
from modiste.bundle import Bundle
from modiste.evaluation import Opening, Report, Section, Target, digest_pictures, record_opening

__all__ = ["run"]

_PUBLISHED: Final = 0.9903
_INTRODUCTION: Final = (
    "The source trains on one division, with one seed, and gives one number. Here the whole is done five times: five "
    "divisions, each with its own networks from its own random numbers, and a control part that nothing was chosen by. "
    "The intervals are over the five divisions: Student's, which takes them for independent, and the corrected one, "
    "which counts that their training parts overlap. Rows that share title or picture with a row outside the control "
    "part are left out of the figure for unseen rows."
)
_DIFFERENCES: Final = (
    "The network has the layers of the source (three convolutions with batch norm, ReLU, pooling and dropout, two "
    "dense layers), but its first convolution looks at 5x5 pixels and moves by two, which halves what an epoch costs. "
    "Sub-category and article type are learnt beside the class. Training pictures are mirrored and shifted a little, "
    "rates follow one cycle, and what is judged are the weights averaged over the steps: none of these is in the "
    "source. The source divides 44,446 products and judges 4,445; here 39,990 are divided, and every control part has "
    "3,999."
)


def run(setting: Setting) -> Report:
    """Train and judge the master-category system on five divisions.

    Args:
        setting: Needs the small pictures in the data folder. What is trained is kept in ``work``: the same command
            goes on after a stop.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch is missing.
    """
    recipe = read_recipe("master-category")
    items = read_classes(setting, recipe)
    divisions = [divide(items, seed) for seed in SEEDS]
    bundles = train_models(setting, recipe, divisions)
    averages = compare_averages(setting, divisions[0], bundles[0])
    optimisers = compare_optimisers(setting, recipe, divisions[0])
    digests = digest_pictures(items.items["image"])
    parts = {
        part: [
            _judge(setting, division, trained, part, digests)
            for division, trained in zip(divisions, bundles, strict=True)
        ]
        for part in ("validation", "test", CONTROL)
    }
    sections = [
        Section("What is measured", f"{_INTRODUCTION}\n\n{_DIFFERENCES}"),
        show_source(parts),
        *(show_part(name, parts[name]) for name in (CONTROL, "test", "validation")),
        show_classes(AVERAGE, [measured[AVERAGE] for measured in parts[CONTROL]]),
        show_averages(averages),
        show_optimisers(optimisers),
    ]
    control = [measured[AVERAGE].result.accuracy.value for measured in parts[CONTROL]]
    targets = [Target(f"mean control accuracy, {AVERAGE}", wanted=_PUBLISHED, seen=float(np.mean(control)))]
    return Report("Master category: a small CNN on five divisions", _list_facts(divisions, parts), sections, targets)


def _judge(
    setting: Setting, division: Division, bundles: Mapping[str, Bundle], part: str, digests: Mapping[str, str]
) -> dict[str, Measured]:
    if part == CONTROL:
        _note_opening(setting, division, bundles)
    setting.say(f"division {division.seed}: judging on {part}")
    return measure_part(setting, division, part, answer_part(setting, bundles, division, part), digests)


def _note_opening(setting: Setting, division: Division, bundles: Mapping[str, Bundle]) -> None:
    rows = len(division.opened.of_split(CONTROL))
    system = f"division {division.seed}: " + " and ".join(describe_bundle(bundle) for bundle in bundles.values())
    words = {"system": system, "data": SMALL_PICTURES, "command": describe_command()}
    if setting.openings is None:
        setting.say("the control part is opened, and nothing notes it: no table of openings is given")
    else:
        record_opening(setting.openings, Opening.now(protocol=None, part=CONTROL, rows=rows, **words))


def _list_facts(divisions: Sequence[Division], parts: Mapping[str, Sequence[Mapping[str, Measured]]]) -> dict[str, str]:
    shares = ", ".join(f"{name} {share:.0%}" for name, share in SHARES.items())
    counted = divisions[0].opened.items["split"].value_counts().iter_rows()
    sizes = ", ".join(f"{name} {count}" for name, count in sorted(counted))
    control = [measured[AVERAGE].result.accuracy.value for measured in parts[CONTROL]]
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}; Home and Sporting Goods are merged into Free Items",
        "division": f"{shares}, of every class its share ({FIELD}); seeds {', '.join(map(str, SEEDS))}; {sizes}",
        "picture size": "60x80, as they are",
        "weights": "from random numbers; no other data, no other weights",
        "chosen by": "validation parts alone; control parts are opened after everything is trained (openings.csv)",
        "control accuracy": f"{spread(control)}, Student's t; {correct_spread(control)}, corrected",
    }

"""The run: draws the pictures, trains each kind of heads, and writes them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.structured_output.material import ATTRIBUTES, CATEGORY, KIND, SEED, draw_material
from modiste.bench.structured_output.tables import (
    Judged,
    judge_system,
    list_published,
    pair_systems,
    show_headline,
    show_measures,
    show_unseen,
)
from modiste.bench.structured_output.training import KINDS, Variant, train_system
from modiste.bench.trainings import read_recipe, use_threads
from modiste.evaluation import Part, Report, Section, SingleResult, Target, select_part
from modiste.manifest import Manifest
from modiste.readers import read_source

__all__ = ["SMALL_PICTURES", "VARIANTS", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
VARIANTS: Final = (
    *(Variant(kind, weighted) for weighted in (True, False) for kind in KINDS),
    Variant("message_passing", tuned=True),
    Variant("message_passing", weighted=False, tuned=True),
)
_STRUCTURED, _DECOUPLED = 0.788, 0.839
_EXPLANATION: Final = (
    "The recipe `structured-output` on features of a frozen trunk, computed once of unchanged pictures; only `[heads]` "
    "differs from row to row: the message passing block, conditional heads (the true parent in training, the predicted "
    "one when judged), and flat heads. All learn season and usage as one field of many values. Answers are those that "
    "S0 gives: the highest score of each level on its own, attributes from .75 on; no temperature, no joint decoding "
    "along the hierarchy, which a bundle adds. Numbers of epochs and rates are the recipe's; the last epoch is judged. "
    "Rows called unweighted charge every value alike instead of in inverse proportion to its frequency. Rows called "
    "fine-tuned go on with the recipe's second stage, in which the trunk learns, too, and the pictures are changed."
)


def run(setting: Setting) -> Report:
    """Train three kinds of heads, weighted and not, on the same features or with the trunk, and judge them alike.

    Args:
        setting: Needs the small pictures in the data folder; finished trainings are kept in ``work``.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch is missing.
    """
    use_threads(setting.threads)
    from modiste.training.combining import combine_fields

    recipe = read_recipe("structured-output")
    material = draw_material(read_source(setting.find_data(SMALL_PICTURES)))
    part = select_part(combine_fields(material, recipe.data.combine), "test")
    setting.say(f"{len(material)} pictures, {len(part.rows)} of them to judge on")
    seen = material.where(pl.col("split") != "test")
    judged = []
    for variant in VARIANTS:
        setting.say(f"{variant.name}: training")
        system = train_system(recipe, variant, seen, part.rows, setting.work / "structured-output")
        judged.append(judge_system(system, part, replicates=setting.replicates))
    stage = next(stage for stage in recipe.stages if stage.caches_features)
    size = f"{stage.width}x{stage.height}, enlarged from 60x80"
    facts = _list_facts(material, part, setting) | {"picture size": size, "training": _describe(judged)}
    sections = _list_sections(judged, part, setting.replicates)
    return Report("Structured output: three kinds of heads", facts, sections, _list_targets(judged))


def _list_sections(judged: Sequence[Judged], part: Part, replicates: int) -> list[Section]:
    alike: dict[tuple[bool, bool], list[Judged]] = {}
    for entry in judged:
        alike.setdefault((entry.system.variant.weighted, entry.system.variant.tuned), []).append(entry)
    return [
        Section("What is measured", _EXPLANATION),
        show_headline(judged),
        *(pair for group in alike.values() for pair in pair_systems(group, part, replicates=replicates)),
        show_measures(judged),
        show_unseen(judged),
        list_published(judged),
    ]


def _list_targets(judged: Sequence[Judged]) -> list[Target]:
    """The published accuracies, on apparel and footwear as they are, though of other pictures and another split."""
    best = max(judged, key=lambda entry: entry.system.epochs[-1].val_accuracy)
    heading = "apparel and footwear, sub-category"
    structured = next(entry for entry in judged if entry.system.variant == Variant("message_passing", tuned=True))
    return [
        Target(f"{heading}: {structured.name} (published: structured)", _STRUCTURED, _find_accuracy(structured)),
        Target(f"{heading}: {best.name}, best on validation (published: decoupled)", _DECOUPLED, _find_accuracy(best)),
    ]


def _find_accuracy(entry: Judged) -> float:
    result = entry.apparel[KIND]
    return result.accuracy.value if isinstance(result, SingleResult) else float("nan")


def _list_facts(material: Manifest, part: Part, setting: Setting) -> dict[str, str]:
    counts = {str(name): count for name, count in material.items["split"].value_counts().iter_rows()}
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}: at most four times the mean number of a {CATEGORY}, "
        f"then {len(material)} pictures, each {CATEGORY} its share",
        "split": f"by {CATEGORY}, seed {SEED}: {counts['train']} train, {counts['validation']} choose, "
        f"{counts['test']} test (15 %)",
        "fields": f"{CATEGORY}, {KIND}, {ATTRIBUTES} (season and usage)",
        "trunk": "EfficientNet-Lite0 with ImageNet weights of an installed package, frozen where no row says that it "
        "was fine-tuned; S0's ResNet-50 has none that can be had offline",
        "intervals": f"95 %: Wilson's for shares, else bootstrap by title, {setting.replicates} draws, seed 0",
        "seeds": "1 of the weights and of the order of pictures",
    }


def _describe(judged: Sequence[Judged]) -> str:
    parts = []
    for entry in judged:
        epochs = entry.system.epochs
        seconds = sum(epoch.seconds for epoch in epochs)
        parts.append(f"{entry.name} {len(epochs)} epochs in {seconds:.0f} s")
    return "; ".join(parts) + " of wall time, on one of two cores that others used too"

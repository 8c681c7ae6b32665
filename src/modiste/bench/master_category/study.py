"""Studies on the validation part of the first division: optimisers, labels learnt beside, and averages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.master_category.averaging import average_weights
from modiste.bench.master_category.dividing import FIELD, Division
from modiste.bench.master_category.models import answer_part, ask_bundle, train_model
from modiste.bundle import Bundle
from modiste.evaluation import Interval, Predictions, SingleResult, score_predictions, wilson_interval

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["OPTIMISERS", "STUDY_EPOCHS", "STUDY_FRACTION", "compare_averages", "compare_optimisers"]

STUDY_FRACTION: Final = 0.2
STUDY_EPOCHS: Final = 5
_PART: Final = "validation"
_ALONE: Final[Mapping[str, Any]] = {"data.fields": (FIELD,), "loss.field_weights": None}
_PLAIN: Final[Mapping[str, Any]] = {"ema": 0.0, "stages.0.augment": False}
# The source's settings: one label, no augmentation, no average, rates that fall by a tenth in 10,000 steps.
_SOURCE: Final[Mapping[str, Any]] = {
    **_ALONE,
    **_PLAIN,
    "stages.0.schedule": "exponential",
    "stages.0.warmup": None,
    "stages.0.weight_decay": 0.0,
    "stages.0.batch_size": 32,
}
OPTIMISERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "the source's Adam, 1e-3": {**_SOURCE, "stages.0.optimiser": "adam", "stages.0.rate": 1e-3},
    "the source's SGD, 1e-2": {
        **_SOURCE,
        "stages.0.optimiser": "sgd",
        "stages.0.rate": 1e-2,
        "stages.0.momentum": 0.0,
    },
    "RMSprop, 1e-3": {**_SOURCE, "stages.0.optimiser": "rmsprop", "stages.0.rate": 1e-3},
    "the recipe, one label, no augmentation, no average": {**_ALONE, **_PLAIN},
    "the recipe, one label": _ALONE,
    "the recipe": {},
}


def compare_optimisers(setting: Setting, recipe: Recipe, division: Division) -> dict[str, SingleResult]:
    """Train with each setting on a share of the training part, and judge on the validation part.

    Args:
        setting: Where trainings are kept.
        recipe: The recipe as modiste brings it.
        division: The items.

    Returns:
        Name of a setting -> its figures.
    """
    short = {"stages.0.fraction": STUDY_FRACTION, "stages.0.epochs": STUDY_EPOCHS}
    results = {}
    for number, (name, changes) in enumerate(OPTIMISERS.items(), start=1):
        bundle = train_model(setting, f"setting-{number}", recipe, division, {**short, **changes})
        results[name] = _judge(setting, division, ask_bundle(setting, bundle, division, _PART))
    return results


def compare_averages(setting: Setting, division: Division, bundles: Mapping[str, Bundle]) -> dict[str, Interval]:
    """Judge both networks and their averages on the validation part.

    Args:
        setting: Where decoded pictures are kept.
        division: The items.
        bundles: Both networks.

    Returns:
        Name of a system -> its accuracy, with Wilson's interval.
    """
    told = answer_part(setting, bundles, division, _PART)
    found = {name: _judge(setting, division, said).accuracy for name, said in told.items()}
    items = division.opened.where(pl.col("split") == _PART)
    hits = average_weights([*bundles.values()], items, setting.work / "master-category" / "cache")
    return {**found, "mean of both networks' weights": wilson_interval(int(hits.sum()), len(hits))}


def _judge(setting: Setting, division: Division, told: Predictions) -> SingleResult:
    items = division.opened.where(pl.col("split") == _PART)
    return score_predictions(items, told, fields=[FIELD], replicates=setting.replicates).single[0]

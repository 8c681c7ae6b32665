"""The two networks of each division, as in the source, and what they say of a part: each, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.master_category.dividing import Division
from modiste.bench.trained_bundles import train_bundle
from modiste.bench.trainings import change_recipe
from modiste.bundle import Bundle
from modiste.evaluation import Predictions, average_predictions, predict_items

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["AVERAGE", "MODELS", "answer_part", "ask_bundle", "train_model", "train_models"]

# The source's second model learns by plain gradient descent; with momentum it needs fewer epochs.
MODELS: Final[Mapping[str, Mapping[str, Any]]] = {
    "model 1, AdamW": {},
    "model 2, SGD": {"stages.0.optimiser": "sgd", "stages.0.rate": 0.05, "stages.0.weight_decay": 5e-4},
}
AVERAGE: Final = "mean of what both say"


def train_model(setting: Setting, name: str, recipe: Recipe, division: Division, changes: Mapping[str, Any]) -> Bundle:
    """Train the recipe with some lines changed on a division; what an earlier call finished is taken up.

    Args:
        setting: Where trainings are kept.
        name: Of the training.
        recipe: The recipe as modiste brings it.
        division: The items, whose classes are merged already; of the sealed part nothing is read.
        changes: The lines (`change_recipe`).
    """
    own = change_recipe(recipe, {"seed": division.seed, "data.merge": None, **changes})
    return train_bundle(setting, f"master-category/{name}", own, division.working)


def train_models(setting: Setting, recipe: Recipe, divisions: Sequence[Division]) -> list[dict[str, Bundle]]:
    """Train both models on every division.

    Returns:
        For each division, name of a model -> its bundle.
    """
    bundles: list[dict[str, Bundle]] = [{} for _ in divisions]
    for number, (name, changes) in enumerate(MODELS.items(), start=1):
        for division, trained in zip(divisions, bundles, strict=True):
            trained[name] = train_model(setting, f"seed-{division.seed}-model-{number}", recipe, division, changes)
    return bundles


def answer_part(
    setting: Setting, bundles: Mapping[str, Bundle], division: Division, part: str
) -> dict[str, Predictions]:
    """Ask both networks about a part, and average what they say.

    Args:
        setting: How many cores.
        bundles: `train_models`.
        division: The items; the control part is open here.
        part: Its name.

    Returns:
        Name of a system -> what it says.
    """
    told = {name: ask_bundle(setting, bundle, division, part) for name, bundle in bundles.items()}
    return {**told, AVERAGE: average_predictions([*told.values()])}


def ask_bundle(setting: Setting, bundle: Bundle, division: Division, part: str) -> Predictions:
    """Ask one network about a part."""
    items = division.opened.where(pl.col("split") == part)
    return predict_items(bundle, items, threads=setting.threads).predictions

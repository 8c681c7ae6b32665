"""The network of each protocol: trained for it, or taken up where its checkpoint lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modiste.bench.accept import Setting
from modiste.bench.protocols.dividing import Division
from modiste.bench.trained_bundles import train_bundle
from modiste.bench.trainings import change_recipe, read_recipe
from modiste.bundle import Bundle

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["FOLDER", "RECIPE", "adjust_recipe", "train_for"]

RECIPE: Final = "protocol-tagger"
FOLDER: Final = "protocols"  # within the folder of trainings


def adjust_recipe(division: Division, recipe: Recipe | None = None) -> Recipe:
    """Return the recipe for a protocol: the parts are the protocol's, and the bundle is called after it.

    Args:
        division: The protocol's items.
        recipe: By default `RECIPE`, as modiste brings it.
    """
    recipe = read_recipe(RECIPE) if recipe is None else recipe
    return change_recipe(recipe, {"name": f"{recipe.name}, {division.name}", "data.split_file": None})


def train_for(setting: Setting, division: Division, recipe: Recipe | None = None) -> Bundle:
    """Train a network for a protocol, calibrate it on the items that choose, and give it its labelled neighbours.

    Args:
        setting: ``work`` is where trainings are kept: a bundle that was made is opened, and a checkpoint in
            ``protocols/NAME-DIGEST/run/checkpoints`` is gone on from, or only exported where its training is finished.
        division: The protocol's items, of which the judged ones are sealed.
        recipe: As for `adjust_recipe`.

    Raises:
        MissingExtraError: torch is missing.
    """
    own = adjust_recipe(division, recipe)
    return train_bundle(setting, f"{FOLDER}/{division.name}", own, division.working)

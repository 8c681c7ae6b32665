"""The networks of each protocol: trained for it, or taken up where their checkpoints lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from modiste.bench.accept import Setting
from modiste.bench.protocols.dividing import Division
from modiste.bench.trained_bundles import train_bundle
from modiste.bench.trainings import change_recipe, read_recipe
from modiste.bundle import Bundle
from modiste.errors import import_extra
from modiste.manifest import Manifest

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["FOLDER", "RECIPE", "SEEDS", "TWICE", "adjust_recipe", "read_items", "train_for"]

RECIPE: Final = "protocol-tagger"
FOLDER: Final = "protocols"  # within the folder of trainings
SEEDS: Final = (1, 2, 3)
TWICE: Final = ("year-shift",)  # it has half the items: twice the epochs are as many steps as the others'


def read_items(source: Path, recipe: Recipe | None = None) -> Manifest:
    """Read all items, with the shop's records if the recipe learns from them.

    Args:
        source: Anything that a reader understands.
        recipe: As for `adjust_recipe`.

    Raises:
        MissingExtraError: torch is missing.
    """
    import_extra("torch", purpose="Training", extra="train")
    from modiste.training.reading import read_data

    return read_data(source, (read_recipe(RECIPE) if recipe is None else recipe).data)


def adjust_recipe(division: Division, seed: int, recipe: Recipe | None = None) -> Recipe:
    """Return the recipe for a protocol: the parts are the protocol's, and the bundle is called after it.

    Args:
        division: The protocol's items.
        seed: What the network begins with, and the order in which it sees the items.
        recipe: By default `RECIPE`, as modiste brings it.
    """
    recipe = read_recipe(RECIPE) if recipe is None else recipe
    changes: dict[str, object] = {"name": f"{recipe.name}, {division.name}", "data.split_file": None, "seed": seed}
    if division.name in TWICE:
        changes |= {f"stages.{n}.epochs": 2 * stage.epochs for n, stage in enumerate(recipe.stages)}
    return change_recipe(recipe, changes)


def train_for(setting: Setting, division: Division, seed: int, recipe: Recipe | None = None) -> Bundle:
    """Train a network for a protocol, calibrate it on the items that choose, and give it its labelled neighbours.

    Args:
        setting: ``work`` is where trainings are kept: a bundle that was made is opened, and a checkpoint in
            ``protocols/NAME-DIGEST/run/checkpoints`` is gone on from, or only exported where its training is finished.
        division: The protocol's items, of which the judged ones are sealed.
        seed: As for `adjust_recipe`.
        recipe: As for `adjust_recipe`.

    Raises:
        MissingExtraError: torch is missing.
    """
    from modiste.training import find_recipe

    own = adjust_recipe(division, seed, recipe)
    beside = find_recipe(RECIPE).parent
    return train_bundle(setting, f"{FOLDER}/{division.name}", own, division.working, beside=beside)

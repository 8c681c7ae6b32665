"""From a recipe to what it does: steps of a picture, and the plan of every stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modiste.manifest import Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.explaining.material import Material, open_material
from modiste.training.explaining.parameters import ParameterBlock, list_parameters
from modiste.training.explaining.schedule import RateCurve, compute_curve
from modiste.training.explaining.steps import PictureStep, list_steps
from modiste.training.network import TaggerNetwork, build_network
from modiste.training.recipe import Recipe, StageRecipe

__all__ = ["Explanation", "StagePlan", "explain_recipe"]

_ASSUMED: Final = 10_000  # training items, where there are none to count


@dataclass(frozen=True)
class StagePlan:
    """What a stage does.

    Args:
        stage: The stage.
        blocks: What learns in it, the heads first and then the trunk from its highest block down.
        steps: Steps an epoch.
        curve: How the rates move.
    """

    stage: StageRecipe
    blocks: tuple[ParameterBlock, ...]
    steps: int
    curve: RateCurve

    @property
    def learning(self) -> int:
        """How many parameters learn."""
        return sum(block.parameters for block in self.blocks if not block.frozen)


@dataclass(frozen=True)
class Explanation:
    """What a recipe does.

    Args:
        recipe: The recipe.
        source: The name of the data; empty where it was drawn.
        items: Training items; assumed where the data was drawn.
        taxonomy: The fields that are learnt; stand-ins where the data was drawn.
        steps: One picture through every step.
        plans: The stages.
    """

    recipe: Recipe
    source: str
    items: int
    taxonomy: Taxonomy
    steps: tuple[PictureStep, ...]
    plans: tuple[StagePlan, ...]


def explain_recipe(
    recipe: Recipe, recipe_folder: Path, manifest: Manifest | None = None, *, source: str = ""
) -> Explanation:
    """Say what a recipe does; nothing is trained, no weights are read, and nothing is written.

    Args:
        recipe: The recipe.
        recipe_folder: Where its split file is looked up.
        manifest: The data; without it a drawn garment goes through the steps.
        source: What the data is called.

    Raises:
        RecipeError: The recipe does not fit its trunk or the data.
        UsageError: No picture can be read.
    """
    with open_material(recipe, recipe_folder, manifest) as material:
        steps = list_steps(material.train, recipe)
        bare = recipe.trunk.model_copy(update={"weights": "none"})
        network = build_network(recipe.model_copy(update={"trunk": bare}), material.taxonomy)
    items = _ASSUMED if material.drawn else len(material.train)
    plans = tuple(_plan(network, stage, items) for stage in recipe.stages)
    return Explanation(recipe, _name(material, source), items, material.taxonomy, steps, plans)


def _plan(network: TaggerNetwork, stage: StageRecipe, items: int) -> StagePlan:
    seen = max(1, round(items * stage.fraction))
    steps = max(1, seen // min(stage.batch_size, seen))
    blocks = list_parameters(network, stage)
    return StagePlan(stage, blocks, steps, compute_curve(stage, blocks, steps=steps * stage.epochs))


def _name(material: Material, source: str) -> str:
    return "" if material.drawn else source or "the data"

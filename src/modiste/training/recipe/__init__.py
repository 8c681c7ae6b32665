"""A recipe: a training as data. One file a table; read from TOML and checked before anything starts."""

from modiste.training.recipe.augmentation import AugmentationRecipe
from modiste.training.recipe.calibration import CalibrationRecipe
from modiste.training.recipe.data import DataRecipe
from modiste.training.recipe.heads import HeadRecipe
from modiste.training.recipe.loss import LossRecipe
from modiste.training.recipe.neighbours import NeighbourRecipe
from modiste.training.recipe.reading import find_recipe, list_problems, load_recipe
from modiste.training.recipe.sampler import SamplerRecipe
from modiste.training.recipe.search import SearchRecipe
from modiste.training.recipe.silence import SilenceRecipe
from modiste.training.recipe.stage import StageRecipe
from modiste.training.recipe.trunk import TrunkRecipe
from modiste.training.recipe.whole import Recipe

__all__ = [
    "AugmentationRecipe",
    "CalibrationRecipe",
    "DataRecipe",
    "HeadRecipe",
    "LossRecipe",
    "NeighbourRecipe",
    "Recipe",
    "SamplerRecipe",
    "SearchRecipe",
    "SilenceRecipe",
    "StageRecipe",
    "TrunkRecipe",
    "find_recipe",
    "list_problems",
    "load_recipe",
]

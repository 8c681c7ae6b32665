"""Training: the only package that knows torch (extra ``train``)."""

from modiste.training.fitting import TrainingRun, fit
from modiste.training.recipe import Recipe, find_recipe, load_recipe

__all__ = ["Recipe", "TrainingRun", "find_recipe", "fit", "load_recipe"]

"""Training: the only package that knows torch (extra ``train``)."""

from modiste.training.export import export_run
from modiste.training.fitting import fit
from modiste.training.reading import read_data
from modiste.training.recipe import Recipe, find_recipe, load_recipe
from modiste.training.run import TrainingRun
from modiste.training.run_bundle import open_run_bundle
from modiste.training.teachers import open_teachers

__all__ = [
    "Recipe",
    "TrainingRun",
    "export_run",
    "find_recipe",
    "fit",
    "load_recipe",
    "open_run_bundle",
    "open_teachers",
    "read_data",
]

"""Adapting a bundle to somebody's own labels: new heads on the features that it has."""

from modiste.training.adapting.adding import add_fields
from modiste.training.adapting.calibrating import calibrate_bundle
from modiste.training.adapting.deep import DeepSettings, adapt_deeply, name_run
from modiste.training.adapting.job import Adaptation, adapt_bundle, fit_heads
from modiste.training.adapting.material import Material
from modiste.training.adapting.quantising import quantise_bundle
from modiste.training.adapting.report import render_adaptation
from modiste.training.adapting.settings import AdaptSettings

__all__ = [
    "AdaptSettings",
    "Adaptation",
    "DeepSettings",
    "Material",
    "adapt_bundle",
    "adapt_deeply",
    "add_fields",
    "calibrate_bundle",
    "fit_heads",
    "name_run",
    "quantise_bundle",
    "render_adaptation",
]

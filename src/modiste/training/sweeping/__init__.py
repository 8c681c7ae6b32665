"""Trainings side by side: a base recipe and what is varied, carried out one after the other, chosen on validation."""

from modiste.training.sweeping.grid import Sweep, Variant, load_sweep
from modiste.training.sweeping.outcome import Outcome, choose_winner, render_outcomes, write_outcomes
from modiste.training.sweeping.running import run_sweep

__all__ = [
    "Outcome",
    "Sweep",
    "Variant",
    "choose_winner",
    "load_sweep",
    "render_outcomes",
    "run_sweep",
    "write_outcomes",
]

"""An explanation's figures as PNG files; needs the extra ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from modiste.explore.figures import SOFT, check_figures, open_axes, save_figure, shorten_name
from modiste.training.explaining.explanation import Explanation
from modiste.training.explaining.schedule import join_curves

__all__ = ["write_explanation_figures"]

_EACH = 6


def write_explanation_figures(folder: Path, explanation: Explanation) -> tuple[Path, ...]:
    """Draw ``steps.png``, a picture through every step, and ``rates.png``, the schedule of every stage.

    Args:
        folder: Where they go; made if it is not there. Files of the same names are replaced.
        explanation: What `explain_recipe` found.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    check_figures(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = sum(1 for step in explanation.steps if step.pictures)
    steps = save_figure(folder / "steps.png", (8.5, 1.7 * lines), lambda figure: _draw_steps(figure, explanation))
    rates = save_figure(folder / "rates.png", (8.5, 3.6), lambda figure: _draw_rates(figure, explanation))
    return steps, rates


def _draw_steps(figure: Any, explanation: Explanation) -> None:
    shown = [step for step in explanation.steps if step.pictures]
    grid = figure.subplots(len(shown), _EACH, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, step in zip(grid, shown, strict=True):
        line[0].set_title(shorten_name(step.name, 60), loc="left", fontsize=7, color=SOFT)
        for axes, picture in zip(line, step.pictures, strict=False):
            axes.imshow(picture)


def _draw_rates(figure: Any, explanation: Explanation) -> None:
    curve = join_curves([plan.curve for plan in explanation.plans])
    axes = open_axes(figure, f"{explanation.recipe.name}: rates")
    for name, rates in curve.rates.items():
        axes.plot(curve.epochs, rates, label=name, linewidth=1.4)
    axes.set_yscale("log")
    axes.set_xlabel("epoch", fontsize=8)
    for at, plan in zip(np.cumsum([0, *(p.stage.epochs for p in explanation.plans)]), explanation.plans, strict=False):
        axes.axvline(at, color=SOFT, linewidth=0.6, linestyle=":")
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "fontsize": 7, "color": SOFT}
        axes.annotate(shorten_name(plan.stage.name, 20), (at, 1), (2, -8), **place)
    axes.legend(fontsize=7, frameon=False)

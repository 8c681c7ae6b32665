"""The plot of recall against time, as SVG; needs the extra ``report``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bench.searching.measuring import Measured
from modiste.errors import import_extra

__all__ = ["check_plot", "draw_methods"]

_COLOURS = (
    "#2f5fa8",
    "#d9741a",
    "#2e8b57",
    "#b83a4b",
    "#7a56b5",
    "#8a6d3b",
    "#c9539b",
    "#55606e",
    "#a1a021",
    "#1593a5",
)
_MARKS = "osD^vP"


def check_plot() -> None:
    """Check that plots can be drawn, before the long work.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    import_extra("matplotlib.figure", purpose="The plot of search methods", extra="report")


def draw_methods(path: Path, sizes: Mapping[str, Sequence[Measured]], variance: NDArray[np.float64]) -> None:
    """Draw recall@10 against the time of one query for every size, and the variance curve beside them.

    Args:
        path: The .svg file to write.
        sizes: Size -> what was measured.
        variance: float64 [d], of `measure_variance`.
    """
    module = import_extra("matplotlib.figure", purpose="The plot of search methods", extra="report")
    names = list(dict.fromkeys(method.name for methods in sizes.values() for method in methods))
    figure = module.Figure(figsize=(6.5 * (len(sizes) + 1), 5.5), layout="constrained")
    panels = figure.subplots(1, len(sizes) + 1, squeeze=False)[0]
    for panel, (size, methods) in zip(panels, sizes.items(), strict=False):
        for method in methods:
            place = names.index(method.name)
            points = sorted(method.curve, key=lambda point: point.seconds)
            panel.plot(
                [1e3 * point.seconds for point in points],
                [point.recall for point in points],
                marker=_MARKS[place // len(_COLOURS) % len(_MARKS)],
                color=_COLOURS[place % len(_COLOURS)],
                label=method.name,
                linewidth=1,
                markersize=4,
            )
        panel.set(xscale="log", xlabel="milliseconds a query, one thread", ylabel="recall@10", title=f"{size} vectors")
        panel.set_ylim(0.8, 1.005)
        panel.grid(alpha=0.3)
    panels[0].legend(fontsize=7, ncols=2, loc="lower right")
    panels[-1].plot(np.arange(1, len(variance) + 1), variance, color=_COLOURS[0])
    panels[-1].set(xlabel="principal components", ylabel="share of the variance", title="What components hold")
    panels[-1].grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})

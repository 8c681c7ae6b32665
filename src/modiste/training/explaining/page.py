"""An explanation as one HTML file that holds everything it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste import __version__
from modiste.explore.atlas import Atlas, build_atlas
from modiste.explore.line_chart import Line, Mark, draw_lines
from modiste.explore.markup import escape, read_asset, render_head
from modiste.explore.page.frame import Section, render_section, render_sheets, render_table, render_tile
from modiste.explore.writing import write_whole
from modiste.training.explaining.explanation import Explanation, StagePlan
from modiste.training.explaining.schedule import join_curves
from modiste.training.explaining.summary import describe_stage, list_blocks, tell_source

__all__ = ["render_explanation_page", "write_explanation_page"]

_STYLES: Final = ("house.css", "exploration.css", "judged.css")
_PREFIX: Final = "x"
_SIDE: Final = 240  # pixels of the longer side on the page
_HEADER: Final = ("block", "parameters", "learns", "highest rate", "weight decay", "layers")


def write_explanation_page(path: Path, explanation: Explanation) -> Path:
    """Write an explanation as one HTML file that asks for nothing from the network; return its path.

    Args:
        path: The file; it is replaced as a whole.
        explanation: What `explain_recipe` found.
    """
    return write_whole(path, render_explanation_page(explanation))


def render_explanation_page(explanation: Explanation) -> str:
    """Return an explanation as HTML."""
    pictures = [_enlarge(picture) for step in explanation.steps for picture in step.pictures]
    atlas = build_atlas(pictures)
    sections = [
        Section("picture", "One picture, step by step", _PICTURE, _render_steps(explanation, atlas)),
        Section("rates", "The rates", _RATES, _render_rates(explanation)),
        *(_build_stage(plan) for plan in explanation.plans),
        Section("recipe", "The whole recipe", _RECIPE, _render_recipe(explanation)),
    ]
    title = f"{explanation.recipe.name}: what it does"
    style = "\n".join(map(read_asset, _STYLES)) + render_sheets(_PREFIX, atlas)
    return _PAGE.format(
        head=render_head(title, style),
        title=escape(title),
        told=escape(f"{explanation.recipe.description}. {tell_source(explanation)}".removeprefix(". ")),
        links="".join(f'<a href="#{section.name}">{escape(section.title)}</a>' for section in sections),
        sections="\n".join(map(render_section, sections)),
        version=escape(__version__),
    )


def _enlarge(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture at the size of the page; small ones are enlarged pixel by pixel, so that pixels can be seen."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    larger = _SIDE // max(image.size)
    if larger > 1:
        image = image.resize((image.width * larger, image.height * larger), Image.Resampling.NEAREST)
    image.thumbnail((_SIDE, _SIDE))
    return np.asarray(image, np.uint8)


def _render_steps(explanation: Explanation, atlas: Atlas) -> str:
    parts, at = [], 0
    for number, step in enumerate(explanation.steps, 1):
        tiles = ""
        for _ in step.pictures:
            tiles += f'<li class="shot">{render_tile(_PREFIX, atlas, at, label=f"{step.name}, picture")}</li>'
            at += 1
        shown = f'<ul class="strip">{tiles}</ul>' if tiles else ""
        parts.append(f"<h3>{number}. {escape(step.name)}</h3>{shown}<p class=lead>{escape(step.told)}</p>")
    return "".join(parts)


def _render_rates(explanation: Explanation) -> str:
    curve = join_curves([plan.curve for plan in explanation.plans])
    starts = np.cumsum([0, *(plan.stage.epochs for plan in explanation.plans)])
    marks = [Mark(float(at), plan.stage.name) for at, plan in zip(starts, explanation.plans, strict=False)]
    lines = [Line(name, curve.epochs, rates) for name, rates in curve.rates.items()]
    return draw_lines(lines, across="epoch", upward="rate", label="Rates over the training", log=True, marks=marks)


def _build_stage(plan: StagePlan) -> Section:
    rows = [[escape(cell) for cell in row] for row in list_blocks(plan)]
    table = render_table(_HEADER, rows, label=f"What learns in stage {plan.stage.name}")
    return Section(f"stage-{plan.stage.name}", f"Stage {plan.stage.name}", describe_stage(plan), table)


def _render_recipe(explanation: Explanation) -> str:
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in explanation.recipe.model_dump(mode="json").items()
        if name not in ("stages", "description")
    )
    return f'<dl class="lines">{lines}</dl>'


_PICTURE = (
    "The first training picture that can be read. Small pictures are enlarged pixel by pixel; what is changed at "
    "random is drawn anew each time that an epoch shows it."
)
_RATES = "The rate of each group of parameters over all stages; where a line is missing, the block keeps its weights."
_RECIPE = "Every option with its default, as the run notes it in run.json; the stages are above."
_PAGE = """{head}<header>
<h1>{title}</h1>
<p class="told-first">{told}</p>
</header>
<nav aria-label="Sections"><div>{links}</div></nav>
<main>
{sections}
</main>
<footer>Made by modiste {version}. This file holds everything it shows and asks for nothing from the network.</footer>
</body>
</html>
"""

"""The kinds of strangers: those that the measure was chosen with, and those that were drawn when it was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from modiste.bench.strangers import papers, patterns, scenes
from modiste.bench.strangers.photographs import PHOTOGRAPHS, list_photographs

__all__ = ["CHOSEN_ON", "HELD_OUT", "KINDS", "Strangers", "draw_strangers"]

_EACH: Final = 100
_SEED: Final = 1
Drawer = Callable[[np.random.Generator], Image.Image]

# The measure and its parts were chosen with pictures of these kinds, and of those in photographs.
CHOSEN_ON: Final[Mapping[str, Drawer]] = {
    "noise": patterns.draw_noise,
    "gradients": patterns.draw_gradient,
    "pages of text": papers.draw_page,
    "headlines": papers.draw_headline,
    "charts": papers.draw_chart,
    "pies": papers.draw_pie,
    "heat maps": papers.draw_heat_map,
    "landscapes": scenes.draw_landscape,
    "faces (painted)": scenes.draw_face,
    "letters and signs": papers.draw_letter,
    "chequers and codes": papers.draw_chequers,
    "plans": patterns.draw_plan,
}
# These were drawn when it was chosen, and nothing was changed after they were measured.
HELD_OUT: Final[Mapping[str, Drawer]] = {
    "faces (strokes)": scenes.draw_line_face,
    "seas": scenes.draw_sea,
    "nights": scenes.draw_night,
    "houses": scenes.draw_house,
    "music": papers.draw_music,
    "bar codes": papers.draw_bar_code,
    "windows of programs": papers.draw_window,
    "fractals": patterns.draw_fractal,
    "cells": patterns.draw_cells,
    "rings": patterns.draw_rings,
    "scribbles": patterns.draw_scribble,
}
KINDS: Final = (*CHOSEN_ON, *PHOTOGRAPHS, *HELD_OUT)


@dataclass(frozen=True)
class Strangers:
    """Pictures of one kind.

    Args:
        kind: One of `KINDS`.
        pictures: The pictures.
        sources: What each was cut from; windows of one photograph are no independent pictures.
    """

    kind: str
    pictures: tuple[Image.Image, ...]
    sources: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        """Whether nothing was chosen by pictures of this kind."""
        return self.kind in HELD_OUT


def draw_strangers(kind: str, count: int = _EACH) -> Strangers:
    """Draw the pictures of a kind, or cut them from what packages bring; none where the package is missing.

    Args:
        kind: One of `KINDS`.
        count: How many of a drawn kind.

    Example:
        >>> draw_strangers("music", 2).pictures[0].size
        (240, 320)
    """
    rng = np.random.default_rng([_SEED, KINDS.index(kind)])
    if kind in PHOTOGRAPHS:
        found = list(list_photographs(kind, rng))
        return Strangers(kind, tuple(picture for _, picture in found), tuple(source for source, _ in found))
    draw = {**CHOSEN_ON, **HELD_OUT}[kind]
    return Strangers(kind, tuple(draw(rng) for _ in range(count)), tuple(map(str, range(count))))

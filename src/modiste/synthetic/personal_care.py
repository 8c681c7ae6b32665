"""Bottles, cans, lipsticks."""

from __future__ import annotations

import numpy as np

from modiste.synthetic.geometry import box, curve, ellipse, join, ribbon, symmetric
from modiste.synthetic.palette import Colour, blend, lookup
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_deodorant", "draw_lipstick", "draw_nail_polish", "draw_perfume"]

_FLOOR = 326.0


def draw_perfume(sketch: Sketch) -> None:
    """Draw a glass bottle with coloured perfume, thick walls, a cap and a label."""
    wide, high = float(sketch.detail.uniform(46, 74)), float(sketch.detail.uniform(110, 170))
    top, power = _FLOOR - high, float(sketch.detail.choice((2.6, 5.0, 9.0)))
    glass = blend(sketch.base, 1.0, 0.62)
    sketch.paint(ellipse(0, (top + _FLOOR) / 2, wide, high / 2, power=power), glass, volume=8, depth=0.9, gloss=0.7)
    sketch.paint(
        ellipse(0, (top + _FLOOR) / 2 + 4, wide - 9, high / 2 - 11, power=power),
        blend(sketch.base, 1.0, 0.1),
        volume=13,
        depth=0.8,
        gloss=0.4,
    )
    metal = lookup("Silver" if sketch.detail.random() < 0.5 else "Gold")
    sketch.paint(box(-13, top - 14, 13, top + 4), metal, volume=5, gloss=0.7)
    cap_high = float(sketch.detail.uniform(34, 62))
    cap = lookup("Black") if sketch.detail.random() < 0.4 else metal
    _draw_cylinder(sketch, 0, 22, top - 12 - cap_high, top - 12, cap)
    _draw_label(sketch, (top + _FLOOR) / 2 + 6, wide * 0.5, high * 0.14)
    for x in (-0.7, 0.74):
        sketch.shade(ribbon([(x * wide, top + 22), (x * wide, _FLOOR - 24)], 5), -0.5, soft=2.5)
    sketch.shade(ellipse(0, _FLOOR - 8, wide * 0.8, 6), -0.3, soft=3)


def draw_deodorant(sketch: Sketch) -> None:
    """Draw a spray can: a tall cylinder with a rounded shoulder, a cap and a printed front."""
    wide, top = float(sketch.detail.uniform(32, 40)), float(sketch.detail.uniform(112, 132))
    floor = _FLOOR + 20
    _draw_cylinder(sketch, 0, wide, top, floor, sketch.base)
    shoulder = symmetric(curve([(wide * 0.72, top - 16), (wide * 0.95, top - 6), (wide, top + 6)]))
    sketch.paint(shoulder, lookup("Silver"), volume=7, gloss=0.7)
    cap = sketch.second if sketch.spec.pattern == "colourblocked" else blend(sketch.base, 0.0, 0.35)
    _draw_cylinder(sketch, 0, wide * 0.86, top - 58, top - 10, cap)
    _draw_swirl(sketch, wide, (top, floor))
    _draw_label(sketch, (top + floor) / 2 - 20, wide * 0.7, 15)
    sketch.paint(box(-wide, floor - 7, wide, floor + 1, round_by=2), lookup("Silver"), volume=3, gloss=0.5)


def draw_lipstick(sketch: Sketch) -> None:
    """Draw an open lipstick: a slanted bullet in its holder, often with the cap beside it."""
    case = lookup(str(sketch.detail.choice(("Black", "Gold", "Silver", "Maroon"))))
    beside = bool(sketch.detail.random() < 0.65)
    x, floor, wide = (-28 if beside else 0), 310.0, 23.0
    _draw_cylinder(sketch, x, wide - 6, 176, 240, lookup("Gold" if sketch.detail.random() < 0.5 else "Silver"))
    bullet = join(
        curve([(x - 14, 182), (x - 14, 140), (x - 12, 112)]),
        curve([(x - 12, 112), (x - 4, 98), (x + 6, 108), (x + 14, 132)]),
        [(x + 14, 182)],
    )
    sketch.paint(bullet, sketch.base, volume=8, depth=1.0, gloss=0.5)
    sketch.paint(
        curve([(x - 12, 114), (x - 5, 101), (x + 5, 110), (x + 13, 133), (x + 2, 134), (x - 12, 114)]),
        blend(sketch.base, 1.0, 0.22),
        volume=3,
        within=True,
    )
    _draw_cylinder(sketch, x, wide, 232, floor, case)
    sketch.line([(x - wide, 238), (x + wide, 238)], 3, lookup("Gold"), opacity=0.9)
    if beside:
        _draw_cylinder(sketch, 36, wide + 1, 210, floor + 6, case)
        sketch.line([(12, floor - 8), (60, floor - 8)], 3, lookup("Gold"), opacity=0.9)


def draw_nail_polish(sketch: Sketch) -> None:
    """Draw a bottle of nail polish: a small glass body full of colour, a tall cap."""
    wide, top = float(sketch.detail.uniform(42, 54)), 206.0
    power = float(sketch.detail.choice((3.0, 6.0, 9.0)))
    sketch.paint(
        ellipse(0, (top + _FLOOR) / 2, wide, (_FLOOR - top) / 2, power=power),
        blend(sketch.base, 1.0, 0.35),
        volume=6,
        gloss=0.6,
    )
    sketch.paint(
        ellipse(0, (top + _FLOOR) / 2 - 1, wide - 5, (_FLOOR - top) / 2 - 6, power=power),
        sketch.base,
        volume=14,
        depth=1.0,
        gloss=0.6,
    )
    sketch.paint(box(-16, top - 8, 16, top + 5), blend(sketch.base, 1.0, 0.3), volume=4)
    cap = lookup("Black") if sketch.detail.random() < 0.6 else lookup("Silver")
    outline = symmetric([(20, 92), (25, top - 4)])
    sketch.paint(outline, cap, volume=11, depth=1.0, gloss=0.5)
    sketch.shade(ribbon([(-8, 102), (-10, top - 8)], 5), -0.3, soft=3)
    sketch.shade(ribbon([(-wide * 0.66, top + 22), (-wide * 0.66, _FLOOR - 26)], 6), -0.45, soft=3)
    _draw_label(sketch, top + 62, wide * 0.55, 13, plate=False)


def _draw_cylinder(sketch: Sketch, x: float, wide: float, top: float, bottom: float, colour: Colour) -> None:
    """Paint an upright cylinder: dark flanks, a bright streak on the left, a softer one on the right."""
    sketch.paint(box(x - wide, top, x + wide, bottom, round_by=4), colour, volume=wide * 0.5, depth=0.9, gloss=0.3)
    sketch.shade(box(x + wide * 0.5, top, x + wide, bottom), 0.3, soft=wide * 0.18)
    sketch.shade(box(x - wide, top, x - wide * 0.75, bottom), 0.25, soft=wide * 0.12)
    sketch.shade(
        ribbon([(x - wide * 0.42, top + 6), (x - wide * 0.42, bottom - 6)], wide * 0.2), -0.5, soft=wide * 0.12
    )
    sketch.shade(
        ribbon([(x + wide * 0.72, top + 6), (x + wide * 0.72, bottom - 6)], wide * 0.08), -0.25, soft=wide * 0.06
    )


def _draw_label(sketch: Sketch, y: float, half: float, height: float, *, plate: bool = True) -> None:
    ink = blend(sketch.dark, 0.0, 0.2)
    if plate:
        pale = blend(lookup("White"), sketch.base, 0.12)
        sketch.paint(box(-half, y - height, half, y + height, round_by=2), pale, opacity=0.85, within=True)
    else:
        ink = lookup("White")
    for row, length in ((-0.35, 0.66), (0.3, 0.42)):
        line = [(-half * length, y + row * height), (half * length, y + row * height)]
        sketch.line(line, height * 0.26, ink, opacity=0.85, dash=half * 0.14)


def _draw_swirl(sketch: Sketch, wide: float, reach: tuple[float, float]) -> None:
    top, floor = reach
    middle = (top + floor) / 2 + 44
    wave = curve([(-wide - 20, middle + 34), (0, middle + 12), (wide + 20, middle - 40)])
    sketch.paint(
        ribbon(wave, np.linspace(10, 34, len(wave)).tolist()), sketch.second, volume=4, within=True, opacity=0.9
    )

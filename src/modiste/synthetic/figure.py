"""A figure that wears a garment: a shop's mannequin without a face, and what it wears besides."""

from __future__ import annotations

import numpy as np

from modiste.synthetic.cut import Cut, sleeve_end
from modiste.synthetic.geometry import curve, ellipse, join, mirror, ribbon, symmetric
from modiste.synthetic.palette import Colour, blend, lookup
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_legs", "draw_lower_wear", "draw_upper_body", "draw_upper_wear"]

_SKINS = ((236, 200, 176), (214, 168, 138), (182, 132, 100), (140, 96, 70))
_HAIRS = ((40, 30, 26), (62, 44, 34), (28, 26, 30), (96, 66, 44))


def draw_upper_body(sketch: Sketch, cut: Cut) -> None:
    """Paint head, neck and arms of the figure, before the garment is put over them."""
    skin, hair = _tone(sketch, _SKINS), _tone(sketch, _HAIRS)
    long_hair = sketch.spec.article.gender == "Women" or bool(sketch.detail.random() < 0.3)
    head = cut.top - 44
    if long_hair:
        fall = symmetric(
            curve([(0, head - 46), (34, head - 22), (40, head + 32), (34, cut.top + 42), (12, cut.top + 50)])
        )
        sketch.paint(fall, hair, volume=14)
    neck = symmetric(
        [(15, head + 20)],
        curve([(15, head + 20), (16, cut.top - 6), (cut.shoulder - 6, cut.top + 20)]),
        [(30, cut.top + 90)],
    )
    sketch.paint(neck, skin, volume=14)
    _draw_head(sketch, head, skin, hair, long_hair)
    _draw_arms(sketch, cut, skin)


def draw_legs(sketch: Sketch, top: float, skin_to: float | None = None) -> None:
    """Paint bare legs with shoes, from a height downwards."""
    skin = _tone(sketch, _SKINS)
    shoe = lookup(str(sketch.rng.choice(("Black", "White", "Brown", "Beige"))))
    leg = join(
        curve([(47, top), (41, top + 90), (33, top + 170), (26, top + 260)]),
        curve([(10, top + 260), (11, top + 170), (6, top + 90), (1, top)]),
    )
    for side, outline in ((1, leg), (-1, mirror(leg))):
        sketch.paint(outline, skin, volume=12)
        sketch.paint(ellipse(side * 19, top + 266, 13, 10), shoe, volume=6)


def draw_lower_wear(sketch: Sketch, top: float, width: float, *, slim: bool = False) -> None:
    """Paint the trousers or leggings that a figure wears below a garment that is not about them."""
    names = (
        ("White", "Beige", "Red", "Green", "Orange", "Black")
        if slim
        else ("Navy Blue", "Black", "Navy Blue", "Grey", "Blue")
    )
    colour = blend(lookup(str(sketch.rng.choice(names))), 0.3, 0.2)
    inner = width * (0.12 if slim else 0.06)
    leg = join(
        curve([(width, top), (width * 0.95, top + 110), (width * (0.66 if slim else 0.86), top + 320)]),
        curve([(width * 0.24, top + 320), (inner, top + 100), (-1, top + 40), (-1, top)]),
    )
    for outline in (leg, mirror(leg)):
        sketch.paint(outline, colour, volume=16, creases=3)


def draw_upper_wear(sketch: Sketch, waist_at: float, width: float) -> None:
    """Paint a plain top with arms above a garment that is worn from the waist down."""
    skin = _tone(sketch, _SKINS)
    colour = lookup(str(sketch.rng.choice(("White", "Grey", "Black", "Blue", "Red", "Beige"))))
    arm = curve([(width + 26, waist_at - 130), (width + 28, waist_at - 20), (width + 20, waist_at + 56)])
    for line in (arm, mirror(arm)[::-1]):
        sketch.paint(ribbon(line, np.linspace(20, 13, len(line)).tolist()), skin, volume=8)
        sketch.paint(ellipse(float(line[-1, 0]), float(line[-1, 1]) + 6, 8, 14), skin, volume=6)
    trunk = symmetric(
        curve([(width + 18, waist_at - 140), (width + 4, waist_at - 40), (width + 5, waist_at + 12)]),
        [(0, waist_at + 15)],
    )
    sketch.paint(trunk, colour, volume=18, creases=4)


def _draw_head(sketch: Sketch, head: float, skin: Colour, hair: Colour, long_hair: bool) -> None:
    sketch.paint(ellipse(0, head, 26, 35), hair, volume=10)
    sketch.paint(ellipse(0, head + 6, 23, 31), skin, volume=14)
    fringe = join(
        curve([(-25, head + 4), (-22, head - 26), (0, head - 38), (22, head - 26), (25, head + 4)]),
        curve([(25, head + 4), (12, head - 16), (-12, head - 14), (-25, head + 4)]),
    )
    sketch.paint(fringe, hair, volume=8)
    sketch.shade(ellipse(0, head + 42, 20, 7), 0.2, soft=5)
    features = blend(skin, 0.0, 0.45)
    for x in (-9.0, 9.0):
        sketch.paint(ellipse(x, head + 5, 3.6, 1.8, steps=16), features, opacity=0.7)
        sketch.line([(x - 5, head - 1), (x + 5, head - 1.5)], 1.4, features, opacity=0.5)
    sketch.paint(ellipse(0, head + 24, 6.5, 2, steps=16), blend(skin, lookup("Red"), 0.3), opacity=0.7)
    sketch.shade(ellipse(2, head + 13, 2.5, 5), 0.12, soft=1.5)


def _draw_arms(sketch: Sketch, cut: Cut, skin: Colour) -> None:
    x, y = cut.shoulder - 12, cut.shoulder_at
    width: tuple[float, ...]
    if cut.sleeve == "sleeveless":
        line = curve([(x - 14, y + 4), (x - 2, y + 24), (x + 12, y + 84), (x + 20, y + 140), (x + 14, y + 214)])
        width = (30, 31, 25, 20, 14)
    else:
        outer, inner = sleeve_end(cut)
        x, y = (outer + inner) / 2
        low = 132.0 if cut.sleeve == "short" else 8.0
        line = curve([(x - 6, y - 26), (x, y), (x + 5, y + low * 0.5), (x, y + low)])
        width = (26, 24, 19, 13) if cut.sleeve == "short" else (12, 13, 13, 12)
    widths = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(width)), width).tolist()
    arm, hand = ribbon(line, widths), ellipse(float(line[-1, 0]) - 1, float(line[-1, 1]) + 9, 9, 16)
    for part in (arm, mirror(arm), hand, mirror(hand)):
        sketch.paint(part, skin, volume=8)


def _tone(sketch: Sketch, tones: tuple[tuple[int, int, int], ...]) -> Colour:
    # The view decides, so that all the parts of one figure agree without passing colours around.
    pick = int(abs(sketch.view.zoom * 1e4 + sketch.view.light * 7)) % len(tones)
    return np.asarray(np.array(tones[pick]) / 255, dtype=np.float32)

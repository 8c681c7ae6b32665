"""What is worn below the waist."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modiste.synthetic.fabric import Fabric
from modiste.synthetic.figure import draw_legs, draw_upper_wear
from modiste.synthetic.geometry import Outline, box, curve, ellipse, join, mirror, move, ribbon, symmetric
from modiste.synthetic.palette import Colour, blend, lookup
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_jeans", "draw_shorts", "draw_skirt", "draw_track_pants", "draw_trousers"]


@dataclass(frozen=True)
class _Legs:
    """Measures of trousers, in units of the frame; widths are from the middle."""

    top: float = 34
    waist: float = 50
    hip: float = 64
    crotch_at: float = 138
    knee: float = 62
    knee_at: float = 240
    hem: float = 60
    inner: float = 16
    bottom: float = 374


def draw_jeans(sketch: Sketch) -> None:
    """Draw jeans: denim with worn thighs, yellow stitches, five pockets, a fly and belt loops."""
    cut = _fit(sketch, _Legs(hem=float(sketch.detail.uniform(46, 62)), knee=58))
    denim = replace(sketch.fabric, grain=0.03)
    _draw_figure(sketch, cut)
    _draw_pair(sketch, cut, denim, creases=6)
    fade = float(sketch.detail.uniform(0.08, 0.3))
    for side in (1, -1):
        x = side * (cut.knee + cut.inner) * 0.47
        sketch.shade(ellipse(x, 190, 17, 62), -fade, soft=14)
        sketch.shade(ellipse(x, 300, 14, 44), -fade * 0.4, soft=12)
    thread = blend(lookup("Gold"), lookup("Orange"), 0.3)
    _draw_waistband(sketch, cut, 15, loops=True)
    _draw_fly(sketch, cut, thread)
    _draw_curved_pockets(sketch, cut, thread)
    _draw_seams(sketch, cut, thread, bottom=cut.bottom - 9)
    sketch.dot(0, cut.top + 8, 3.4, lookup("Gold"))


def draw_trousers(sketch: Sketch) -> None:
    """Draw trousers: pressed creases, slanted pockets, a waistband with loops."""
    cut = _fit(sketch, _Legs(hem=float(sketch.detail.uniform(50, 58)), knee=60))
    _draw_figure(sketch, cut)
    _draw_pair(sketch, cut, replace(sketch.fabric, turn=90.0, scale=0.6), creases=3)
    for side in (1, -1):
        press = curve(
            [(side * 30, cut.top + 34), (side * 36, cut.knee_at), (side * (cut.hem + cut.inner) * 0.5, cut.bottom)]
        )
        sketch.shade(ribbon(move(press, side * 2.5, 0), 6), 0.16, soft=2)
        sketch.shade(ribbon(move(press, -side * 2, -0), 3), -0.08, soft=1)
        pocket = [(side * (cut.waist - 9), cut.top + 14), (side * (cut.hip - 4), cut.top + 62)]
        sketch.line(pocket, 1.8, sketch.dark, opacity=0.75)
    _draw_waistband(sketch, cut, 14, loops=True)
    _draw_fly(sketch, cut, sketch.dark)
    sketch.dot(0, cut.top + 7, 2.6, blend(sketch.base, 0.0, 0.5))


def draw_track_pants(sketch: Sketch) -> None:
    """Draw track pants: gathered waist with a cord, loose legs, often stripes down the sides, sometimes cuffs."""
    cut = _fit(sketch, _Legs(waist=49, hip=66, knee=66, hem=float(sketch.detail.uniform(48, 66))))
    _draw_figure(sketch, cut)
    plain = replace(sketch.fabric, pattern="solid", grain=0.008)
    _draw_pair(sketch, cut, plain, creases=14)
    if sketch.spec.pattern != "solid":
        _draw_side_stripes(sketch, cut, 3 if sketch.spec.pattern == "striped" else 1)
    _draw_gathered_waist(sketch, cut)
    if cut.hem < 54:
        hem = np.array(
            [
                (cut.inner + 2, cut.bottom - 2),
                (cut.hem, cut.bottom - 2),
                (cut.hem - 5, cut.bottom + 9),
                (cut.inner + 6, cut.bottom + 9),
            ]
        )
        for outline in (hem, mirror(hem)):
            sketch.paint(outline, blend(sketch.base, 0.0, 0.2), volume=4)


def draw_shorts(sketch: Sketch) -> None:
    """Draw shorts: buttoned with pockets, or gathered with a cord."""
    knee = sketch.spec.length == "knee"
    cut = _Legs(
        top=96, waist=74, hip=96, crotch_at=214, knee=104, knee_at=250, hem=108, inner=12, bottom=318 if knee else 276
    )
    if sketch.view.worn:
        cut = _Legs(knee=66, knee_at=170, hem=70, inner=8, bottom=236 if knee else 190)
    cut = _fit(sketch, cut)
    _draw_figure(sketch, cut)
    fabric = replace(sketch.fabric, focus=(cut.hem * 0.62, cut.bottom - 40, 22.0))
    _draw_pair(sketch, cut, fabric, creases=8)
    if sketch.detail.random() < 0.55:
        _draw_gathered_waist(sketch, cut)
    else:
        _draw_waistband(sketch, cut, 15, loops=True)
        _draw_fly(sketch, cut, sketch.dark)
        _draw_curved_pockets(sketch, cut, sketch.dark)
        sketch.dot(0, cut.top + 8, 3, blend(sketch.base, 1.0, 0.5))
    _draw_seams(sketch, cut, sketch.dark, bottom=cut.bottom - 7)


def draw_skirt(sketch: Sketch) -> None:
    """Draw a skirt: straight, flared or pleated, on a waistband."""
    mini, worn = sketch.spec.length == "mini", sketch.view.worn
    flare = float(sketch.detail.uniform(6, 60))
    top, waist = (60.0, 44.0) if worn else (84.0, 66.0)
    bottom = (196.0 if mini else 262.0) if worn else (270.0 if mini else 330.0)
    hip, hem = waist + 16, waist + 18 + flare * (0.7 if worn else 1)
    if worn:
        draw_legs(sketch, bottom - 40)
        draw_upper_wear(sketch, top, waist)
    side = curve([(waist, top), (hip, top + 56), (hem, bottom)])
    low = curve([(hem, bottom), (hem * 0.6, bottom + 8), (0, bottom + 10)])
    sketch.paint(symmetric([(0, top)], side, low), sketch.fabric, volume=22, depth=0.8, creases=3)
    _draw_pleats(sketch, (top + 14, waist), (bottom + 9, hem), 5 + int(flare / 7))
    hem_line = curve([(-hem, bottom - 6), (0, bottom + 4), (hem, bottom - 6)])
    sketch.line(hem_line, 1.0, sketch.dark, opacity=0.5)
    band = box(-waist - 1, top - 4, waist + 1, top + 12, round_by=2)
    sketch.paint(band, sketch.base if flare < 30 else blend(sketch.base, 0.0, 0.15), volume=5)
    sketch.line([(-waist, top + 12), (waist, top + 12)], 1.0, sketch.dark, opacity=0.6)


def _fit(sketch: Sketch, cut: _Legs) -> _Legs:
    wide = float(sketch.detail.uniform(0.94, 1.06)) * (0.94 if sketch.view.worn else 1.0)
    scaled = {name: getattr(cut, name) * wide for name in ("waist", "hip", "knee", "hem")}
    return replace(cut, **scaled)


def _draw_figure(sketch: Sketch, cut: _Legs) -> None:
    if sketch.view.worn:
        if cut.bottom < 300:
            draw_legs(sketch, cut.bottom - 60)
        else:
            _draw_shoes(sketch, cut)
        draw_upper_wear(sketch, cut.top + 4, cut.waist)


def _draw_shoes(sketch: Sketch, cut: _Legs) -> None:
    shoe = lookup(str(sketch.rng.choice(("Black", "White", "Brown"))))
    for side in (1, -1):
        x = side * (cut.hem + cut.inner) * 0.52
        sketch.paint(ellipse(x, cut.bottom + 4, 17, 13), shoe, volume=7)
        sketch.paint(
            box(x - 16, cut.bottom + 10, x + 16, cut.bottom + 16, round_by=3), blend(lookup("White"), 0.0, 0.1)
        )


def _leg(cut: _Legs) -> Outline:
    """The right leg with its half of the hips."""
    outer = curve(
        [
            (cut.waist, cut.top),
            (cut.hip, cut.top + (cut.crotch_at - cut.top) * 0.62),
            (cut.knee, cut.knee_at),
            (cut.hem, cut.bottom),
        ]
    )
    inner = curve([(cut.inner, cut.bottom), (cut.inner * 0.62, cut.knee_at), (0.5, cut.crotch_at)])
    hem = curve([(cut.hem, cut.bottom), ((cut.hem + cut.inner) / 2, cut.bottom + 3), (cut.inner, cut.bottom)])
    return join(outer, hem, inner, [(-0.5, cut.crotch_at), (-0.5, cut.top)])


def _draw_pair(sketch: Sketch, cut: _Legs, fabric: Fabric, *, creases: int) -> None:
    inside = symmetric(
        [(0, cut.top - 5)], curve([(cut.waist - 3, cut.top - 2), (cut.waist, cut.top + 4)]), [(0, cut.top + 12)]
    )
    sketch.paint(inside, blend(sketch.base, 0.0, 0.4))
    leg = _leg(cut)
    for outline in (leg, mirror(leg)):
        sketch.paint(outline, fabric, volume=17, depth=0.85, creases=creases)
    # The volume of two legs leaves a groove down the middle: the hips are one piece.
    hips = symmetric(
        [(cut.waist * 0.55, cut.top)], curve([(cut.hip * 0.5, cut.crotch_at - 32), (0, cut.crotch_at - 10)])
    )
    sketch.paint(hips, fabric, volume=0, opacity=0.85)
    for side in (1, -1):
        for drop in (8, 20):
            fold = curve(
                [
                    (side * 2, cut.crotch_at - 10),
                    (side * 22, cut.crotch_at - 12 + drop),
                    (side * 40, cut.crotch_at - 26 + drop),
                ]
            )
            sketch.shade(ribbon(fold, 4), 0.16, soft=3)


def _draw_waistband(sketch: Sketch, cut: _Legs, height: float, *, loops: bool) -> None:
    band = symmetric(
        [(0, cut.top + 2)],
        [(cut.waist + 0.5, cut.top - 1), (cut.waist + 3, cut.top + height - 2)],
        [(0, cut.top + height + 2)],
    )
    sketch.paint(band, replace(sketch.fabric, pattern="solid"), volume=5, depth=0.7)
    sketch.line(
        [(-cut.waist - 2, cut.top + height - 1), (0, cut.top + height + 3), (cut.waist + 2, cut.top + height - 1)],
        1.2,
        sketch.dark,
        opacity=0.7,
    )
    if loops:
        for place in (-0.72, -0.32, 0.32, 0.72):
            x = place * cut.waist
            sketch.paint(
                box(x - 2.4, cut.top - 2, x + 2.4, cut.top + height + 3), blend(sketch.base, 0.0, 0.1), volume=2
            )
            sketch.line([(x + 3, cut.top), (x + 3, cut.top + height + 2)], 0.9, sketch.dark, opacity=0.6)


def _draw_gathered_waist(sketch: Sketch, cut: _Legs) -> None:
    _draw_waistband(sketch, cut, 17, loops=False)
    for x in np.arange(-cut.waist + 4, cut.waist, 5.0):
        sketch.line([(x, cut.top + 1), (x, cut.top + 15)], 1.0, sketch.dark, opacity=0.35)
    cord = blend(sketch.second, 1.0, 0.2)
    for side in (1, -1):
        sketch.line(
            curve([(side * 3, cut.top + 9), (side * 10, cut.top + 30), (side * 7, cut.top + 52)]),
            2.2,
            cord,
            opacity=1.0,
        )


def _draw_fly(sketch: Sketch, cut: _Legs, thread: Colour) -> None:
    low = cut.crotch_at - 24
    fly = curve([(13, cut.top + 16), (13, low - 16), (2, low)])
    sketch.line(fly, 1.1, thread, opacity=0.75)
    sketch.line([(1, cut.top + 4), (0, cut.crotch_at)], 1.4, sketch.dark, opacity=0.7)


def _draw_curved_pockets(sketch: Sketch, cut: _Legs, thread: Colour) -> None:
    for side in (1, -1):
        pocket = curve(
            [
                (side * cut.waist * 0.52, cut.top + 16),
                (side * cut.waist * 0.62, cut.top + 42),
                (side * (cut.hip - 3), cut.top + 50),
            ]
        )
        sketch.line(pocket, 1.8, sketch.dark, opacity=0.6)
        sketch.line(move(pocket, 0, 3), 1.0, thread, opacity=0.7)


def _draw_seams(sketch: Sketch, cut: _Legs, thread: Colour, *, bottom: float) -> None:
    for side in (1, -1):
        hem = [(side * (cut.inner + 1), bottom), (side * (cut.hem - 1), bottom)]
        sketch.line(hem, 1.0, thread, opacity=0.6)


def _draw_side_stripes(sketch: Sketch, cut: _Legs, count: int) -> None:
    for number in range(count):
        inset = 6 + number * 5.5
        line = curve(
            [
                (cut.waist - inset, cut.top + 16),
                (cut.hip - inset, cut.top + 66),
                (cut.knee - inset, cut.knee_at),
                (cut.hem - inset, cut.bottom),
            ]
        )
        for side in (line, mirror(line)):
            sketch.line(side, 2.6 if count > 1 else 8, sketch.second, opacity=0.95)


def _draw_pleats(sketch: Sketch, upper: tuple[float, float], lower: tuple[float, float], count: int) -> None:
    for place in np.linspace(-0.88, 0.88, count):
        line = curve(
            [
                (place * upper[1], upper[0]),
                (place * (upper[1] + lower[1]) * 0.54, (upper[0] + lower[0]) / 2),
                (place * lower[1], lower[0]),
            ]
        )
        sketch.shade(ribbon(line, np.linspace(1, 9, len(line)).tolist()), 0.22, soft=2.5)
        sketch.shade(ribbon(move(line, 6, 0), np.linspace(1, 6, len(line)).tolist()), -0.1, soft=2.5)

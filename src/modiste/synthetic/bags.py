"""Bags and wallets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modiste.synthetic.geometry import Outline, box, curve, ellipse, move, ribbon, symmetric
from modiste.synthetic.palette import Colour, blend, lookup
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_backpack", "draw_clutch", "draw_handbag", "draw_wallet"]


def draw_handbag(sketch: Sketch) -> None:
    """Draw a handbag: two handles on rings, a zip or a flap, seams and feet."""
    wide, top = float(sketch.detail.uniform(92, 118)), float(sketch.detail.uniform(176, 206))
    bottom, narrow = top + float(sketch.detail.uniform(120, 150)), float(sketch.detail.uniform(0.72, 0.98))
    metal = lookup("Gold") if sketch.detail.random() < 0.5 else lookup("Silver")
    reach = float(sketch.detail.uniform(90, 132))
    _draw_handle(sketch, top + 6, wide * narrow * 0.62, reach, blend(sketch.base, 0.0, 0.35))
    body = symmetric(
        [(0, top - 3)],
        curve([(wide * narrow, top), (wide, (top + bottom) * 0.52), (wide * 0.96, bottom - 8)]),
        curve([(wide * 0.9, bottom), (0, bottom + 4)]),
    )
    leather = replace(sketch.fabric, grain=0.008, focus=(0, (top + bottom) / 2, 38.0))
    sketch.paint(body, leather, volume=20, depth=1.0, creases=6, gloss=0.45)
    _draw_bag_front(sketch, body, (wide, top, bottom), metal)
    _draw_handle(sketch, top + 26, wide * narrow * 0.58, reach + 4, sketch.base)
    for side in (1, -1):
        x = side * wide * narrow * 0.58
        sketch.paint(
            box(x - 8, top + 20, x + 8, top + 52, round_by=6), blend(sketch.base, 0.0, 0.08), volume=4, gloss=0.3
        )
        sketch.line(ellipse(x, top + 24, 7, 8), 2.6, metal, opacity=1.0, within=False)
        sketch.dot(x, top + 44, 2.4, metal)


def draw_backpack(sketch: Sketch) -> None:
    """Draw a backpack: a domed body, a front pocket with a zip, side pockets, a loop and straps."""
    wide, top = float(sketch.detail.uniform(84, 98)), 84.0
    bottom = 346.0
    dark = blend(sketch.base, 0.0, 0.45)
    sketch.paint(ribbon(curve([(-18, top + 8), (0, top - 22), (18, top + 8)]), 9), dark, volume=4)
    for side in (1, -1):
        strap = curve(
            [(side * wide * 0.8, top + 50), (side * (wide + 16), top + 120), (side * (wide + 4), bottom - 34)]
        )
        sketch.paint(ribbon(strap, 13), dark, volume=5)
        pocket = curve(
            [
                (side * wide * 0.9, bottom - 112),
                (side * (wide + 18), bottom - 92),
                (side * (wide + 15), bottom - 16),
                (side * wide * 0.8, bottom - 4),
            ]
        )
        sketch.paint(pocket, blend(sketch.base, 0.0, 0.25), volume=8)
    dome = symmetric(
        curve(
            [
                (0, top),
                (wide * 0.62, top + 13),
                (wide * 0.94, top + 74),
                (wide, bottom - 60),
                (wide * 0.93, bottom - 6),
                (0, bottom + 4),
            ]
        )
    )
    body = replace(sketch.fabric, focus=(0, 190.0, 40.0))
    sketch.paint(dome, body, volume=26, depth=1.0, creases=6, gloss=0.12)
    _draw_zip_arc(
        sketch,
        curve(
            [
                (-wide * 0.86, top + 128),
                (-wide * 0.72, top + 44),
                (0, top + 18),
                (wide * 0.72, top + 44),
                (wide * 0.86, top + 128),
            ]
        ),
    )
    _draw_front_pocket(sketch, wide, bottom)


def draw_clutch(sketch: Sketch) -> None:
    """Draw a clutch: wide and low, with a flap and a clasp."""
    wide, top, bottom = float(sketch.detail.uniform(106, 122)), 172.0, float(sketch.detail.uniform(268, 292))
    sketch.paint(
        symmetric([(wide, top)], curve([(wide + 2, (top + bottom) / 2), (wide - 2, bottom)])),
        replace(sketch.fabric, grain=0.006),
        volume=13,
        depth=1.0,
        creases=3,
        gloss=0.5,
    )
    low = top + (bottom - top) * float(sketch.detail.uniform(0.5, 0.75))
    flap = symmetric([(wide, top - 1)], curve([(wide, top + 26), (wide * 0.6, low - 8), (0, low)]))
    sketch.shade(move(flap, 0, 5), 0.35, soft=4)
    sketch.paint(flap, replace(sketch.fabric, grain=0.006), volume=9, depth=0.9, gloss=0.5)
    metal = lookup("Gold") if sketch.detail.random() < 0.6 else lookup("Silver")
    sketch.paint(box(-12, low - 9, 12, low + 7, round_by=4), metal, volume=5, gloss=0.7)
    sketch.line(flap, 0.9, sketch.dark, opacity=0.5, dash=3.5)


def draw_wallet(sketch: Sketch) -> None:
    """Draw a folded wallet, slightly open, with stitches and a small stamp."""
    wide, high = float(sketch.detail.uniform(92, 108)), float(sketch.detail.uniform(58, 72))
    middle = 214.0
    leather = replace(sketch.fabric, grain=0.01, scale=0.8)
    back = np.array(
        [
            (-wide, middle - high),
            (wide * 0.9, middle - high - 22),
            (wide, middle - high + 2),
            (wide, middle + high * 0.8),
        ]
    )
    sketch.paint(back, blend(sketch.base, 0.0, 0.3), volume=5)
    sketch.paint(move(back, 3, 9), blend(lookup("Beige"), sketch.base, 0.6), volume=4)
    front = box(-wide, middle - high, wide, middle + high, round_by=7)
    sketch.shade(move(front, 0, -5), 0.3, soft=3)
    sketch.paint(front, leather, volume=12, depth=0.9, gloss=0.35)
    sketch.shade(ribbon([(-wide + 8, middle - high), (-wide + 8, middle + high)], 7), 0.28, soft=3)
    sketch.line(
        _closed(box(-wide + 6, middle - high + 6, wide - 6, middle + high - 6, round_by=5)),
        1.1,
        blend(sketch.base, 1.0, 0.35),
        opacity=0.55,
        dash=3.2,
    )
    stamp = blend(sketch.base, 0.0, 0.35)
    for place in range(4):
        x = wide - 46 + place * 8
        sketch.line([(x, middle + high - 24), (x + 5, middle + high - 24)], 4, stamp, opacity=0.7)


def _closed(outline: Outline) -> Outline:
    return np.concatenate([outline, outline[:1]])


def _draw_handle(sketch: Sketch, foot: float, half: float, reach: float, colour: Colour) -> None:
    arch = curve(
        [
            (-half, foot),
            (-half * 0.86, foot - reach * 0.62),
            (-half * 0.36, foot - reach),
            (half * 0.36, foot - reach),
            (half * 0.86, foot - reach * 0.62),
            (half, foot),
        ]
    )
    sketch.paint(ribbon(arch, 9), colour, volume=4, depth=1.0, gloss=0.4)


def _draw_bag_front(sketch: Sketch, body: Outline, measures: tuple[float, float, float], metal: Colour) -> None:
    wide, top, bottom = measures
    kind = int(sketch.detail.integers(3))
    if kind == 0:  # a zipped pocket
        sketch.line([(-wide * 0.5, top + 70), (wide * 0.5, top + 70)], 5, blend(sketch.base, 0.0, 0.4), opacity=0.9)
        sketch.line([(-wide * 0.5, top + 70), (wide * 0.5, top + 70)], 1.8, metal, opacity=0.9, dash=1.6)
    elif kind == 1:  # a flap with a clasp
        flap = symmetric(
            [(wide * 0.8, top - 2)], curve([(wide * 0.84, top + 34), (wide * 0.5, top + 64), (0, top + 70)])
        )
        sketch.shade(move(flap, 0, 5), 0.32, soft=4)
        sketch.paint(flap, replace(sketch.fabric, grain=0.008), volume=9, gloss=0.4, within=True)
        sketch.paint(box(-10, top + 56, 10, top + 80, round_by=4), metal, volume=5, gloss=0.6)
    else:  # panels
        for x in (-0.46, 0.46):
            seam = curve([(x * wide * 0.8, top), (x * wide, (top + bottom) / 2), (x * wide * 1.1, bottom)])
            sketch.line(seam, 1.6, sketch.dark, opacity=0.7)
            sketch.line(move(seam, 4, 0), 0.9, sketch.dark, opacity=0.5, dash=3)
        sketch.paint(box(-15, top + 74, 15, top + 84, round_by=2), metal, volume=2)
    rim = [(-wide * 0.9, top + 10), (0, top + 8), (wide * 0.9, top + 10)]
    sketch.line(rim, 1.4, sketch.dark, opacity=0.6)
    sketch.shade(box(-wide, bottom - 12, wide, bottom + 6), 0.25, soft=5)


def _draw_zip_arc(sketch: Sketch, line: Outline) -> None:
    sketch.line(line, 5, blend(sketch.base, 0.0, 0.45), opacity=0.9)
    sketch.line(line, 1.6, lookup("Silver"), opacity=0.8, dash=1.8)
    end = line[-6]
    sketch.line([tuple(end), (end[0] + 4, end[1] + 14)], 3.4, lookup("Black"), opacity=0.9)


def _draw_front_pocket(sketch: Sketch, wide: float, bottom: float) -> None:
    top = bottom - 118
    pocket = symmetric(
        curve([(0, top), (wide * 0.58, top + 5), (wide * 0.76, top + 34), (wide * 0.74, bottom - 18), (0, bottom - 10)])
    )
    sketch.shade(move(pocket, 0, 5), 0.3, soft=4)
    sketch.paint(pocket, blend(sketch.base, 0.0, 0.08), volume=12, depth=1.0, creases=3)
    arc = curve(
        [
            (-wide * 0.7, top + 42),
            (-wide * 0.5, top + 17),
            (0, top + 11),
            (wide * 0.5, top + 17),
            (wide * 0.7, top + 42),
        ]
    )
    _draw_zip_arc(sketch, arc)
    sketch.paint(box(-15, top + 48, 15, top + 60, round_by=2), blend(sketch.second, 1.0, 0.2), volume=2)
    sketch.line([(-10, top + 54), (10, top + 54)], 2.2, sketch.dark, opacity=0.7)

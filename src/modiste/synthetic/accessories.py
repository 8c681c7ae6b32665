"""Watches, sunglasses, belts, caps, ties, socks, jewellery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modiste.synthetic.geometry import Outline, box, curve, ellipse, join, move, ribbon, symmetric
from modiste.synthetic.palette import Colour, blend, lookup, luminance
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_belt", "draw_cap", "draw_earrings", "draw_socks", "draw_sunglasses", "draw_tie", "draw_watch"]

_METALS = ("Silver", "Gold")


def draw_watch(sketch: Sketch) -> None:
    """Draw a watch, upright: strap or bracelet, case, bezel, dial with hours and hands, crown."""
    radius = float(sketch.detail.uniform(62, 82))
    square = bool(sketch.detail.random() < 0.2)
    metal = (
        sketch.base if sketch.spec.colour in _METALS else lookup("Gold" if sketch.detail.random() < 0.25 else "Silver")
    )
    centre = 200.0
    if sketch.spec.colour in _METALS:
        _draw_bracelet(sketch, radius, metal)
    else:
        _draw_strap(sketch, radius)
    sketch.paint(box(radius + 2, centre - 9, radius + 14, centre + 9, round_by=3), metal, volume=4, gloss=0.6)
    power = 5.0 if square else 2.0
    sketch.paint(ellipse(0, centre, radius + 6, power=power), metal, volume=9, depth=1.0, gloss=0.9)
    sketch.paint(ellipse(0, centre, radius - 3, power=power), blend(metal, 0.0, 0.3), volume=5, gloss=0.5)
    dial = (
        sketch.base
        if sketch.spec.colour not in _METALS
        else lookup("White" if sketch.detail.random() < 0.6 else "Black")
    )
    sketch.paint(ellipse(0, centre, radius - 9, power=power), dial, volume=6, depth=0.4)
    _draw_dial(sketch, centre, radius - 9, dial)
    sketch.shade(
        ribbon(curve([(-radius * 0.6, centre - radius * 0.1), (-radius * 0.2, centre - radius * 0.6)]), 16),
        -0.2,
        soft=8,
    )


def draw_sunglasses(sketch: Sketch) -> None:
    """Draw sunglasses, turned a little aside: two dark lenses, a bridge, two temples."""
    thin = sketch.spec.colour in _METALS
    rim = 3.0 if thin else 7.0
    tones = ("Brown", "Black", "Navy Blue", "Olive")
    lens = blend(lookup("Black"), lookup(str(sketch.detail.choice(tones))), 0.5)
    wide, high = float(sketch.detail.uniform(46, 52)), float(sketch.detail.uniform(32, 40))
    power = float(sketch.detail.uniform(2.2, 4.0))
    left, right = (-58.0, 224.0), (48.0, 210.0)
    _draw_temples(sketch, 4.0 if thin else 9.0, wide, (left, right))
    for place, narrow in ((left, 1.0), (right, 0.88)):
        outline = _slanted(ellipse(0, 0, (wide + rim) * narrow, high + rim, power=power), high)
        glass = _slanted(ellipse(0, 0, wide * narrow, high, power=power), high)
        sketch.paint(move(outline, *place), sketch.base, volume=4, depth=0.9, gloss=0.6)
        sketch.paint(move(glass, *place), lens, volume=8, depth=0.7, gloss=0.2)
        sketch.shade(move(glass * (0.85, 0.4), place[0] + 2, place[1] + high * 0.5), -0.26, soft=9)
        x, y = place
        sketch.shade(ribbon([(x - wide * 0.5, y + 2), (x - wide * 0.2, y - high * 0.6)], 6), -0.2, soft=3)
    bridge = curve([(left[0] + wide, left[1] - 14), (-3, 204), (right[0] - wide * 0.88, right[1] - 12)])
    sketch.paint(ribbon(bridge, 4 if thin else 8), sketch.base, volume=3, gloss=0.5)


def draw_belt(sketch: Sketch) -> None:
    """Draw a belt, rolled into a ring and seen from the front, with its buckle."""
    wide, flat, height = 112.0, float(sketch.detail.uniform(16, 26)), float(sketch.detail.uniform(32, 42))
    y = 206.0
    angle = np.linspace(0, np.pi, 40)
    back = np.stack([wide * np.cos(angle), y - flat * np.sin(angle)], axis=1)
    sketch.paint(
        join(back, (move(back, 0, height * 0.8))[::-1]),
        blend(sketch.base, lookup("Beige"), 0.25 if luminance(sketch.base) < 0.5 else 0.6),
        volume=5,
        depth=0.6,
    )
    front = np.stack([wide * np.cos(-angle), y - flat * np.sin(-angle)], axis=1)
    band = join(front, (move(front, 0, height))[::-1])
    sketch.paint(band, replace(sketch.fabric, grain=0.01), volume=11, depth=0.9, gloss=0.5)
    for inset in (4.0, height - 4.0):
        sketch.line(move(front[2:-2], 0, inset), 0.9, blend(sketch.base, 1.0, 0.35), opacity=0.5, dash=3)
    for side in (-1, 1):
        sketch.shade(ellipse(side * wide, y + height * 0.5, 15, height), 0.45, soft=9)
    _draw_buckle(sketch, y + flat * 0.9, height)


def draw_cap(sketch: Sketch) -> None:
    """Draw a baseball cap from the front, turned aside a little: panels, a button, a badge, a peak."""
    crown = join(
        curve([(-86, 236), (-90, 188), (-64, 138), (-6, 114), (54, 132), (84, 184), (86, 232)]),
        curve([(86, 232), (50, 218), (-10, 216), (-86, 236)]),
    )
    fabric = replace(sketch.fabric, scale=0.7, focus=(-4.0, 166.0, 24.0))
    sketch.paint(crown, fabric, volume=26, depth=1.0, creases=3)
    for seam in (
        [(-6, 114), (-28, 160), (-32, 218)],
        [(-6, 114), (32, 156), (40, 218)],
        [(-6, 114), (-58, 150), (-76, 226)],
        [(-6, 114), (62, 150), (80, 224)],
    ):
        sketch.line(curve(seam), 1.3, sketch.dark, opacity=0.55)
    sketch.paint(ellipse(-5, 113, 8, 5), sketch.dark, volume=3)
    for x in (-52.0, 18.0):
        sketch.dot(x + 20, 148, 2, sketch.dark, opacity=0.7)
    peak = join(
        curve([(-94, 238), (-54, 216), (0, 210), (56, 216), (90, 234)]),
        curve([(90, 234), (82, 258), (46, 276), (-14, 282), (-66, 268), (-94, 238)]),
    )
    brim = blend(sketch.base, 0.0, 0.08)
    sketch.shade(move(peak, 0, -7), 0.3, soft=5)
    sketch.paint(peak, brim, volume=14, depth=1.0)
    for inset in (0.9, 0.8):
        lower = curve([(-90, 240), (-66, 266), (-14, 279), (46, 273), (84, 242)])
        sketch.line(move(move(lower, 4, -236) * inset, -4, 236), 0.9, blend(brim, 0.0, 0.4), opacity=0.6)
    if sketch.spec.pattern == "solid" and sketch.detail.random() < 0.7:
        sketch.paint(ellipse(-4, 170, 20, 16), blend(sketch.second, 1.0, 0.1), volume=3)
        sketch.paint(ellipse(-4, 170, 10, 8), sketch.dark, volume=2)


def draw_tie(sketch: Sketch) -> None:
    """Draw a tie, knotted, hanging straight."""
    silk = replace(sketch.fabric, scale=0.42, turn=40.0, grain=0.008, focus=(0, 300.0, 12.0))
    loop = join(curve([(-6, 70), (-18, 52), (-14, 36), (4, 30)]), curve([(38, 34), (40, 48), (22, 62)]))
    sketch.paint(loop, blend(sketch.base, 0.0, 0.2), volume=6, creases=2)
    blade = join(
        [(-9, 80), (9, 80)],
        curve([(13, 130), (22, 240), (31, 338)]),
        [(1, 376)],
        curve([(-30, 338), (-20, 240), (-11, 130)]),
    )
    sketch.paint(blade, silk, volume=10, depth=0.8, creases=4, gloss=0.3)
    knot = join(
        [(-17, 50), (20, 50)],
        curve([(20, 50), (16, 70), (10, 86)]),
        [(-9, 86)],
        curve([(-9, 86), (-13, 70), (-17, 50)]),
    )
    sketch.shade(move(knot, 0, 5), 0.35, soft=3)
    sketch.paint(knot, silk, volume=7, depth=0.9, gloss=0.25)
    sketch.shade(ribbon(curve([(-2, 88), (0, 130), (-2, 200)]), 5), 0.2, soft=3)


def draw_socks(sketch: Sketch) -> None:
    """Draw a pair of socks, laid beside each other, toes to the right."""
    top = 48.0 if sketch.detail.random() < 0.6 else 110.0
    trim = sketch.second if sketch.detail.random() < 0.4 else blend(sketch.base, 0.0, 0.15)
    for right, down in ((46.0, -8.0), (-14.0, 10.0)):
        _draw_sock(sketch, top, trim, (right, down))


def draw_earrings(sketch: Sketch) -> None:
    """Draw a pair of earrings: a stud, a drop with a stone, small pearls."""
    metal = sketch.base if sketch.spec.colour in _METALS else lookup("Gold")
    stone = (
        sketch.base
        if sketch.spec.colour not in _METALS
        else lookup(str(sketch.detail.choice(("White", "Silver", "Cream"))))
    )
    drop, pearls = float(sketch.detail.uniform(30, 46)), int(sketch.detail.integers(3, 7))
    for x, lift in ((-48.0, 0.0), (48.0, 10.0)):
        y = 130.0 + lift
        sketch.line(curve([(x, y), (x + 6, y - 18), (x + 12, y - 8)]), 2, metal, opacity=1.0, within=False)
        sketch.paint(ellipse(x, y, 13), metal, volume=6, gloss=0.8)
        sketch.paint(ellipse(x, y, 7), stone, volume=4, gloss=0.6)
        sketch.line([(x, y + 12), (x, y + 26)], 2.4, metal, opacity=1.0, within=False)
        centre = y + 28 + drop
        sketch.paint(ellipse(x, centre, drop * 0.82, drop), metal, volume=6, depth=1.0, gloss=0.8)
        sketch.paint(ellipse(x, centre + 3, drop * 0.55, drop * 0.68), stone, volume=10, depth=1.0, gloss=0.7)
        for place in np.linspace(0.25, 0.75, pearls) * 2 * np.pi - np.pi / 2:
            edge = (x + drop * 0.86 * np.cos(place), centre + drop * 1.04 * np.sin(place))
            sketch.paint(ellipse(edge[0], edge[1] + 4, 5), blend(metal, 1.0, 0.3), volume=3, gloss=0.6)


def _slanted(lens: Outline, high: float) -> Outline:
    """Give a lens the shape of spectacles: narrower below, the right side raised by the perspective."""
    narrowed = lens * np.stack([1 - 0.14 * (lens[:, 1] / high + 1) / 2, np.ones(len(lens))], axis=1)
    return np.asarray(narrowed @ np.array([[1.0, -0.14], [0.0, 1.0]]))


def _draw_temples(sketch: Sketch, width: float, wide: float, lenses: tuple[tuple[float, float], ...]) -> None:
    (x, y), (far_x, far_y) = lenses
    dark = blend(sketch.base, 0.0, 0.15)
    near = curve([(x - wide * 0.9, y - 12), (x - 6, y - 50), (x + 84, y - 78), (x + 98, y - 62)])
    far = curve([(far_x + wide * 0.86, far_y - 18), (far_x + wide + 22, far_y - 56), (124, 138), (132, 154)])
    for line in (near, far):
        sketch.paint(ribbon(line, width), dark, volume=3, gloss=0.4)


def _draw_sock(sketch: Sketch, top: float, trim: Colour, place: tuple[float, float]) -> None:
    wool = replace(sketch.fabric, scale=0.6, grain=0.022, focus=(-40.0, 150.0, 18.0))
    front = curve([(2, 322), (40, 344), (72, 338), (78, 310), (50, 276), (10, 246), (-2, 210), (-4, 150), (-2, top)])
    back = curve([(-70, top), (-68, 170), (-76, 240), (-72, 282), (-42, 304), (2, 322)])
    leg = move(join(back, front), *place)
    sketch.shade(move(leg, 3, 4), 0.3, soft=5)
    sketch.paint(leg, wool, volume=16, depth=0.85, creases=5)
    cuff = [(-71, top - 3), (-1, top - 3), (-2, top + 24), (-70, top + 24)]
    sketch.paint(move(cuff, *place), trim, volume=5)
    for x in np.arange(-66, -2, 5.0):
        sketch.line(move([(x, top), (x, top + 22)], *place), 0.9, blend(trim, 0.0, 0.35), opacity=0.5)
    toe = curve([(40, 344), (56, 350), (80, 334), (78, 308), (62, 288)])
    heel = curve([(-76, 246), (-78, 272), (-66, 294), (-38, 302), (-46, 266)])
    for patch in (toe, heel):
        sketch.paint(move(patch, *place), trim, volume=6, within=True)


def _draw_strap(sketch: Sketch, radius: float) -> None:
    width = radius * 0.68
    strap = symmetric([(width * 0.82, 22), (width, 130), (width, 270), (width * 0.82, 378)])
    leather = replace(sketch.fabric, grain=0.012)
    sketch.paint(strap, leather, volume=11, depth=1.0, gloss=0.35)
    for side in (-1, 1):
        x = side * (width - 6)
        for part in ((28, 120), (280, 372)):
            sketch.line([(x, part[0]), (x, part[1])], 1.2, blend(sketch.base, 1.0, 0.4), opacity=0.55, dash=4)
    for y in np.arange(318, 366, 15.0):
        sketch.paint(ellipse(0, float(y), 2.6, 3.4), blend(sketch.base, 0.0, 0.6))
    for y in (20, 380):
        sketch.shade(ellipse(0, y, width, 30), 0.3, soft=10)


def _draw_bracelet(sketch: Sketch, radius: float, metal: Colour) -> None:
    width = radius * 0.66
    for number, y in enumerate(np.arange(24, 380, 15.0)):
        narrow = width * (1 - 0.2 * abs(y - 200) / 180)
        sketch.paint(box(-narrow, y, narrow, y + 14, round_by=3), blend(metal, 0.0, 0.06), volume=5, gloss=0.6)
        sketch.paint(
            box(-narrow * 0.36, y, narrow * 0.36, y + 14, round_by=3),
            blend(metal, 1.0, 0.12 + 0.1 * (number % 2)),
            volume=4,
            gloss=0.7,
        )
    for y in (22, 378):
        sketch.shade(ellipse(0, y, width, 34), 0.35, soft=10)


def _draw_dial(sketch: Sketch, centre: float, radius: float, dial: Colour) -> None:
    ink = lookup("White") if luminance(dial) < 0.5 else lookup("Black")
    for hour in range(12):
        angle = np.deg2rad(hour * 30)
        ray = np.array([np.sin(angle), -np.cos(angle)])
        inner, outer = radius * (0.76 if hour % 3 else 0.68), radius * 0.88
        sketch.line(
            move(np.stack([ray * inner, ray * outer]), 0, centre), 3.6 if hour % 3 == 0 else 2.2, ink, opacity=0.95
        )
    if sketch.detail.random() < 0.4:
        for x, y in ((-0.34, 0.05), (0.34, 0.05), (0.0, 0.4)):
            sketch.paint(ellipse(x * radius, centre + y * radius, radius * 0.2), blend(dial, ink, 0.22), volume=2)
    for degrees, length, width in ((-54.0, 0.5, 4.6), (62.0, 0.74, 3.4), (170.0, 0.7, 1.2)):
        angle = np.deg2rad(degrees)
        ray = np.array([np.sin(angle), -np.cos(angle)]) * radius
        colour = ink if width > 2 else lookup("Red")
        sketch.line(move(np.stack([-ray * 0.12, ray * length]), 0, centre), width, colour, opacity=1.0)
    sketch.dot(0, centre, 4, ink)


def _draw_buckle(sketch: Sketch, y: float, height: float) -> None:
    metal = lookup("Silver" if sketch.detail.random() < 0.75 else "Gold")
    x, half = -12, height * 0.62
    outer = box(x - 24, y - 5, x + 24, y + height + 5, round_by=6)
    sketch.shade(move(outer, 2, 3), 0.4, soft=3)
    sketch.line(np.concatenate([outer, outer[:2]]), 6.5, metal, opacity=1.0, within=False)
    sketch.line([(x - 22, y + height / 2), (x + 24, y + height / 2)], 4, blend(metal, 1.0, 0.2), opacity=1.0)
    keeper = box(x + 44, y - 3, x + 54, y + height + 3, round_by=2)
    sketch.paint(keeper, blend(sketch.base, 0.0, 0.25), volume=4, gloss=0.3)
    for hole in range(3):
        sketch.paint(
            ellipse(x + 64 + hole * 10, y + height / 2 - 1.2 * hole, 1.8),
            blend(sketch.base, 0.0, 0.7),
            within=True,
            opacity=min(1.0, half),
        )

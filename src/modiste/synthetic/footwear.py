"""Shoes and sandals, seen from the side and a little from above and from the toe, heel to the left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modiste.synthetic.geometry import Outline, Points, box, curve, ellipse, join, move, ribbon
from modiste.synthetic.palette import Colour, blend, lookup, luminance
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_casual_shoe", "draw_flip_flop", "draw_formal_shoe", "draw_heel", "draw_sandal", "draw_sports_shoe"]

# The sole's lower edge, from the heel (left, further away) to the toe (right, nearer to the viewer).
_GROUND: Points = [(-120, 222), (-88, 236), (-30, 252), (30, 268), (82, 280), (112, 274), (126, 256)]


def draw_casual_shoe(sketch: Sketch) -> None:
    """Draw a sneaker with a pale rubber sole and laces, or a slip-on; low or high."""
    high = bool(sketch.detail.random() < 0.25)
    slip_on = not high and bool(sketch.detail.random() < 0.3)
    pale = lookup("White") if sketch.detail.random() < 0.7 else lookup("Brown")
    _draw_opening(sketch, 38 if high else 0)
    _draw_upper(sketch, _upper(38 if high else 0), gloss=0.1)
    sketch.paint(
        _toe_cap(),
        pale if sketch.detail.random() < 0.5 and not slip_on else blend(sketch.base, 0.0, 0.06),
        volume=9,
        within=True,
    )
    sketch.line(_toe_seam(), 1.2, sketch.dark)
    _draw_heel_patch(sketch, blend(sketch.base, 0.0, 0.18))
    if slip_on:
        _draw_elastic(sketch)
    else:
        _draw_tongue_and_laces(sketch, 38 if high else 0)
    _draw_sole(sketch, blend(pale, 0.0, 0.04), 15)
    sketch.line(_along(_GROUND, -9), 1.6, sketch.second if slip_on else sketch.base, opacity=0.8)


def draw_sports_shoe(sketch: Sketch) -> None:
    """Draw a running shoe: panels, mesh, a swoosh of the second colour, a thick sole in two layers."""
    _draw_opening(sketch, 6)
    _draw_upper(sketch, _upper(6), gloss=0.16)
    accent, dark = sketch.second, blend(sketch.base, 0.0, 0.28)
    toe = join(curve([(76, 266), (98, 226), (126, 240)]), curve([(126, 240), (132, 258), (112, 272), (76, 266)]))
    sketch.paint(toe, dark, volume=7, within=True, gloss=0.2)
    panel = join(
        curve([(-122, 214), (-60, 214), (-20, 188), (10, 150)]), curve([(38, 172), (6, 214), (-26, 238), (-110, 234)])
    )
    sketch.paint(panel, blend(sketch.base, accent, 0.35), volume=6, within=True)
    for start, end, width in (((-66, 232), (-12, 146), 15), ((-34, 240), (18, 158), 11), ((-4, 246), (46, 176), 8)):
        middle = ((start[0] + end[0]) / 2 + 10, (start[1] + end[1]) / 2 + 8)
        sketch.paint(ribbon(curve([start, middle, end]), width), accent, volume=4, within=True, gloss=0.2)
    _draw_mesh(sketch)
    _draw_heel_patch(sketch, accent)
    _draw_tongue_and_laces(sketch, 6)
    _draw_sole(sketch, blend(lookup("White"), 0.0, 0.03), 28)
    _draw_tread(sketch, blend(accent, sketch.base, 0.3))


def draw_formal_shoe(sketch: Sketch) -> None:
    """Draw a leather shoe: polished, long toe, stacked heel, laced or with a strap."""
    _draw_opening(sketch, -26)
    _draw_upper(sketch, _upper(-26, toe=14), gloss=0.8)
    sketch.line(_toe_seam(), 1.4, sketch.dark)
    sketch.line(move(_toe_seam(), 5, 1), 0.8, sketch.dark, opacity=0.5)
    sketch.shade(ellipse(96, 238, 13, 7), -0.35, soft=5)
    sketch.shade(ribbon(curve([(-90, 196), (-40, 220), (20, 238)]), 7), -0.16, soft=5)
    vamp = join(
        curve([(-32, 232), (-10, 206), (22, 178)]),
        curve([(22, 178), (40, 196), (62, 206)]),
        curve([(62, 206), (30, 232), (-32, 232)]),
    )
    sketch.line(np.concatenate([vamp, vamp[:1]]), 1.2, sketch.dark, opacity=0.7)
    if sketch.detail.random() < 0.6:
        _draw_tongue_and_laces(sketch, -26, colour=blend(sketch.base, 0.0, 0.6), rows=4)
    else:
        sketch.paint(
            ribbon(curve([(0, 226), (26, 196), (54, 184)]), 15),
            blend(sketch.base, 0.0, 0.12),
            volume=5,
            within=True,
            gloss=0.5,
        )
    sole = blend(lookup("Black"), lookup("Brown"), 0.3)
    _draw_sole(sketch, sole, 6)
    sketch.paint(
        join(curve([(-121, 222), (-88, 236), (-54, 246)]), [(-56, 262), (-92, 252), (-119, 238)]), sole, volume=4
    )


def draw_heel(sketch: Sketch) -> None:
    """Draw a woman's shoe on a heel: a court shoe, open at the toe, or with straps."""
    height = float(sketch.detail.uniform(34, 74))
    kind = int(sketch.detail.choice((0, 0, 1, 2)))
    rear = 232 - height
    sole = curve([(-98, rear), (-58, rear + 16), (-10, rear + 22 + height * 0.5), (40, 264), (86, 278), (112, 272)])
    wedge = bool(sketch.detail.random() < 0.3)
    _draw_stiletto(sketch, rear, wedge, blend(sketch.base, 0.0, 0.25))
    inner = join(move(sole, 0, -3), move(sole[::-1], 4, -17))
    sketch.paint(inner, blend(lookup("Beige"), sketch.base, 0.25), volume=5)
    if kind == 0:
        _draw_court(sketch, rear, sole)
    else:
        _draw_straps(sketch, rear, ankle=kind == 2)
    sketch.paint(ribbon(sole, 5), blend(sketch.base, 0.0, 0.35), volume=2)


def draw_flip_flop(sketch: Sketch) -> None:
    """Draw a flip flop: a flat foam sole seen from above, and a strap that parts at the toe."""
    top = _flat_sole(0.84)
    side = blend(sketch.second, sketch.base, 0.35)
    sketch.paint(move(top, 0, 11), side, volume=5)
    sketch.paint(move(top, 0, 7), blend(side, 1.0, 0.25), volume=3)
    footbed = replace(sketch.fabric, scale=0.8, grain=0.02)
    sketch.paint(top, footbed, volume=10, depth=0.5)
    strap = sketch.second if sketch.spec.pattern == "solid" else blend(sketch.base, 0.0, 0.25)
    if luminance(abs(strap - sketch.base)) < 0.1:
        strap = blend(sketch.base, 0.0, 0.4)
    toe = (78.0, 226.0)
    for line in ([(-30, 236), (-6, 200), (40, 196), toe], [(-2, 190), (30, 176), (62, 194), toe]):
        path = curve(line)
        sketch.shade(ribbon(move(path, 1, 6), 12), 0.35, soft=4)
        sketch.paint(ribbon(path, np.linspace(18, 8, len(path)).tolist()), strap, volume=5, depth=0.9, gloss=0.3)
    sketch.dot(*toe, 5, strap)


def draw_sandal(sketch: Sketch) -> None:
    """Draw a sandal: a thick sole, broad straps over toe, instep and heel, with buckles."""
    top = _flat_sole()
    sole = blend(sketch.base, 0.0, 0.35)
    sketch.paint(move(top, 0, 17), sole, volume=6)
    for x in np.arange(-90, 120, 14.0):
        y = float(np.interp(x, [-110, 112], [222, 276]))
        sketch.line([(x, y - 8), (x - 3, y + 4)], 2, blend(sole, 0.0, 0.4), opacity=0.5)
    sketch.paint(top, blend(sketch.base, lookup("Beige"), 0.3), volume=9, depth=0.6)
    leather = replace(sketch.fabric, grain=0.006)
    for line, width in _sandal_straps(sketch):
        path = curve(line)
        sketch.shade(ribbon(move(path, 2, 6), width), 0.35, soft=4)
        sketch.paint(ribbon(path, width), leather, volume=6, depth=0.9, gloss=0.25)
        sketch.line(ribbon(path, width - 4)[: len(path)], 0.9, sketch.dark, opacity=0.6, dash=3)
        middle = path[len(path) // 2]
        if sketch.detail.random() < 0.5:
            sketch.paint(
                box(middle[0] - 5, middle[1] - 5, middle[0] + 5, middle[1] + 5, round_by=2), lookup("Silver"), volume=3
            )


def _upper(rise: float, toe: float = 0.0) -> Outline:
    """The outline of a closed shoe above the sole; ``rise`` lifts the ankle, ``toe`` lowers the toe box."""
    back = curve([(-118, 226), (-126, 190), (-120, 152 - rise), (-116, 136 - rise)])
    collar = curve([(-116, 136 - rise), (-88, 146 - rise * 0.9), (-54, 150 - rise), (-28, 134 - rise)])
    instep = curve(
        [
            (-28, 134 - rise),
            (0, 146 - rise * 0.6),
            (46, 182 + toe * 0.8),
            (88, 206 + toe),
            (120, 228 + toe),
            (131, 250 + toe * 0.4),
            (122, 264),
        ]
    )
    return join(back, collar, instep, np.asarray(_GROUND[::-1]))


def _draw_upper(sketch: Sketch, outline: Outline, *, gloss: float) -> None:
    fabric = replace(sketch.fabric, scale=0.55, focus=(0.0, 205.0, 22.0), grain=0.01 if gloss < 0.5 else 0.004)
    sketch.paint(outline, fabric, volume=24, depth=0.95, creases=4, gloss=gloss)


def _draw_opening(sketch: Sketch, rise: float) -> None:
    """Paint the lining that shows above the ankle's edge."""
    rim = join(
        curve([(-116, 138 - rise), (-100, 124 - rise), (-58, 118 - rise), (-28, 134 - rise)]),
        curve([(-26, 136 - rise), (-52, 158 - rise), (-90, 156 - rise), (-116, 140 - rise)]),
    )
    sketch.paint(rim, blend(sketch.base, 0.0, 0.6), volume=6)


def _along(points: Points, lift: float) -> Outline:
    return move(curve(points), 0, lift)


def _draw_sole(sketch: Sketch, colour: Colour, height: float) -> None:
    upper = move(curve(_GROUND), 0, -height * 0.55)
    lower = move(curve(_GROUND), 0, height * 0.45)
    outline = join(upper, [(130, 252)], lower[::-1])
    sketch.shade(move(outline, 0, -4), 0.3, soft=3)
    sketch.paint(outline, colour, volume=height * 0.4, depth=0.8)
    sketch.line(upper, 1.0, blend(colour, 0.0, 0.45), opacity=0.6)


def _draw_tread(sketch: Sketch, colour: Colour) -> None:
    sketch.paint(ribbon(_along(_GROUND, 9), 6), blend(colour, 0.0, 0.1), volume=2)
    for x in np.arange(-106, 112, 12.0):
        y = float(np.interp(x, *np.asarray(_GROUND, dtype=float).T)) + 9
        sketch.line([(x, y - 3), (x - 2, y + 4)], 2, blend(colour, 0.0, 0.6), opacity=0.5)


def _toe_cap() -> Outline:
    return join(curve([(64, 278), (66, 240), (90, 206)]), curve([(90, 206), (122, 226), (130, 252), (112, 276)]))


def _toe_seam() -> Outline:
    return curve([(56, 276), (62, 240), (86, 204)])


def _draw_heel_patch(sketch: Sketch, colour: Colour) -> None:
    patch = join(curve([(-126, 228), (-128, 186), (-120, 150)]), curve([(-98, 152), (-94, 190), (-76, 238)]))
    sketch.paint(patch, colour, volume=7, within=True)
    sketch.line(patch[len(patch) // 2 :], 1.0, blend(colour, 0.0, 0.5), opacity=0.6)


def _draw_elastic(sketch: Sketch) -> None:
    gore = join([(-38, 142), (-18, 140), (-4, 176)], [(-20, 184)])
    sketch.paint(gore, blend(sketch.base, 0.0, 0.45), volume=3, within=True)
    sketch.line(curve([(-54, 152), (-10, 190), (56, 196), (76, 206)]), 1.4, sketch.dark)


def _draw_tongue_and_laces(sketch: Sketch, rise: float, *, colour: Colour | None = None, rows: int = 5) -> None:
    tongue = join(
        curve([(-42, 142 - rise), (-30, 116 - rise), (-10, 124 - rise), (16, 154), (64, 192)]),
        curve([(64, 192), (26, 184), (-16, 158 - rise * 0.5), (-42, 142 - rise)]),
    )
    sketch.paint(tongue, blend(sketch.base, 0.0, 0.22), volume=7, within=rise < 0)
    lace = (
        colour
        if colour is not None
        else (lookup("White") if luminance(sketch.base) < 0.75 else blend(lookup("Grey"), 1.0, 0.3))
    )
    for share in np.linspace(0.06, 0.94, rows):
        x, y = -24 + share * 74, 138 - rise * (1 - share) + share * 50
        start, end = (x - 14, y + 12), (x + 9, y - 8)
        sketch.line([(start[0], start[1] + 2.5), (end[0], end[1] + 2.5)], 4.6, lookup("Black"), opacity=0.35)
        sketch.line([start, end], 4.2, lace, opacity=1.0)
        sketch.dot(start[0], start[1], 1.6, blend(lookup("Black"), lace, 0.3))


def _draw_mesh(sketch: Sketch) -> None:
    for x in np.arange(0, 86, 7.0):
        y = 196 + x * 0.28
        sketch.line([(x, y), (x - 14, y + 30)], 0.8, sketch.dark, opacity=0.35)


def _draw_stiletto(sketch: Sketch, rear: float, wedge: bool, colour: Colour) -> None:
    if wedge:
        outline = join(
            curve([(-100, rear), (-54, rear + 18), (0, 250), (40, 266)]), [(50, 272), (-40, 262)], [(-104, 252)]
        )
    else:
        outline = join(
            curve([(-100, rear - 2), (-100, rear + 26), (-94, 258)]),
            [(-82, 258)],
            curve([(-82, 258), (-76, rear + 34), (-50, rear + 18)]),
        )
    sketch.paint(outline, colour, volume=7, depth=0.9, gloss=0.4)


def _draw_court(sketch: Sketch, rear: float, sole: Outline) -> None:
    """Paint a closed upper: a heel cup, low sides and a toe."""
    quarter = join(
        curve([(-100, rear + 4), (-106, rear - 34), (-98, rear - 46)]),
        curve([(-98, rear - 46), (-66, rear - 22), (-20, rear + 2 + (232 - rear) * 0.4), (22, 226), (50, 226)]),
        sole[::-1][8:],
    )
    sketch.paint(quarter, sketch.fabric, volume=13, depth=0.95, gloss=0.6)
    toe = join(
        curve([(14, 246), (36, 222), (72, 232), (112, 254), (124, 266)]),
        curve([(124, 266), (112, 276), (80, 278), (36, 264), (14, 246)]),
    )
    sketch.paint(toe, sketch.fabric, volume=14, depth=0.95, gloss=0.6)
    sketch.shade(ellipse(86, 252, 12, 5), -0.3, soft=4)
    if sketch.detail.random() < 0.4:
        for side in (-1, 1):
            sketch.paint(ellipse(56 + side * 11, 230, 11, 7), blend(sketch.base, 0.0, 0.1), volume=5, gloss=0.4)
        sketch.dot(56, 230, 4, sketch.dark)


def _draw_straps(sketch: Sketch, rear: float, *, ankle: bool) -> None:
    lines: list[tuple[Points, float]] = [
        ([(28, 264), (40, 234), (64, 228), (92, 268)], 20),
        ([(0, 250), (18, 216), (42, 212), (58, 256)], 13),
    ]
    if ankle:
        ring = ellipse(-68, rear - 44, 32, 11) @ np.array([[1.0, 0.12], [0.0, 1.0]]) + (0, 8)
        sketch.paint(ribbon(np.concatenate([ring, ring[:1]]), 7), sketch.fabric, volume=4, depth=0.9, gloss=0.5)
        sketch.paint(box(-46, rear - 44, -36, rear - 32, round_by=2), lookup("Gold"), volume=2)
        lines.append(([(-96, rear + 6), (-105, rear - 20), (-99, rear - 46)], 11))
    else:
        lines.append(([(-90, rear + 4), (-106, rear - 24), (-66, rear - 20), (0, 206)], 8))
    for line, width in lines:
        path = curve(line)
        sketch.shade(ribbon(move(path, 1, 4), width), 0.3, soft=3)
        sketch.paint(ribbon(path, width), sketch.fabric, volume=5, depth=0.9, gloss=0.5)
    if sketch.detail.random() < 0.6:
        sketch.dot(50, 226, 5, lookup("Gold"))


def _flat_sole(flat: float = 1.0) -> Outline:
    """A foot's sole seen aslant from above, heel at the upper left; ``flat`` below 1 is seen from lower down."""
    far = curve([(-118, 206), (-110, 184), (-66, 176), (-12, 182), (44, 188), (98, 208), (124, 236)])
    near = curve([(124, 236), (126, 258), (104, 266), (52, 258), (-8, 242), (-70, 228), (-118, 206)])
    return join(far, near) * (1, flat) + (0, 225 * (1 - flat))


def _sandal_straps(sketch: Sketch) -> list[tuple[Points, float]]:
    wide = float(sketch.detail.uniform(17, 26))
    straps: list[tuple[Points, float]] = [
        ([(-112, 204), (-116, 172), (-98, 154), (-66, 156), (-38, 186)], wide * 0.72),
        ([(-98, 222), (-88, 188), (-58, 166), (-26, 160)], wide * 0.6),
        ([(-52, 240), (-38, 196), (-12, 160), (18, 158), (32, 180)], wide * 1.15),
        ([(22, 258), (40, 214), (70, 194), (100, 208)], wide * 1.2),
    ]
    if sketch.detail.random() < 0.5:
        straps.append(([(-18, 240), (10, 190), (50, 186)], wide * 0.6))
    return straps

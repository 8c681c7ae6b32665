"""What is worn above the waist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modiste.synthetic.cut import Cut, draw_body, draw_neckband, draw_ribbing, sleeve_end
from modiste.synthetic.figure import draw_legs, draw_lower_wear, draw_upper_body
from modiste.synthetic.geometry import Points, box, curve, ellipse, join, mirror, move, ribbon, symmetric
from modiste.synthetic.palette import blend, lookup, luminance
from modiste.synthetic.sketch import Sketch

__all__ = ["draw_dress", "draw_jacket", "draw_kurta", "draw_shirt", "draw_sweatshirt", "draw_top", "draw_tshirt"]


def draw_tshirt(sketch: Sketch) -> None:
    """Draw a T-shirt: round or pointed neck, ribbed band, sometimes a polo collar or a breast pocket."""
    kind = sketch.detail.random()
    cut = _fit(sketch, Cut(pointed=bool(kind > 0.8), dip=float(sketch.detail.uniform(24, 36))))
    _dress_figure(sketch, cut)
    draw_body(sketch, cut)
    if 0.6 < kind <= 0.8 and cut.sleeve != "sleeveless":
        _draw_placket(sketch, cut.top + cut.dip - 4, cut.top + 96, 3)
        _draw_collar(sketch, cut, 21)
        return
    draw_neckband(sketch, cut, 6, trim=bool(sketch.detail.random() < 0.25))
    if kind < 0.12 and sketch.spec.pattern == "solid":
        _draw_pocket(sketch, 176, cut.armpit_at - 12, 32, 36)


def draw_shirt(sketch: Sketch) -> None:
    """Draw a shirt: collar, button placket, cuffs, breast pocket, curved hem."""
    cut = _fit(sketch, Cut(dip=22, neck=27, sweep=14, bottom=322, cuff=29 if sketch.spec.sleeve == "short" else 19))
    _dress_figure(sketch, cut)
    draw_body(sketch, cut, creases=10)
    _draw_placket(sketch, cut.top + 16, cut.bottom + 8, 8)
    if sketch.detail.random() < 0.7:
        _draw_pocket(sketch, cut.chest * 0.3, cut.armpit_at - 16, cut.chest * 0.42, 40)
    if cut.sleeve == "long":
        _draw_cuffs(sketch, cut, 15)
    _draw_collar(sketch, cut, 26)


def draw_top(sketch: Sketch) -> None:
    """Draw a woman's top: wide neck, shaped waist, flared or gathered hem."""
    flare = float(sketch.detail.uniform(-2, 20))
    cut = Cut(
        neck=float(sketch.detail.uniform(32, 42)),
        dip=float(sketch.detail.uniform(34, 56)),
        pointed=bool(sketch.detail.random() < 0.35),
        shoulder=74,
        chest=68,
        waist=60 + flare * 0.3,
        hem=70 + flare,
        waist_at=200,
        bottom=312 if sketch.spec.length == "regular" else 342,
        sweep=8,
        cuff=25 if sketch.spec.sleeve == "short" else 18,
    )
    cut = _fit(sketch, cut)
    _dress_figure(sketch, cut)
    draw_body(sketch, cut, creases=12)
    draw_neckband(sketch, cut, 4)
    if flare > 8:
        _draw_gathers(sketch, cut)


def draw_kurta(sketch: Sketch) -> None:
    """Draw a kurta: long, straight, with a short placket, side slits and a decorated neck."""
    knee = sketch.spec.length == "knee"
    cut = Cut(top=44, neck=25, dip=24, shoulder=66, chest=62, waist=60, hem=74, waist_at=180, armhole=58, sweep=4)
    cut = replace(cut, bottom=372.0 if knee else 330.0, cuff=24 if sketch.spec.sleeve == "short" else 17)
    cut = _fit(sketch, cut)
    _dress_figure(sketch, cut)
    draw_body(sketch, cut, creases=12)
    if sketch.detail.random() < 0.6:
        _draw_yoke_ornament(sketch, cut)
    else:
        _draw_placket(sketch, cut.top + 22, cut.top + 100, 4)
    draw_neckband(sketch, cut, 5, trim=True)
    border = curve([(-cut.hem, cut.bottom - 10), (0, cut.bottom - 6), (cut.hem, cut.bottom - 10)])
    sketch.line(border, 9, sketch.second, opacity=0.85)
    for side in (1, -1):
        slit = [(side * (cut.hem - 7), cut.bottom - 62), (side * (cut.hem - 6), cut.bottom)]
        sketch.line(slit, 2, sketch.dark, opacity=0.5)


def draw_sweatshirt(sketch: Sketch) -> None:
    """Draw a sweatshirt: thick cloth, ribbed cuffs and hem, often a hood and a pouch pocket."""
    cut = _fit(
        sketch, Cut(sleeve="long", dip=24, neck=32, shoulder=81, chest=80, hem=74, bottom=306, cuff=19, spread=17)
    )
    _dress_figure(sketch, cut)
    hooded = bool(sketch.detail.random() < 0.55)
    if hooded:
        _draw_hood(sketch, cut)
    draw_body(sketch, cut, depth=0.9, creases=9, volume=28)
    draw_ribbing(sketch, cut, 17, trim=bool(sketch.detail.random() < 0.2))
    if not hooded:
        draw_neckband(sketch, cut, 9)
        return
    pouch = symmetric([(32, cut.bottom - 72), (52, cut.bottom - 26), (52, cut.bottom - 4)])
    sketch.paint(pouch, sketch.fabric, volume=6)
    sketch.line(np.concatenate([pouch, pouch[:1]]), 1.2, sketch.dark, opacity=0.7)
    _draw_hood_edge(sketch, cut)


def draw_jacket(sketch: Sketch) -> None:
    """Draw a jacket: zip, stand-up collar, slanted pockets, ribbed or plain hem."""
    cut = _fit(
        sketch,
        Cut(sleeve="long", dip=14, neck=30, shoulder=82, chest=81, waist=80, hem=77, bottom=310, cuff=21, spread=17),
    )
    _dress_figure(sketch, cut)
    leather = bool(sketch.detail.random() < 0.3 and sketch.spec.colour in ("Black", "Brown", "Maroon"))
    draw_body(sketch, cut, depth=1.0, creases=12, volume=26)
    draw_ribbing(sketch, cut, 15, trim=bool(sketch.detail.random() < 0.25))
    if leather:
        _draw_leather_gloss(sketch, cut)
    _draw_stand_collar(sketch, cut)
    _draw_zip(sketch, cut.top - 8, cut.bottom + 13)
    for side in (1, -1):
        pocket = [(side * 36, cut.bottom - 74), (side * 54, cut.bottom - 34)]
        sketch.line(pocket, 5, blend(sketch.base, 0.0, 0.3), opacity=0.8)
        sketch.line(pocket, 1.4, lookup("Silver"), opacity=0.9)
    yoke = curve([(-cut.chest + 8, cut.armpit_at - 18), (0, cut.armpit_at - 10), (cut.chest - 8, cut.armpit_at - 18)])
    sketch.line(yoke, 1.3, sketch.dark, opacity=0.6)


def draw_dress(sketch: Sketch) -> None:
    """Draw a dress: a fitted bodice, a waist seam, a skirt that falls in folds."""
    flare = float(sketch.detail.uniform(10, 50))
    bottom = 330.0 if sketch.spec.length == "mini" else 372.0
    cut = Cut(top=34, neck=30, dip=float(sketch.detail.uniform(26, 46)), pointed=bool(sketch.detail.random() < 0.4))
    cut = replace(
        cut, shoulder=58, chest=54, waist=44, hem=60 + flare, armhole=52, waist_at=150, bottom=bottom, sweep=9
    )
    cut = _fit(sketch, replace(cut, cuff=22 if sketch.spec.sleeve == "short" else 15), worn=0.97)
    _dress_figure(sketch, cut)
    draw_body(sketch, cut, creases=6)
    _draw_skirt_folds(sketch, cut, 6 + int(flare / 8))
    draw_neckband(sketch, cut, 4)
    waist = curve([(-cut.waist - 1, cut.waist_at), (0, cut.waist_at + 4), (cut.waist + 1, cut.waist_at)])
    if sketch.detail.random() < 0.5:
        sketch.line(waist, 9, blend(sketch.second, sketch.base, 0.2), opacity=0.95)
        sketch.shade(ribbon(move(waist, 0, 7), 5), 0.25, soft=2)
    else:
        sketch.line(waist, 1.6, sketch.dark, opacity=0.7)


def _fit(sketch: Sketch, cut: Cut, *, worn: float = 0.86) -> Cut:
    """Give a cut the product's own proportions, and the shape it takes on a figure."""
    wide, tall = float(sketch.detail.uniform(0.94, 1.06)), float(sketch.detail.uniform(0.97, 1.02))
    sleeve = sketch.spec.sleeve or cut.sleeve
    on_figure = sketch.view.worn
    wide *= worn if on_figure else 1.0
    spread = (14.0 if on_figure else 36.0) if sleeve == "short" else (8.0 if on_figure else 10.5)
    scaled = {name: getattr(cut, name) * wide for name in ("shoulder", "chest", "waist", "hem")}
    return replace(
        cut, sleeve=sleeve, spread=spread, bottom=cut.bottom * tall, cuff=cut.cuff * (0.9 if on_figure else 1), **scaled
    )


def _dress_figure(sketch: Sketch, cut: Cut) -> None:
    if not sketch.view.worn:
        return
    draw_upper_body(sketch, cut)
    if sketch.spec.article_type == "Dresses":
        draw_legs(sketch, cut.bottom - 60)
    else:
        slim = sketch.spec.article_type == "Kurtas"
        draw_lower_wear(sketch, cut.bottom - 60, min(cut.hem - 8, 58 if slim else 66), slim=slim)


def _draw_placket(sketch: Sketch, top: float, bottom: float, buttons: int) -> None:
    sketch.shade(box(7, top, 10, bottom), 0.22, soft=1.5)
    sketch.paint(box(-8, top, 8, bottom), sketch.fabric, volume=3, depth=0.4, within=True)
    for x in (-7.5, 7.5):
        sketch.line([(x, top), (x, bottom)], 0.9, sketch.dark, opacity=0.6)
    pale = blend(sketch.base, 1.0, 0.6) if luminance(sketch.base) < 0.7 else blend(sketch.base, 0.0, 0.35)
    for y in np.linspace(top + 14, bottom - 12, buttons):
        sketch.dot(0, float(y), 2.4, pale)


def _draw_collar(sketch: Sketch, cut: Cut, drop: float) -> None:
    """Paint a turned-down collar: the stand behind, and two leaves in front."""
    stand = join(
        curve([(-cut.neck, cut.top + 2), (0, cut.top - 9), (cut.neck, cut.top + 2)]),
        curve([(cut.neck, cut.top + 6), (0, cut.top + 8), (-cut.neck, cut.top + 6)]),
    )
    sketch.paint(stand, blend(sketch.base, 0.0, 0.2), volume=5)
    leaf = join(
        curve([(cut.neck - 6, cut.top - 7), (cut.neck - 10, cut.top + 8), (1, cut.top + 24)]),
        [(15, cut.top + 24 + drop), (cut.neck + 12, cut.top + 15)],
    )
    for outline in (leaf, mirror(leaf)):
        sketch.shade(move(outline, 0, 4), 0.3, soft=3)
        sketch.paint(outline, sketch.fabric, volume=6, depth=0.5)
        sketch.line(np.concatenate([outline, outline[:1]]), 1.1, sketch.dark, opacity=0.6)


def _draw_pocket(sketch: Sketch, left: float, top: float, width: float, height: float) -> None:
    right, bottom = left + width, top + height
    outline: Points = [(left, top), (right, top), (right, bottom - 5), ((left + right) / 2, bottom), (left, bottom - 5)]
    shape = np.array(outline)
    sketch.shade(move(shape, 1, 2), 0.14, soft=2)
    sketch.paint(shape, sketch.fabric, volume=3, depth=0.3)
    sketch.line(np.concatenate([shape, shape[:1]]), 1.0, sketch.dark, opacity=0.6)
    sketch.line([(left, top + 6), (right, top + 6)], 0.8, sketch.dark, opacity=0.4)


def _draw_cuffs(sketch: Sketch, cut: Cut, height: float) -> None:
    outer, inner = sleeve_end(cut)
    up = np.array([outer[1] - inner[1], inner[0] - outer[0]]) * (height / 2 / cut.cuff)
    cuff = np.stack([outer, outer + up, inner + up, inner])
    for outline in (cuff, mirror(cuff)):
        sketch.paint(outline, sketch.fabric, volume=5)
        sketch.line(np.concatenate([outline, outline[:1]]), 1.0, sketch.dark, opacity=0.6)


def _draw_gathers(sketch: Sketch, cut: Cut) -> None:
    waist = curve([(-cut.waist - 4, cut.waist_at), (0, cut.waist_at + 5), (cut.waist + 4, cut.waist_at)])
    sketch.line(waist, 1.4, sketch.dark, opacity=0.6)
    _draw_skirt_folds(sketch, cut, 7)


def _draw_skirt_folds(sketch: Sketch, cut: Cut, count: int) -> None:
    """Shade folds that fan out from the waist to the hem."""
    for place in np.linspace(-0.85, 0.85, count) + sketch.rng.uniform(-0.05, 0.05, count):
        start = (place * cut.waist, cut.waist_at + 6)
        end = (place * cut.hem * 1.02, cut.bottom + cut.sweep)
        fold = ribbon(
            curve([start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end]), np.linspace(1, 9, 17).tolist()
        )
        sketch.shade(fold, 0.24, soft=2.5)
        sketch.shade(move(fold, 7, 0), -0.1, soft=3)


def _draw_yoke_ornament(sketch: Sketch, cut: Cut) -> None:
    """Embroider the front below the neck: a panel with rows of small stitches."""
    low = cut.top + cut.dip + 62
    panel = symmetric([(17, cut.top + cut.dip - 10), (15, low)], [(0, low + 14)])
    sketch.paint(panel, blend(sketch.second, sketch.base, 0.15), volume=3, within=True)
    for y in np.arange(cut.top + cut.dip + 10, low, 9.0):
        for x in (-9.0, 0.0, 9.0):
            sketch.paint(ellipse(x, float(y), 2.2, steps=12), sketch.fabric.third, opacity=0.9, within=True)
    sketch.line(np.concatenate([panel, panel[:1]]), 1.4, sketch.dark, opacity=0.7)


def _draw_hood(sketch: Sketch, cut: Cut) -> None:
    """Paint the hood that lies behind the neck."""
    hood = symmetric(curve([(0, cut.top - 40), (34, cut.top - 30), (50, cut.top + 6), (42, cut.top + 26)]))
    if sketch.view.worn:
        hood = symmetric(curve([(20, cut.top - 16), (44, cut.top - 10), (50, cut.top + 12), (36, cut.top + 26)]))
        sketch.paint(
            ribbon(curve([(-44, cut.top + 14), (-30, cut.top - 10), (-18, cut.top - 14)]), 16), sketch.base, volume=8
        )
        sketch.paint(
            ribbon(curve([(18, cut.top - 14), (30, cut.top - 10), (44, cut.top + 14)]), 16), sketch.base, volume=8
        )
        return
    sketch.paint(hood, sketch.base, volume=14, depth=0.9, creases=3)
    inside = symmetric(curve([(0, cut.top - 26), (24, cut.top - 16), (32, cut.top + 16)]), [(0, cut.top + 36)])
    sketch.paint(inside, blend(sketch.base, 0.0, 0.4), volume=8)


def _draw_hood_edge(sketch: Sketch, cut: Cut) -> None:
    edge = curve([(40, cut.top - 4), (32, cut.top + 22), (2, cut.top + cut.dip + 10)])
    for line in (edge, mirror(edge)):
        sketch.paint(ribbon(line, 13), sketch.base, volume=6, depth=0.9)
        sketch.line(line, 0.9, sketch.dark, opacity=0.5)
    for x in (-9.0, 9.0):
        cord = curve([(x * 0.6, cut.top + cut.dip + 8), (x, cut.top + 70), (x * 0.9, cut.top + 104)])
        sketch.line(cord, 2.4, blend(sketch.second, 1.0, 0.2), opacity=1.0)


def _draw_stand_collar(sketch: Sketch, cut: Cut) -> None:
    back = join(
        curve([(-cut.neck, cut.top), (0, cut.top - 14), (cut.neck, cut.top)]),
        curve([(cut.neck, cut.top + 10), (0, cut.top + 14), (-cut.neck, cut.top + 10)]),
    )
    if not sketch.view.worn:
        sketch.paint(back, blend(sketch.base, 0.0, 0.35), volume=5)
    side = join(
        curve([(cut.neck - 4, cut.top - 10), (cut.neck + 5, cut.top + 6), (cut.neck + 4, cut.top + 12)]),
        curve([(18, cut.top + 26), (0, cut.top + 32), (0, cut.top + 10)]),
        [(12, cut.top + 4)],
    )
    for outline in (side, mirror(side)):
        sketch.paint(outline, sketch.base, volume=8, depth=0.8)
        sketch.line(np.concatenate([outline, outline[:1]]), 1.0, sketch.dark, opacity=0.5)


def _draw_zip(sketch: Sketch, top: float, bottom: float) -> None:
    sketch.line([(0, top), (0, bottom)], 6, blend(sketch.base, 0.0, 0.4), opacity=0.85)
    sketch.line([(0, top), (0, bottom)], 2, lookup("Silver"), opacity=0.95, dash=1.6)
    sketch.dot(0, top + 30, 3, lookup("Silver"))


def _draw_leather_gloss(sketch: Sketch, cut: Cut) -> None:
    for x in (-0.5, 0.45):
        streak = ribbon(
            curve(
                [
                    (x * cut.chest, cut.armpit_at - 20),
                    (x * cut.waist * 1.1, cut.waist_at),
                    (x * cut.hem, cut.bottom - 10),
                ]
            ),
            12,
        )
        sketch.shade(streak, -0.16, soft=8)

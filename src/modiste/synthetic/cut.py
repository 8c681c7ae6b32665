"""The cut of a garment's upper part: measures, outlines, and how its pieces are sewn together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modiste.synthetic.geometry import Outline, curve, join, mirror, move, ribbon, symmetric
from modiste.synthetic.palette import blend, luminance
from modiste.synthetic.sketch import Sketch

__all__ = ["Cut", "draw_body", "draw_neckband", "draw_ribbing", "front_outline", "sleeve_end", "sleeve_outline"]

_SLEEVE_LENGTH = {"short": 62.0, "long": 190.0}


@dataclass(frozen=True)
class Cut:
    """Measures of a garment's upper part, in units of the frame; widths are from the middle.

    Args:
        top: Height of the neck point.
        neck: Half width of the neck opening.
        dip: How far the front neckline reaches down.
        pointed: Whether the neckline is a V.
        shoulder: Half width at the shoulders.
        chest: Half width below the arms.
        waist: Half width at the waist.
        hem: Half width at the hem.
        armhole: How far the armhole reaches below the shoulder.
        waist_at: Height of the waist.
        bottom: Height of the hem.
        sweep: How far the hem hangs down in the middle.
        sleeve: "sleeveless", "short" or "long".
        spread: Angle of the sleeves to the vertical, in degrees.
        cuff: Half width at the sleeve's end.
    """

    top: float = 68
    neck: float = 31
    dip: float = 28
    pointed: bool = False
    shoulder: float = 83
    chest: float = 80
    waist: float = 77
    hem: float = 80
    armhole: float = 66
    waist_at: float = 220
    bottom: float = 330
    sweep: float = 5
    sleeve: str = "short"
    spread: float = 36
    cuff: float = 31

    @property
    def shoulder_at(self) -> float:
        """Height of the outer end of the shoulder."""
        return self.top + 18

    @property
    def armpit_at(self) -> float:
        """Height of the armpit."""
        return self.shoulder_at + self.armhole

    @property
    def side(self) -> Outline:
        """The right side seam, from the armpit to the hem."""
        return curve([(self.chest, self.armpit_at), (self.waist, self.waist_at), (self.hem, self.bottom)])


def neckline(cut: Cut) -> Outline:
    """Return the right half of the front neckline, from the shoulder to the middle."""
    if cut.pointed:
        low = cut.top + cut.dip
        return curve([(cut.neck, cut.top), (cut.neck * 0.5, cut.top + cut.dip * 0.58), (0, low)])
    angle = np.linspace(0, np.pi / 2, 12)
    return np.stack([cut.neck * np.cos(angle), cut.top + cut.dip * np.sin(angle)], axis=1)


def front_outline(cut: Cut) -> Outline:
    """Return the outline of the front, with its neckline cut out."""
    bare = cut.sleeve == "sleeveless"
    shoulder = cut.shoulder - (18 if bare else 0)
    armhole = curve(
        [
            (shoulder - 9, cut.shoulder_at - 5),
            (shoulder, cut.shoulder_at + 1),
            (min(shoulder, cut.chest) - 8, cut.shoulder_at + cut.armhole * 0.55),
            (cut.chest, cut.armpit_at),
        ]
    )
    low = cut.bottom + cut.sweep
    hem = curve([(cut.hem, cut.bottom), (cut.hem * 0.6, low - cut.sweep * 0.15), (0, low)])
    return symmetric(neckline(cut)[::-1], armhole, cut.side, hem)


def sleeve_end(cut: Cut) -> tuple[Outline, Outline]:
    """Return the outer and the inner corner of the right sleeve's end, and nothing for bare arms."""
    angle = np.deg2rad(cut.spread)
    along, aside = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    start = np.array([(cut.shoulder + cut.chest) / 2 - 6, cut.shoulder_at + cut.armhole * 0.46])
    centre = start + along * _SLEEVE_LENGTH[cut.sleeve]
    return centre + aside * cut.cuff, centre - aside * cut.cuff


def sleeve_outline(cut: Cut) -> Outline:
    """Return the outline of the right sleeve."""
    outer, inner = sleeve_end(cut)
    shoulder = np.array([cut.shoulder - 14, cut.shoulder_at - 5])
    armpit = np.array([cut.chest - 5, cut.armpit_at + 3])
    corner = np.array([cut.shoulder + 5, cut.shoulder_at + 6])
    bulge = corner + (outer - corner) * 0.35 + (3, -2)
    elbow = armpit + (inner - armpit) * 0.5 + (3, 4)
    upper = curve(np.stack([shoulder, corner, bulge, outer]))
    lower = curve(np.stack([inner, elbow, armpit])) if cut.sleeve == "long" else np.stack([inner, armpit])
    return join(upper, lower, [(cut.shoulder - 26, cut.shoulder_at + 26)])


def draw_body(sketch: Sketch, cut: Cut, *, depth: float = 0.75, creases: int = 8, volume: float = 24) -> None:
    """Paint back, sleeves and front, with the seams between them."""
    if not sketch.view.worn:
        _draw_back(sketch, cut)
    front = front_outline(cut)
    if cut.sleeve != "sleeveless":
        sleeve = sleeve_outline(cut)
        for outline in (sleeve, mirror(sleeve)):
            sketch.paint(outline, sketch.fabric, volume=15, depth=depth, creases=3)
        sketch.shade(front, 0.3, soft=5)
    sketch.paint(front, sketch.fabric, volume=volume, depth=depth, creases=creases)
    _draw_stitches(sketch, cut)


def draw_neckband(sketch: Sketch, cut: Cut, width: float, *, trim: bool = False) -> None:
    """Sew a ribbed band along the neckline."""
    half = neckline(replace(cut, dip=cut.dip + width / 2, neck=cut.neck + width / 4))
    colour = sketch.second if trim else blend(sketch.base, 0.0, 0.14)
    sketch.paint(ribbon(join(half, mirror(half)[1:]), width), colour, volume=width * 0.6, depth=0.9)
    outer = neckline(replace(cut, dip=cut.dip + width, neck=cut.neck + width * 0.6))
    sketch.line(join(outer, mirror(outer)[1:]), 0.9, sketch.dark, opacity=0.6)


def draw_ribbing(sketch: Sketch, cut: Cut, height: float, *, trim: bool = False) -> None:
    """Sew ribbed bands at the hem and at the ends of long sleeves."""
    colour = sketch.second if trim else blend(sketch.base, 0.0, 0.16)
    x = cut.hem + 1
    hem = [(-x, cut.bottom - 3), (x, cut.bottom - 3), (x - 6, cut.bottom + height)]
    band = join(hem, curve([(x - 6, cut.bottom + height), (0, cut.bottom + height + 3), (-x + 6, cut.bottom + height)]))
    sketch.paint(band, colour, volume=height * 0.45)
    for place in np.arange(-x + 6, x - 4, 4.0):
        sketch.line([(place, cut.bottom), (place, cut.bottom + height)], 0.8, sketch.dark, opacity=0.3)
    if cut.sleeve == "long":
        outer, inner = sleeve_end(cut)
        down = np.array([inner[1] - outer[1], outer[0] - inner[0]]) * (height / 2 / cut.cuff)
        cuff = np.stack([outer, outer + down - (2, 0), inner + move(down, 2, 0), inner])
        for outline in (cuff, mirror(cuff)):
            sketch.paint(outline, colour, volume=height * 0.45)


def _draw_back(sketch: Sketch, cut: Cut) -> None:
    """Paint the inside of the back, which shows in the neck opening."""
    rise = curve([(-cut.neck - 4, cut.top - 1), (0, cut.top + 7), (cut.neck + 4, cut.top - 1)])
    low = neckline(replace(cut, dip=cut.dip + 5))
    inside = join(rise, low, mirror(low))
    sketch.paint(inside, blend(sketch.base, 0.0, 0.3 if luminance(sketch.base) > 0.15 else 0.55))
    sketch.line(move(rise, 0, 3), 5, blend(sketch.base, 0.0, 0.15), opacity=0.9)


def _draw_stitches(sketch: Sketch, cut: Cut) -> None:
    low = cut.bottom + cut.sweep - 7
    hem = curve([(-cut.hem + 2, cut.bottom - 7), (0, low), (cut.hem - 2, cut.bottom - 7)])
    sketch.line(hem, 0.9, sketch.dark, opacity=0.5)
    if cut.sleeve == "sleeveless":
        return
    outer, inner = sleeve_end(cut)
    back = np.array([outer[1] - inner[1], inner[0] - outer[0]]) * (3.5 / cut.cuff)
    for line in (np.stack([outer, inner]) + back, mirror(np.stack([outer, inner]) + back)):
        sketch.line(line, 0.9, sketch.dark, opacity=0.5)
    seam = curve(
        [
            (cut.shoulder, cut.shoulder_at),
            (cut.shoulder - 9, cut.shoulder_at + cut.armhole * 0.5),
            (cut.chest, cut.armpit_at),
        ]
    )
    for line in (seam, mirror(seam)):
        sketch.line(line, 1.1, sketch.dark, opacity=0.45)

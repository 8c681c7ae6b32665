"""Fabrics: what colour a piece of cloth has at every place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.synthetic.light import Plane
from modiste.synthetic.palette import Colour, blend

__all__ = ["Fabric", "Tint"]

Tint = NDArray[np.float32]


@dataclass(frozen=True)
class Fabric:
    """A fabric with a pattern, cut from one bolt: neighbouring pieces continue each other.

    Args:
        pattern: A name of `modiste.synthetic.PATTERNS`.
        base: The main colour ``[3]``, which covers most of it.
        second: The colour of the pattern.
        third: A second colour of the pattern (flowers, prints).
        seed: Decides widths, distances and places.
        focus: Where a print sits, and where colour blocks part: x, y and half the width, in units of the frame.
        scale: Size of the pattern; 1 suits a garment that fills the frame.
        grain: Strength of the weave's texture, 0 for leather and plastic.
        turn: Direction of stripes and checks in degrees: 0 across the body, 90 along it.
    """

    pattern: str
    base: Colour
    second: Colour
    third: Colour
    seed: int = 0
    focus: tuple[float, float, float] = (0.0, 170.0, 45.0)
    scale: float = 1.0
    grain: float = 0.012
    turn: float = 0.0

    def paint(self, across: Plane, down: Plane, soft: float) -> Tint:
        """Return the colours ``[height, width, 3]`` at places given in units of the frame.

        Args:
            across: From the left, ``[height, width]``.
            down: From the top, ``[height, width]``.
            soft: Size of a pixel in units of the frame: edges are that soft, so that nothing flickers.
        """
        rng = np.random.default_rng(self.seed)
        painter = _PAINTERS[self.pattern]
        if self.turn and self.pattern in ("striped", "checked"):
            cos, sin = np.cos(np.deg2rad(self.turn)), np.sin(np.deg2rad(self.turn))
            across, down = across * cos + down * sin, down * cos - across * sin
        tint = painter(self, across, down, soft, rng)
        if self.grain:
            weave = np.random.default_rng(self.seed + 1).normal(0, self.grain, across.shape)
            tint = tint + weave[..., None].astype(np.float32)
        return np.asarray(tint, dtype=np.float32)


def _mix(base: Tint, colour: Colour, share: Plane) -> Tint:
    return base + (colour - base) * share[..., None]


def _step(distance: Plane, soft: float) -> Plane:
    """1 inside (negative distances), 0 outside, and a slope one pixel wide between."""
    return np.asarray(np.clip(0.5 - distance / max(soft, 1e-6), 0, 1), dtype=np.float32)


def _flat(fabric: Fabric, across: Plane) -> Tint:
    return np.broadcast_to(fabric.base, (*across.shape, 3)).astype(np.float32)


def _solid(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    return _flat(fabric, across)


def _bands(place: Plane, period: float, share: float, soft: float) -> Plane:
    phase = np.abs(np.mod(place, period) - period / 2)
    return _step((phase - share * period / 2).astype(np.float32), soft)


def _striped(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    period = float(rng.uniform(16, 34)) * fabric.scale
    return _mix(_flat(fabric, across), fabric.second, _bands(down, period, float(rng.uniform(0.22, 0.36)), soft))


def _checked(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    period = float(rng.uniform(22, 38)) * fabric.scale
    wide = float(rng.uniform(0.28, 0.4))
    tint = _flat(fabric, across)
    for place in (across, down):
        tint = _mix(tint, fabric.second, 0.42 * _bands(place, period, wide, soft))
        tint = _mix(tint, fabric.third, 0.5 * _bands(place + period / 2, period, 0.07, soft))
    return tint


def _dotted(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    period = float(rng.uniform(14, 26)) * fabric.scale
    radius = period * float(rng.uniform(0.17, 0.25))
    row = np.floor(down / period)
    x = np.mod(across + (row % 2) * period / 2, period) - period / 2
    y = np.mod(down, period) - period / 2
    return _mix(_flat(fabric, across), fabric.second, _step((np.hypot(x, y) - radius).astype(np.float32), soft))


def _printed(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    x0, y0, half = fabric.focus
    x, y = (across - x0) / half, (down - y0) / half
    fine = soft / half
    tint = _flat(fabric, across)
    emblem = _EMBLEMS[int(rng.integers(len(_EMBLEMS)))]
    tint = _mix(tint, fabric.second, emblem(x, y, fine, rng))
    # Two lines of lettering below the emblem: bars of the length of words.
    for line in range(2):
        tint = _mix(tint, fabric.third if line else fabric.second, _lettering(x, y, 0.95 + 0.32 * line, fine, rng))
    return tint


def _colourblocked(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    x0, y0, half = fabric.focus
    # On a small piece only a band leaves the main colour in the majority.
    kind = int(rng.integers(3)) if half >= 40 else 1
    if kind == 0:  # a yoke
        share = _step((down - (y0 - half * 0.45)).astype(np.float32), soft)
    elif kind == 1:  # a band
        share = _step((np.abs(down - y0 - half * 0.3) - half * 0.42).astype(np.float32), soft)
    else:  # the sides
        share = _step((half * 1.5 - np.abs(across - x0)).astype(np.float32), soft)
    return _mix(_flat(fabric, across), fabric.second, share)


def _floral(fabric: Fabric, across: Plane, down: Plane, soft: float, rng: np.random.Generator) -> Tint:
    cell = 30.0 * fabric.scale
    tint = _flat(fabric, across)
    offsets = rng.uniform(-0.16, 0.16, (7, 7, 2))
    turns = rng.uniform(0, 6.28, (7, 7))
    column, row = np.floor(across / cell).astype(int), np.floor(down / cell).astype(int)
    offset = offsets[row % 7, column % 7]
    x = across / cell - column - 0.5 - offset[..., 0]
    y = down / cell - row - 0.5 - offset[..., 1]
    radius, angle = np.hypot(x, y), np.arctan2(y, x) + turns[row % 7, column % 7]
    petals = 0.22 + 0.07 * np.cos(5 * angle)
    leaf = np.hypot((x - 0.2) * 1.0 + 0.1, (y - 0.24) * 2.2) - 0.17
    tint = _mix(tint, blend(fabric.third, fabric.base, 0.25), _step((leaf * cell).astype(np.float32), soft))
    tint = _mix(tint, fabric.second, _step(((radius - petals) * cell).astype(np.float32), soft))
    return _mix(tint, fabric.third, _step(((radius - 0.08) * cell).astype(np.float32), soft))


def _disc(x: Plane, y: Plane, fine: float, rng: np.random.Generator) -> Plane:
    radius = np.hypot(x, y)
    ring = _step((np.abs(radius - 0.62) - 0.1).astype(np.float32), fine)
    return np.maximum(ring, _step((np.abs(x + y) - 0.12).astype(np.float32), fine) * (radius < 0.62))


def _star(x: Plane, y: Plane, fine: float, rng: np.random.Generator) -> Plane:
    angle = np.arctan2(x, -y)
    spike = 0.42 + 0.28 * np.abs(np.mod(angle * 5 / (2 * np.pi) + 0.5, 1) - 0.5) * -2 + 0.28
    return _step((np.hypot(x, y) - spike).astype(np.float32), fine)


def _mountains(x: Plane, y: Plane, fine: float, rng: np.random.Generator) -> Plane:
    ridge = np.minimum(np.abs(x + 0.25) * 1.3 - 0.5, np.abs(x - 0.35) * 1.5 - 0.2)
    hills = _step(np.maximum(ridge - y, y - 0.6).astype(np.float32), fine) * (np.abs(x) < 0.95)
    return np.maximum(hills, _step((np.hypot(x - 0.5, y + 0.5) - 0.17).astype(np.float32), fine))


def _waves(x: Plane, y: Plane, fine: float, rng: np.random.Generator) -> Plane:
    wave = np.abs(np.mod(y + 0.13 * np.sin(x * 5), 0.36) - 0.18) - 0.07
    return _step(wave.astype(np.float32), fine) * (np.hypot(x, y) < 0.78)


def _lettering(x: Plane, y: Plane, line: float, fine: float, rng: np.random.Generator) -> Plane:
    inside = _step((np.abs(y - line) - 0.09).astype(np.float32), fine)
    cut = np.zeros_like(x)
    place = -0.85
    while place < 0.8:
        width = float(rng.uniform(0.06, 0.14))
        cut = np.maximum(cut, _step((np.abs(x - place - width / 2) - width / 2).astype(np.float32), fine))
        place += width + (0.16 if rng.random() < 0.2 else 0.045)
    return inside * cut


_EMBLEMS = (_disc, _star, _mountains, _waves)
_PAINTERS: dict[str, Callable[[Fabric, Plane, Plane, float, np.random.Generator], Tint]] = {
    "solid": _solid,
    "striped": _striped,
    "checked": _checked,
    "dotted": _dotted,
    "printed": _printed,
    "colourblocked": _colourblocked,
    "floral": _floral,
}

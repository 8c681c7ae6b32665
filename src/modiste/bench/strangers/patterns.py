"""Drawn patterns: noise, gradients, plans, fractals, cells, scribbles."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from modiste.bench.strangers.sheet import SIZE, Sheet, blend_sheet, pick_colour

__all__ = ["draw_cells", "draw_fractal", "draw_gradient", "draw_noise", "draw_plan", "draw_rings", "draw_scribble"]

_WIDTH, _HEIGHT = SIZE


def draw_noise(rng: np.random.Generator) -> Image.Image:
    """Independent pixels, grey or coloured, or coarse blotches."""
    kind = int(rng.integers(3))
    if kind < 2:
        shape = (_HEIGHT, _WIDTH, 3 if kind else 1)
        return Image.fromarray(np.broadcast_to(rng.integers(0, 256, shape), (_HEIGHT, _WIDTH, 3)).astype(np.uint8))
    step = int(rng.integers(3, 40))
    coarse = rng.integers(0, 256, (_HEIGHT // step + 2, _WIDTH // step + 2, 3)).astype(np.uint8)
    smooth = Image.Resampling.BICUBIC if rng.random() < 0.5 else Image.Resampling.NEAREST
    return Image.fromarray(coarse).resize(SIZE, smooth)


def _make_grid() -> tuple[np.ndarray, np.ndarray]:
    down, across = np.mgrid[:_HEIGHT, :_WIDTH] / _HEIGHT
    return down, across


def draw_gradient(rng: np.random.Generator) -> Image.Image:
    """One colour, or two that flow into each other."""
    down, across = _make_grid()
    angle = rng.uniform(0, 2 * math.pi)
    place = np.cos(angle) * across + np.sin(angle) * down if rng.random() < 0.6 else np.hypot(across - 0.4, down - 0.5)
    shares = (place - place.min()) / np.ptp(place)
    first = pick_colour(rng)
    return blend_sheet(shares, first, first if rng.random() < 0.2 else pick_colour(rng))


def draw_plan(rng: np.random.Generator) -> Image.Image:
    """Lines and boxes, as on a map or a plan."""
    sheet = Sheet(rng, white=0.8)
    for _ in range(sheet.number(6, 25)):
        ends = (rng.random((2, 2)) * (_WIDTH, _HEIGHT)).tolist()
        sheet.pen.line(
            [(ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])], fill=sheet.colour(), width=sheet.number(1, 7)
        )
    for _ in range(sheet.number(0, 10)):
        left, top = sheet.number(0, 200), sheet.number(0, 260)
        box = [left, top, left + sheet.number(10, 70), top + sheet.number(10, 70)]
        sheet.pen.rectangle(box, outline=sheet.colour(), fill=sheet.colour() if rng.random() < 0.4 else None, width=2)
    return sheet.picture


def draw_fractal(rng: np.random.Generator) -> Image.Image:
    """A Julia set: how soon points escape."""
    down, across = _make_grid()
    point = (across - 0.375) * 3.2 + 1j * (down - 0.5) * 3.2
    constant = 0.7885 * np.exp(1j * rng.uniform(0, 2 * math.pi))
    steps = np.zeros(point.shape)
    for _ in range(40):
        inside = np.abs(point) < 2
        point = np.where(inside, point * point + constant, point)
        steps += inside
    return blend_sheet(steps / 40, pick_colour(rng), pick_colour(rng))


def draw_cells(rng: np.random.Generator) -> Image.Image:
    """Areas of one colour each around random points, as countries on a map."""
    down, across = _make_grid()
    points = rng.random((int(rng.integers(5, 40)), 2)) * (1, _WIDTH / _HEIGHT)
    distances = np.stack([(down - y) ** 2 + (across - x) ** 2 for y, x in points.tolist()])
    tints = rng.integers(0, 256, (len(points), 3)).astype(np.uint8)
    return Image.fromarray(tints[distances.argmin(axis=0)])


def draw_rings(rng: np.random.Generator) -> Image.Image:
    """Two sets of rings over each other."""
    down, across = _make_grid()
    pace = rng.uniform(30, 160)
    waves = [np.sin(pace * np.hypot(down - rng.random(), across - rng.random() * 0.75)) for _ in range(2)]
    return blend_sheet((waves[0] + waves[1] + 2) / 4, pick_colour(rng), pick_colour(rng))


def draw_scribble(rng: np.random.Generator) -> Image.Image:
    """Strokes of a pen that go nowhere."""
    sheet = Sheet(rng, white=0.9)
    for _ in range(sheet.number(1, 5)):
        path = np.array([120, 160]) + np.cumsum(rng.normal(0, 9, (sheet.number(30, 120), 2)), axis=0)
        sheet.pen.line([(x, y) for x, y in path.tolist()], fill=sheet.colour(black=0.5), width=sheet.number(1, 5))
    return sheet.picture

"""Drawn scenes: landscapes, seas, night skies, houses, faces."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from modiste.bench.strangers.sheet import SIZE, Colour, Sheet, blend_sheet

__all__ = ["draw_face", "draw_house", "draw_landscape", "draw_line_face", "draw_night", "draw_sea"]

_WIDTH, _HEIGHT = SIZE
_SKIN: Final[tuple[Colour, ...]] = ((255, 224, 189), (224, 172, 105), (141, 85, 36), (255, 205, 60))


def _fill_sky(sheet: Sheet, upper: Colour, lower: Colour) -> None:
    shares = np.broadcast_to(np.linspace(0, 1, _HEIGHT)[:, None], (_HEIGHT, _WIDTH))
    sheet.picture.paste(blend_sheet(shares, upper, lower))


def draw_landscape(rng: np.random.Generator) -> Image.Image:
    """Hills one behind the other, perhaps with a sun."""
    sheet = Sheet(rng)
    _fill_sky(sheet, (sheet.number(90, 190), sheet.number(150, 220), 255), (255, 255, 255))
    if rng.random() < 0.6:
        left = sheet.number(20, 180)
        sheet.pen.ellipse([left, 20, left + 40, 60], fill=(255, 230, 120))
    across = np.arange(0, _WIDTH + 8, 8)
    for hill in range(sheet.number(2, 5)):
        wave = 18 * np.sin(across / rng.uniform(18, 60) + rng.uniform(0, 6)) + np.cumsum(rng.normal(0, 2, len(across)))
        ridge = zip(across.tolist(), (_HEIGHT * (0.4 + 0.15 * hill) + wave).tolist(), strict=True)
        green = (sheet.number(20, 120), sheet.number(80, 170), sheet.number(20, 110))
        sheet.pen.polygon([(0, _HEIGHT), *ridge, (_WIDTH, _HEIGHT)], fill=green)
    return sheet.picture


def draw_sea(rng: np.random.Generator) -> Image.Image:
    """A sunset over waves, perhaps with a sail."""
    sheet, horizon = Sheet(rng), int(rng.integers(120, 220))
    _fill_sky(sheet, (sheet.number(60, 160), 60, sheet.number(80, 160)), (255, sheet.number(120, 220), 60))
    middle = sheet.number(40, 200)
    sheet.pen.ellipse([middle - 30, horizon - 45, middle + 30, horizon + 15], fill=(255, 240, 150))
    sheet.pen.rectangle([0, horizon, _WIDTH, _HEIGHT], fill=(20, sheet.number(40, 90), sheet.number(90, 160)))
    for top in range(horizon + 6, _HEIGHT, 12):
        for left in range(sheet.number(-20, 10), _WIDTH, sheet.number(30, 50)):
            sheet.pen.arc([left, top, left + 26, top + 10], 180, 360, fill=(190, 210, 235), width=2)
    if rng.random() < 0.5:
        sheet.pen.polygon([(100, horizon + 5), (100, horizon - 60), (145, horizon + 5)], fill=(250, 250, 250))
    return sheet.picture


def draw_night(rng: np.random.Generator) -> Image.Image:
    """Stars and a moon."""
    sheet = Sheet(rng)
    _fill_sky(sheet, (0, 0, sheet.number(0, 40)), (10, 10, sheet.number(30, 90)))
    for x, y, size in (rng.random((sheet.number(40, 200), 3)) * (_WIDTH, _HEIGHT, 2.5)).tolist():
        sheet.pen.ellipse([x, y, x + size, y + size], fill=(255, 255, sheet.number(180, 256)))
    left, top, size = sheet.number(20, 150), sheet.number(20, 120), sheet.number(25, 70)
    sheet.pen.ellipse([left, top, left + size, top + size], fill=(235, 235, 220))
    return sheet.picture


def draw_house(rng: np.random.Generator) -> Image.Image:
    """A house with a roof, a door and windows."""
    sheet, left, top = Sheet(rng, white=0.3), int(rng.integers(20, 60)), int(rng.integers(110, 160))
    right, ground = left + sheet.number(120, 160), sheet.number(260, 300)
    sheet.pen.rectangle([left, top, right, ground], fill=sheet.colour())
    sheet.pen.polygon(
        [(left - 12, top), ((left + right) / 2, top - sheet.number(40, 90)), (right + 12, top)], fill=sheet.colour()
    )
    sheet.pen.rectangle([left + 15, ground - 60, left + 45, ground], fill=sheet.colour())
    pane = sheet.colour()
    for x in range(left + 55, right - 25, 32):
        sheet.pen.rectangle([x, top + 20, x + 22, top + 46], fill=pane, outline=(255, 255, 255), width=2)
    sheet.pen.rectangle([0, ground, _WIDTH, _HEIGHT], fill=(60, sheet.number(90, 160), 50))
    return sheet.picture


def draw_face(rng: np.random.Generator) -> Image.Image:
    """A painted face with hair, eyes, nose and mouth."""
    sheet, skin, wide = Sheet(rng, white=0.5), _SKIN[int(rng.integers(len(_SKIN)))], int(rng.integers(60, 95))
    high, x, y = int(wide * 1.25), 120, 160
    sheet.pen.ellipse([x - wide - 8, y - high - 18, x + wide + 8, y + high * 0.4], fill=sheet.colour())
    sheet.pen.ellipse([x - wide, y - high, x + wide, y + high], fill=skin)
    for side in (-1, 1):
        eye, level = x + side * wide * 0.42, y - high * 0.25
        sheet.pen.ellipse([eye - 14, level - 9, eye + 14, level + 9], fill=(255, 255, 255))
        sheet.pen.ellipse([eye - 6, level - 6, eye + 6, level + 6], fill=sheet.colour())
        sheet.pen.line([eye - 16, y - high * 0.42, eye + 16, y - high * 0.42], fill=(60, 40, 20), width=4)
    shade = (int(skin[0] * 0.85), int(skin[1] * 0.85), int(skin[2] * 0.85))
    sheet.pen.polygon([(x, y - 10), (x - 9, y + 22), (x + 9, y + 22)], fill=shade)
    mouth = [x - wide * 0.45, y + high * 0.2, x + wide * 0.45, y + high * 0.62]
    sheet.pen.arc(mouth, 20, 160, fill=(170, 40, 40), width=6)
    return sheet.picture.filter(ImageFilter.GaussianBlur(float(rng.random())))


def draw_line_face(rng: np.random.Generator) -> Image.Image:
    """A face of a few strokes, as children draw it."""
    sheet, width = Sheet(rng, white=0.8), int(rng.integers(2, 8))
    ink = sheet.colour(black=0.5)
    sheet.pen.ellipse([40, 70, 200, 250], outline=ink, width=width)
    for left in (80, 140):
        sheet.pen.ellipse([left, 125, left + sheet.number(8, 26), 125 + sheet.number(8, 26)], outline=ink, width=width)
    sheet.pen.line([(120, 150), (120 + sheet.number(-12, 12), 185)], fill=ink, width=width)
    start = sheet.number(0, 2) * 180
    sheet.pen.arc([80, 185, 160, 225], start, start + 180, fill=ink, width=width)
    for hair in range(50, 195, sheet.number(8, 22)):
        sheet.pen.line([(hair, 90), (hair + sheet.number(-12, 12), 55)], fill=ink, width=width)
    return sheet.picture

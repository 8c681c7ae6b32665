"""Drawn papers and screens: text, charts, codes, music, windows."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from modiste.bench.strangers.sheet import SIZE, Sheet

__all__ = [
    "draw_bar_code",
    "draw_chart",
    "draw_chequers",
    "draw_headline",
    "draw_heat_map",
    "draw_letter",
    "draw_music",
    "draw_page",
    "draw_pie",
    "draw_window",
]

_WIDTH, _HEIGHT = SIZE
_LETTERS = "ABCDEGHKMNQRSWXYZ&?@#%$12345678"


def draw_page(rng: np.random.Generator) -> Image.Image:
    """A page of text."""
    sheet, size = Sheet(rng), int(rng.integers(9, 26))
    colour = sheet.colour(black=0.7)
    for top in range(12, 310, int(size * 1.5)):
        sheet.write((14, top), sheet.words(9)[: sheet.number(8, 40)], size, colour)
    return sheet.picture


def draw_headline(rng: np.random.Generator) -> Image.Image:
    """A few large words."""
    sheet, size = Sheet(rng, white=0.5), int(rng.integers(34, 70))
    for line in range(sheet.number(1, 4)):
        sheet.write((sheet.number(5, 40), 60 + 70 * line), sheet.words(1).upper(), size, sheet.colour())
    return sheet.picture


def draw_letter(rng: np.random.Generator) -> Image.Image:
    """One huge letter or sign."""
    sheet = Sheet(rng)
    sign = str(rng.choice(list(_LETTERS)))
    sheet.write((sheet.number(20, 70), sheet.number(20, 60)), sign, sheet.number(130, 230), sheet.colour(black=0.4))
    return sheet.picture


def draw_chart(rng: np.random.Generator) -> Image.Image:
    """Bars, lines or dots between two axes."""
    sheet, kind = Sheet(rng, white=1), int(rng.integers(3))
    sheet.pen.line([(30, 40), (30, 280), (220, 280)], fill=(0, 0, 0), width=2)
    colour = sheet.colour()
    if kind == 0:
        count = sheet.number(3, 10)
        for bar in range(count):
            left = 36 + 180 * bar / count
            sheet.pen.rectangle([left, 280 - rng.uniform(20, 220), left + 120 / count, 279], fill=colour)
    elif kind == 1:
        for _ in range(sheet.number(1, 4)):
            heights = 160 + np.cumsum(rng.normal(0, 8, 40))
            sheet.pen.line([(32 + 4.6 * at, float(y)) for at, y in enumerate(heights)], fill=sheet.colour(), width=2)
    else:
        for x, y in rng.normal((125, 160), (35, 45), (60, 2)).tolist():
            sheet.pen.ellipse([x - 2, y - 2, x + 2, y + 2], fill=colour)
    sheet.write((80, 12), sheet.words(2), 16, (0, 0, 0))
    return sheet.picture


def draw_pie(rng: np.random.Generator) -> Image.Image:
    """A round cake in pieces."""
    sheet, angle = Sheet(rng, white=1), 0.0
    for share in rng.dirichlet(np.ones(sheet.number(2, 7))):
        sheet.pen.pieslice([35, 75, 205, 245], angle, angle + 360 * share, fill=sheet.colour())
        angle += 360 * float(share)
    return sheet.picture


def draw_heat_map(rng: np.random.Generator) -> Image.Image:
    """A table of coloured cells."""
    sheet, count = Sheet(rng, white=1), int(rng.integers(4, 12))
    first, second = np.array(sheet.colour()), np.array(sheet.colour())
    for row in range(count):
        for column in range(count):
            left, top, side = 20 + 200 * column / count, 60 + 200 * row / count, 200 / count
            share = rng.random()
            tint = tuple((first + (second - first) * share).astype(int).tolist())
            sheet.pen.rectangle([left, top, left + side, top + side], fill=tint)
    return sheet.picture


def draw_chequers(rng: np.random.Generator) -> Image.Image:
    """A square of black and white cells: a chessboard, or a code of the kind that telephones read."""
    count = int(rng.integers(4, 30))
    cells = rng.random((count, count)) < 0.5 if rng.random() < 0.7 else np.indices((count, count)).sum(axis=0) % 2 > 0
    sheet = Sheet(rng, white=1)
    small = Image.fromarray((~cells * 255).astype(np.uint8)).convert("RGB")
    sheet.picture.paste(small.resize((200, 200), Image.Resampling.NEAREST), (20, 60))
    return sheet.picture


def draw_bar_code(rng: np.random.Generator) -> Image.Image:
    """Black bars of different width, with digits below."""
    sheet, left = Sheet(rng, white=0.9), 25
    while left < 215:
        width = sheet.number(1, 7)
        sheet.pen.rectangle([left, 100, left + width, 210], fill=(0, 0, 0))
        left += width + sheet.number(1, 7)
    sheet.write((40, 215), " ".join(map(str, rng.integers(0, 10, 12))), 14, (0, 0, 0))
    return sheet.picture


def draw_music(rng: np.random.Generator) -> Image.Image:
    """Staves with notes."""
    sheet = Sheet(rng, white=0.9)
    for top in range(25, 280, 65):
        for line in range(5):
            sheet.pen.line([(10, top + 7 * line), (230, top + 7 * line)], fill=(0, 0, 0))
        for left in range(25, 220, sheet.number(14, 30)):
            y = top + sheet.number(-4, 30)
            sheet.pen.ellipse([left, y, left + 9, y + 7], fill=(0, 0, 0))
            sheet.pen.line([(left + 9, y + 3), (left + 9, y - 22)], fill=(0, 0, 0), width=2)
    return sheet.picture


def draw_window(rng: np.random.Generator) -> Image.Image:
    """A program's window: a bar, a list, boxes with text."""
    sheet = Sheet(rng, white=0.6)
    sheet.pen.rectangle([0, 0, _WIDTH, 26], fill=sheet.colour())
    sheet.pen.rectangle([0, 26, sheet.number(50, 90), _HEIGHT], fill=sheet.colour())
    for top in range(40, 300, sheet.number(28, 60)):
        sheet.write((8, top), sheet.words(1), 11, sheet.colour(black=0.5))
        sheet.pen.rounded_rectangle([100, top, 228, top + 22], 4, outline=sheet.colour(), width=2)
        sheet.write((106, top + 5), sheet.words(2), 10, sheet.colour(black=0.7))
    sheet.pen.ellipse([212, 6, 226, 20], fill=sheet.colour())
    sheet.pen.arc([10, 6, 24, 20], 0, 300 * math.sqrt(rng.random()), fill=sheet.colour(), width=3)
    return sheet.picture

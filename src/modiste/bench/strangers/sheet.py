"""What drawn strangers are drawn on: a sheet of 240x320, with random colours and words."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["SIZE", "Colour", "Sheet", "blend_sheet"]

SIZE: Final = (240, 320)
Colour = tuple[int, int, int]
_WORDS: Final = (
    *(
        "market",
        "river",
        "summer",
        "price",
        "north",
        "table",
        "window",
        "figure",
        "letter",
        "system",
        "garden",
        "number",
    ),
    *("paper", "stone", "city", "music", "winter", "glass", "order", "report", "the", "of", "and", "to", "in"),
)


class Sheet:
    """A sheet with a pen.

    Args:
        rng: Where everything random comes from.
        white: How often the sheet is white; else it has a random colour.
    """

    def __init__(self, rng: np.random.Generator, *, white: float = 0.7) -> None:
        self.rng = rng
        self.picture = Image.new("RGB", SIZE, (255, 255, 255) if rng.random() < white else pick_colour(rng))
        self.pen = ImageDraw.Draw(self.picture)

    def colour(self, *, black: float = 0.0) -> Colour:
        """Return a random colour, or black that often."""
        return (0, 0, 0) if self.rng.random() < black else pick_colour(self.rng)

    def number(self, low: int, high: int) -> int:
        """Return a random whole number, ``high`` excluded."""
        return int(self.rng.integers(low, high))

    def words(self, count: int) -> str:
        """Return random words."""
        return " ".join(str(word) for word in self.rng.choice(_WORDS, count))

    def write(self, place: tuple[float, float], text: str, size: int, colour: Colour) -> None:
        """Write text, its upper left corner at a place."""
        self.pen.text(place, text, fill=colour, font=ImageFont.load_default(size))


def pick_colour(rng: np.random.Generator) -> Colour:
    """Return a random colour."""
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue


def blend_sheet(shares: np.ndarray, first: Colour, second: Colour) -> Image.Image:
    """Return a picture between two colours.

    Args:
        shares: [height, width] in [0, 1], of the second colour.
        first: The colour where the share is 0.
        second: The colour where it is 1.
    """
    start, end = np.array(first, np.float64), np.array(second, np.float64)
    return Image.fromarray((start + (end - start) * shares[..., None]).astype(np.uint8))

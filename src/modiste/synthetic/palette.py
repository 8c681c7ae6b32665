"""Colours by the names that shops give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UnknownNameError

__all__ = ["COLOURS", "Colour", "blend", "jitter", "lookup", "luminance", "nearest_colour", "pick_contrast"]

Colour = NDArray[np.float32]
COLOURS: dict[str, tuple[int, int, int]] = {
    "Black": (34, 34, 38),
    "White": (240, 240, 240),
    "Blue": (66, 116, 190),
    "Navy Blue": (42, 50, 90),
    "Red": (200, 38, 52),
    "Green": (58, 146, 80),
    "Yellow": (242, 208, 70),
    "Pink": (238, 126, 166),
    "Purple": (126, 82, 150),
    "Grey": (164, 166, 168),
    "Brown": (110, 74, 54),
    "Beige": (212, 190, 154),
    "Orange": (238, 118, 34),
    "Maroon": (120, 32, 52),
    "Olive": (98, 98, 52),
    "Cream": (242, 230, 200),
    "Teal": (28, 128, 132),
    "Lavender": (182, 164, 216),
    "Peach": (248, 186, 156),
    "Silver": (196, 198, 202),
    "Gold": (206, 168, 84),
}


def lookup(name: str) -> Colour:
    """Return a colour of the palette as ``[3]`` in 0..1.

    Raises:
        UnknownNameError: There is no such colour.
    """
    if name not in COLOURS:
        raise UnknownNameError("colour", name, COLOURS)
    return np.asarray(np.array(COLOURS[name]) / 255, dtype=np.float32)


def luminance(colour: Colour) -> float:
    """Return how bright a colour ``[3]`` is, 0 black to 1 white (Rec. 709 weights on sRGB values).

    Example:
        >>> luminance(lookup("White")) > luminance(lookup("Black"))
        True
    """
    return float(colour @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32))


def blend(colour: Colour, other: Colour | float, share: float) -> Colour:
    """Mix a colour with another one, or with a grey (0 black, 1 white); share 0 leaves it as it is."""
    return (colour * (1 - share) + np.asarray(other, dtype=np.float32) * share).astype(np.float32)


def jitter(colour: Colour, rng: np.random.Generator, *, amount: float = 0.02) -> Colour:
    """Vary a colour as dyes vary, more in brightness than in hue, so that it keeps its name."""
    return np.clip(colour + rng.normal(0, amount) + rng.normal(0, amount / 3, 3), 0, 1).astype(np.float32)


def nearest_colour(colour: Colour) -> str:
    """Return the palette's name nearest to a colour ``[3]`` in 0..1.

    Example:
        >>> nearest_colour(lookup("Maroon"))
        'Maroon'
    """
    names = list(COLOURS)
    distances = [float(np.square(lookup(name) - colour).sum()) for name in names]
    return names[int(np.argmin(distances))]


def pick_contrast(name: str, rng: np.random.Generator) -> str:
    """Pick a second colour that can be told from the first one."""
    base = lookup(name)
    plain = ["White", "Black", "Navy Blue", "Grey", "Cream"]
    lively = ["Red", "Yellow", "Blue", "Pink", "Teal", "Orange", "Green"]
    pool = plain if rng.random() < 0.65 else lively
    far = [other for other in pool if float(np.abs(lookup(other) - base).sum()) > 0.6]
    return str(far[int(rng.integers(len(far)))]) if far else "White"

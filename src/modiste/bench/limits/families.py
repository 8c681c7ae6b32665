"""Which of the catalogue's colours look alike: families of neighbouring hues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["FAMILIES", "find_family"]

# Written down before the network's confusions were looked at, by what the names say.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "blue": ("Blue", "Navy Blue", "Turquoise Blue", "Teal"),
    "grey": ("Grey", "Silver", "Steel", "Charcoal", "Grey Melange", "Metallic"),
    "white": ("White", "Off White", "Cream"),
    "beige": ("Beige", "Skin", "Nude", "Khaki", "Tan", "Taupe", "Mushroom Brown"),
    "brown": ("Brown", "Coffee Brown", "Rust", "Copper", "Bronze"),
    "yellow": ("Yellow", "Gold", "Mustard"),
    "red": ("Red", "Maroon", "Burgundy"),
    "pink": ("Pink", "Peach", "Magenta", "Rose"),
    "purple": ("Purple", "Lavender", "Mauve"),
    "green": ("Green", "Olive", "Sea Green", "Lime Green", "Fluorescent Green"),
}


def find_family(colour: str) -> str:
    """Return the family of a colour; one that has none, such as Black or Multi, is its own.

    Example:
        >>> find_family("Navy Blue"), find_family("Black")
        ('blue', 'Black')
    """
    return next((name for name, members in FAMILIES.items() if colour in members), colour)

"""What titles name, on titles written by hand, and families of colours."""

from __future__ import annotations

import pytest

from modiste.bench.limits.families import FAMILIES, find_family
from modiste.bench.limits.titles import find_named, list_phrases

COLOURS = ("Black", "Blue", "Grey", "Grey Melange", "Navy Blue", "Red", "Skin", "Turquoise Blue", "White")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Lee Men Black Printed T-shirt", "Black"),
        ("Lee Men Navy Blue Shirt", "Navy Blue"),
        ("Lee Men Navy Shirt", "Navy Blue"),
        ("Lee Men Grey Melange Shirt", "Grey Melange"),
        ("Lee Men Blue and White Shirt", None),
        ("Lee Men Blue Shirt, in Blue", "Blue"),
        ("Lee Men Bluebell Shirt", None),
        ("Red Tape Men Casual Shoes", None),  # the brand is not read
        ("Lee Men Skin Shirt", None),  # names a material
        (None, None),
    ],
)
def test_colours_of_titles(title: str | None, named: str | None) -> None:
    assert find_named([title], list_phrases("baseColour", COLOURS), skip=2) == [named]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Puma Men's Shoes", "Men"),
        ("Puma Mens Shoes", "Men"),
        ("Puma Women Shoes", "Women"),
        ("Gini Girl's Top", "Girls"),
        ("Mr.Men Boys T-shirt", None),  # two are named
        ("Omen Watch", None),
    ],
)
def test_genders_of_titles(title: str, named: str | None) -> None:
    assert find_named([title], list_phrases("gender", ())) == [named]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Lee Men Polo T-Shirt", "Tshirts"),
        ("Lee Tshirts", "Tshirts"),
        ("Lee Dress Shirt", "Shirts"),
        ("Lee Top", "Tops"),
    ],
)
def test_types_of_titles(title: str, named: str) -> None:
    assert find_named([title], list_phrases("articleType", ("Tshirts", "Shirts", "Tops"))) == [named]


def test_usages_are_only_those_that_titles_use() -> None:
    assert list_phrases("usage", ("Casual", "NA", "Home")) == {"casual": "Casual"}


def test_a_colour_is_of_one_family() -> None:
    members = [colour for family in FAMILIES.values() for colour in family]
    assert len(members) == len(set(members))
    assert find_family("Teal") == "blue"
    assert find_family("Black") == "Black"

"""Fields and taxonomies: what they refuse, and JSON there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import ManifestError, UnknownNameError
from modiste.taxonomy import Field, Taxonomy

CATEGORY = Field("category", "single", ("Shoes", "Bags"))
TYPE = Field("type", "single", ("Heels", "Totes", "Other"), "category", {"Heels": ("Shoes",), "Totes": ("Bags",)})
STYLE = Field("style", "multi", ("boho", "retro"))
SHOP = Taxonomy((CATEGORY, TYPE, STYLE))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a", "double", ("x",)), "expected 'single' or 'multi'"),
        (("a", "single", ("x", "x")), "non-empty and differ"),
        (("a", "single", ("",)), "non-empty and differ"),
        (("a", "single", ("x",), "b", {"y": ("z",)}), "nests values it does not have: y"),
        (("a", "single", ("x",), None, {"x": ("z",)}), "names no parent field"),
    ],
)
def test_fields_that_contradict_themselves_are_refused(arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ManifestError, match=text):
        Field(*arguments)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((CATEGORY, CATEGORY), "two fields named 'category'"),
        ((TYPE, CATEGORY), "names 'category' as its parent"),
        ((Field("category", "multi", ("Shoes", "Bags")), TYPE), "a parent is a 'single' field"),
        ((CATEGORY, Field("m", "multi", ("x",), "category")), "and so is the child"),
        ((Field("category", "single", ("Shoes",)), TYPE), r"lacks: \['Bags'\]"),
    ],
)
def test_taxonomies_that_contradict_themselves_are_refused(fields: tuple[Field, ...], text: str) -> None:
    with pytest.raises(ManifestError, match=text):
        Taxonomy(fields)


def test_looking_up() -> None:
    assert (len(SHOP), len(TYPE), SHOP.names, [field.name for field in SHOP]) == (3, 3, SHOP.names, list(SHOP.names))
    assert SHOP["type"].index("Totes") == 1
    assert "style" in SHOP and "colour" not in SHOP
    with pytest.raises(UnknownNameError, match="did you mean 'style'"):
        SHOP["styles"]
    with pytest.raises(UnknownNameError, match="value of category 'shoes'; did you mean 'Shoes'"):
        CATEGORY.index("shoes")


def test_selecting() -> None:
    assert SHOP.select(("type", "category")).names == ("category", "type")
    alone = SHOP.select(("type",))
    assert (alone["type"].parent, dict(alone["type"].allowed)) == (None, {})
    with pytest.raises(UnknownNameError):
        SHOP.select(("colour",))


_NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True)


@given(_NAMES, _NAMES, st.data())
def test_json_there_and_back(above: list[str], below: list[str], data: st.DataObject) -> None:
    parents = st.lists(st.sampled_from(above), unique=True).map(tuple)
    allowed = data.draw(st.dictionaries(st.sampled_from(below), parents))
    taxonomy = Taxonomy((Field("a", "single", tuple(above)), Field("b", "single", tuple(below), "a", allowed), STYLE))
    assert Taxonomy.from_json(json.loads(json.dumps(taxonomy.to_json()))) == taxonomy

"""Fields that are learnt as one: all values, known where every part is, and refused where they would be confused."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.training.combining import combine_fields
from modiste.training.dataset import choose_parts, learn_taxonomy, read_items
from modiste.training.recipe import DataRecipe

LABELS: list[dict[str, Any]] = [
    {"kind": "heel", "season": "Fall", "usage": "Casual", "tags": ["new"]},
    {"kind": "heel", "season": "Summer", "usage": None, "tags": []},
    {"kind": "flat", "season": None, "usage": "Sports", "tags": ["new", "cheap"]},
    {"kind": "flat", "season": "Summer", "usage": "Casual", "tags": None},
]


@pytest.fixture
def shop() -> Manifest:
    rows = [
        {"item_id": str(at), "image": f"{at}.png", "source": "test"}
        | {f"label.{name}": value for name, value in labels.items()}
        for at, labels in enumerate(LABELS)
    ]
    return Manifest.from_rows(rows, parents={"usage": "season"})


def test_single_fields_become_one_of_many_values(shop: Manifest) -> None:
    combined = combine_fields(shop, {"attributes": ["season", "usage"]})
    assert combined.taxonomy.names == ("kind", "tags", "attributes")
    field = combined.taxonomy["attributes"]
    assert (field.kind, field.values) == ("multi", ("Fall", "Summer", "Casual", "Sports"))
    assert combined.labels("attributes").to_list() == [["Fall", "Casual"], None, None, ["Summer", "Casual"]]
    assert combined.labels("kind").to_list() == shop.labels("kind").to_list()


def test_fields_of_many_values_can_take_part(shop: Manifest) -> None:
    combined = combine_fields(shop, {"all": ["tags", "kind"]})
    assert combined.labels("all").to_list() == [["new", "heel"], ["heel"], ["new", "cheap", "flat"], None]


def test_nothing_to_combine_changes_nothing(shop: Manifest) -> None:
    assert combine_fields(shop, {}) is shop


@pytest.mark.parametrize(
    ("combine", "text"),
    [
        ({"attributes": ["season", "use"]}, "change data.combine: there is no field 'use'; did you mean 'usage'"),
        ({"kind": ["season", "usage"]}, "gives a combined field a name that the data has"),
        ({"a": ["season"], "b": ["season"]}, "uses a field twice"),
    ],
)
def test_what_can_t_be_combined_is_refused(shop: Manifest, combine: dict[str, list[str]], text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        combine_fields(shop, combine)


def test_a_value_that_two_parts_have_is_refused() -> None:
    rows = [
        {"item_id": str(at), "image": "x", "source": "test", "label.a": a, "label.b": b}
        for at, (a, b) in enumerate([("x", "y"), ("z", "x")])
    ]
    with pytest.raises(RecipeError, match="several of a, b have the value 'x'"):
        combine_fields(Manifest.from_rows(rows), {"both": ["a", "b"]})


def test_a_recipe_learns_the_combined_field(shop: Manifest, tmp_path: Any) -> None:
    recipe = DataRecipe(fields=("kind", "attributes"), combine={"attributes": ("season", "usage")}, validation=0.5)
    train, validation = choose_parts(shop, recipe, tmp_path, seed=1)
    taxonomy = learn_taxonomy(Manifest(train.taxonomy, train.items.vstack(validation.items)), recipe)
    assert taxonomy.names == ("kind", "attributes")
    items = read_items(combine_fields(shop, recipe.combine), taxonomy)
    assert items.known[:, 1].tolist() == [True, False, False, True]
    assert items.targets[0, 2:].tolist() == [1, 1, 0]  # Casual, Fall, Summer: sorted, as the training part has them

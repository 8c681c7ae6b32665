"""What a recipe selects, merges, caps and samples, beside plain counting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.training.dataset import choose_parts
from modiste.training.recipe import DataRecipe
from modiste.training.selection import limit_training, select_items


def make_items(**counts: int) -> Manifest:
    """Items of the field "kind", so many of each value, with tags; every tenth item of a value is of validation."""
    rows: list[dict[str, Any]] = []
    for value, count in counts.items():
        for number in range(count):
            part = "validation" if number % 10 == 9 else "train"
            tags = ["even"] if number % 2 == 0 else ["odd", value]
            labels = {"label.kind": value, "label.tags": tags}
            rows.append({"item_id": f"{value}{number}", "image": "x", "source": "x", "split": part, **labels})
    return Manifest.from_rows(rows)


def count(manifest: Manifest, field: str = "kind") -> dict[str, int]:
    return dict(Counter(manifest.labels(field)))


def test_values_are_selected_then_merged() -> None:
    recipe = DataRecipe(only={"kind": ("a", "b", "c")}, merge={"kind": {"bc": ("b", "c")}})
    assert count(select_items(make_items(a=4, b=3, c=2, d=5), recipe)) == {"a": 4, "bc": 5}


def test_items_with_any_of_the_values_of_a_field_of_many_stay() -> None:
    chosen = select_items(make_items(a=4, b=4), DataRecipe(only={"tags": ("a", "even")}))
    assert count(chosen) == {"a": 4, "b": 2}


def test_an_existing_value_can_take_others_in() -> None:
    recipe = DataRecipe(merge={"kind": {"a": ("b",)}})
    assert count(select_items(make_items(a=4, b=3), recipe)) == {"a": 7}


def test_a_cap_is_a_multiple_of_the_mean() -> None:
    train = make_items(a=60, b=20, c=10)  # a mean of 30
    assert count(limit_training(train, DataRecipe(cap=1.5), seed=1)) == {"a": 45, "b": 20, "c": 10}


def test_a_sample_keeps_the_shares() -> None:
    kept = limit_training(make_items(a=60, b=20, c=10), DataRecipe(sample=45), seed=1)
    assert count(kept) == {"a": 30, "b": 10, "c": 5}


def test_a_sample_is_taken_of_what_the_cap_left() -> None:
    kept = limit_training(make_items(a=60, b=20, c=10), DataRecipe(cap=1.0, sample=30), seed=1)
    assert count(kept) == {"a": 15, "b": 10, "c": 5}


def test_another_seed_keeps_other_items_and_the_same_one_the_same() -> None:
    train, recipe = make_items(a=60, b=20), DataRecipe(sample=20)
    kept = [set(limit_training(train, recipe, seed=seed).items["item_id"]) for seed in (1, 1, 2)]
    assert kept[0] == kept[1] != kept[2]


def test_the_validation_part_is_selected_and_never_limited() -> None:
    recipe = DataRecipe(only={"kind": ("a", "b")}, sample=10, balance_by="kind")
    train, validation = choose_parts(make_items(a=60, b=20, c=50), recipe, Path(), seed=1)
    assert len(train) == 10
    assert count(validation) == {"a": 6, "b": 2}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"only": {"colour": ("red",)}}, r"change data\.only\.colour: .*'colour'"),
        ({"only": {"kind": ("z",)}}, r"change data\.only\.kind: .*'z'"),
        ({"merge": {"colour": {"red": ("pink",)}}}, r"change data\.merge\.colour: .*'colour'"),
        ({"merge": {"kind": {"b": ("z",)}}}, r"change data\.merge\.kind: .*'z'"),
        ({"merge": {"tags": {"b": ("even",)}}}, r"change data\.merge\.tags: 'tags' has several values"),
        ({"cap": 1.0, "balance_by": "tags"}, r"change data\.balance_by: 'tags' has several values"),
        ({"sample": 9, "balance_by": "colour"}, r"change data\.balance_by: .*'colour'"),
        ({"sample": 9, "fields": ("tags",)}, r"write data\.balance_by"),
        ({"cap": 0.01}, r"change data\.balance_by: the cap is"),
    ],
)
def test_what_does_not_fit_the_data_is_refused_by_its_line(data: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        choose_parts(make_items(a=20, b=20), DataRecipe.model_validate(data), Path(), seed=1)


def test_a_selection_of_nothing_is_refused() -> None:
    both = {"kind": ("a",), "tags": ("b",)}
    with pytest.raises(RecipeError, match="0 items to train on"):
        choose_parts(make_items(a=20, b=20), DataRecipe(only=both), Path(), seed=1)

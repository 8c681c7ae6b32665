"""What a recipe may say of silence: fields that ship, and the one that tells which of them a product has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

pytest.importorskip("torch")

from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.training import Recipe, TrainingRun
from modiste.training.recipe import SilenceRecipe

STAGE = {"name": "all", "height": 32, "width": 24, "batch_size": 8, "epochs": 1, "rate": 3e-3}


def make_recipe(silence: dict[str, Any], **data: Any) -> Recipe:
    trunk = {"name": "test_efficientnet", "weights": "none"}
    tables = {"name": "x", "trunk": trunk, "data": data, "silence": silence, "stages": [STAGE]}
    return Recipe.model_validate(tables)


@pytest.mark.parametrize(
    ("silence", "text"),
    [
        ({"fields": ["tone"]}, "fields and under belong together"),
        ({"under": "colour"}, "fields and under belong together"),
        ({"fields": ["tone", "colour"], "under": "colour"}, "under = 'colour' is itself among the fields"),
        ({"fields": ["tone"], "under": "colour", "precision": 1.5}, "less than or equal to 1"),
    ],
)
def test_a_table_that_can_t_be_meant_is_refused(silence: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        SilenceRecipe.model_validate(silence)


@pytest.mark.parametrize(
    ("silence", "data", "text"),
    [
        (
            {"fields": ["neck"], "under": "colour"},
            {},
            "change silence.under or silence.fields: there is no field 'neck'",
        ),
        ({"fields": ["tone"], "under": "tags"}, {}, "silence.under = 'tags': expected a single field"),
        ({"fields": ["tone"], "under": "colour"}, {"training_only": ["colour"]}, "silence.under = 'colour': expected"),
        ({"fields": ["tone"], "under": "colour"}, {"training_only": ["tone"]}, "silence.fields names tone, which"),
    ],
)
def test_fields_that_the_bundle_does_not_say_are_refused(
    squares: Manifest, tmp_path: Path, silence: dict[str, Any], data: dict[str, Any], text: str
) -> None:
    with pytest.raises(RecipeError, match=text):
        TrainingRun.prepare(make_recipe(silence, **data), tmp_path, squares, tmp_path)


def test_a_table_that_fits_is_taken(squares: Manifest, tmp_path: Path) -> None:
    run = TrainingRun.prepare(make_recipe({"fields": ["tone"], "under": "colour"}), tmp_path, squares, tmp_path)
    assert TrainingRun.reopen(tmp_path).recipe.silence == run.recipe.silence

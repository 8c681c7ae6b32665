"""What is trained and how it answers: the highest score of a level, attributes from .75 on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from modiste.bench.structured_output.running import VARIANTS
from modiste.bench.structured_output.training import KINDS, Variant, answer_as_published, change_heads
from modiste.bench.trainings import read_recipe
from modiste.bundle import BundleSpec
from modiste.imaging import Preprocessing
from modiste.taxonomy import Field, Taxonomy

TAXONOMY = Taxonomy(
    (
        Field("subCategory", "single", ("Bags", "Shoes")),
        Field("articleType", "single", ("Flats", "Heels", "Purses"), parent="subCategory"),
        Field("attributes", "multi", ("Casual", "Fall")),
    )
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [True, False])
def test_only_the_heads_and_the_weights_of_the_values_change(kind: str, weighted: bool) -> None:
    recipe = read_recipe("structured-output")
    changed = change_heads(recipe, Variant(kind, weighted))
    assert changed.heads.kind == kind
    assert bool(changed.heads.levels) == (kind != "linear")
    assert changed.loss.class_weights == ("inverse_frequency" if weighted else "none")
    assert (changed.data.cap, changed.data.sample) == (None, None)
    assert [stage.name for stage in changed.stages] == ["heads"]
    assert changed.stages[0] == recipe.stages[0]
    kept = {"heads": recipe.heads, "loss": recipe.loss, "data": recipe.data, "stages": recipe.stages}
    assert changed.model_copy(update=kept) == recipe


def test_fine_tuning_goes_on_with_the_recipes_second_stage() -> None:
    recipe = read_recipe("structured-output")
    changed = change_heads(recipe, Variant("message_passing", tuned=True))
    assert changed.stages == recipe.stages
    assert not changed.stages[-1].trunk_is_frozen


def test_every_variant_has_a_name_of_its_own_and_what_is_fine_tuned_stands_beside_it_frozen() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    tuned = [variant for variant in VARIANTS if variant.tuned]
    assert [variant.name for variant in tuned] == [
        "message passing, fine-tuned",
        "message passing, unweighted, fine-tuned",
    ]
    assert {replace(variant, tuned=False) for variant in tuned} <= set(VARIANTS)


def test_the_recipe_is_the_published_system_but_for_its_trunk() -> None:
    recipe = read_recipe("structured-output")
    heads, stage = recipe.heads, recipe.stages[0]
    assert (heads.kind, heads.width, heads.dropout, heads.l2) == ("message_passing", 1024, 0.3, 5e-4)
    assert heads.levels == (("subCategory",), ("articleType",), ("attributes",))
    assert (stage.optimiser, stage.rate) == ("adam", 1e-3)
    assert (recipe.data.cap, recipe.data.sample, recipe.data.balance_by) == (4.0, 25_000, "subCategory")
    assert recipe.loss.class_weights == "inverse_frequency"
    assert recipe.calibration.thresholds == 0.75


def test_each_level_answers_for_itself_and_attributes_from_three_quarters_on() -> None:
    sure, unsure = 1.2, 1.0  # sigmoid .769 and .731
    logits = np.array([[3, 0, 0, 2, 1, sure, unsure], [0, 1, 0, 0, 5, unsure, sure]], dtype=np.float32)
    numbers = Preprocessing(height=16, width=16).to_json()
    spec = BundleSpec(name="x", fields=TAXONOMY.to_json(), preprocessing=numbers, embedding_size=8)
    told = answer_as_published(spec.model_copy(update={"temperatures": {"attributes": 9.0}}), ["a", "b"], logits)
    # A bag that is a heel: no level is asked whether it fits the other one.
    assert told.chosen["subCategory"].argmax(axis=1).tolist() == [0, 1]
    assert told.chosen["articleType"].argmax(axis=1).tolist() == [1, 2]
    assert told.chosen["attributes"].tolist() == [[True, False], [False, True]]
    np.testing.assert_allclose(told.scores["attributes"][0], 1 / (1 + np.exp([-sure, -unsure])), rtol=1e-5)

"""S0 in seconds: each kind of heads learns the hierarchy of drawn garments, from the recipe to the bundle's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from modiste.evaluation import Evaluation, MultiResult, SingleResult, predict_items, score_predictions
from modiste.manifest import Manifest
from modiste.training import Recipe, TrainingRun, export_run, find_recipe, fit, load_recipe
from modiste.training.combining import combine_fields

RECIPE = "smoke/structured-output"


def change_kind(recipe: Recipe, kind: str) -> Recipe:
    heads: dict[str, Any] = recipe.heads.model_dump() | {"kind": kind}
    if kind == "linear":
        heads["levels"] = ()
    return Recipe.model_validate(recipe.model_dump() | {"heads": heads})


def judge_kind(kind: str, garments: Manifest, unseen: Manifest, folder: Path) -> Evaluation:
    path = find_recipe(RECIPE)
    recipe = change_kind(load_recipe(path), kind)
    run = TrainingRun.prepare(recipe, path.parent, garments, folder / "run")
    fit(run, device="cpu")
    bundle = export_run(run, folder / "bundle", name=kind.replace("_", "-"), training={"data": "drawn"})
    judged = combine_fields(unseen, recipe.data.combine)
    told = predict_items(bundle, judged, threads=1).predictions
    return score_predictions(judged, told, training=run.read_training_part(), replicates=10)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["message_passing", "conditional", "linear"])
def test_the_hierarchy_is_learnt(kind: str, garments: Manifest, unseen: Manifest, tmp_path: Path) -> None:
    """Garments that the training has not seen: far above the majority on each level."""
    found = judge_kind(kind, garments, unseen, tmp_path)
    for name, margin in (("masterCategory", 0.2), ("articleType", 0.35)):
        result = found[name]
        assert isinstance(result, SingleResult)
        assert result.majority is not None
        assert result.accuracy.value >= result.majority + margin, f"{name}: {result.accuracy}, {result.majority:.2f}"
    attributes = found["attributes"]
    assert isinstance(attributes, MultiResult)
    assert attributes.majority is not None
    assert attributes.micro_f1.value >= attributes.majority + 0.05, f"{attributes.micro_f1}, {attributes.majority:.2f}"

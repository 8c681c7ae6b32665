"""S2 and S4 in seconds: their networks of our own learn drawn garments, from the recipe to the bundle's answers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from modiste.evaluation import SingleResult, predict_items, score_predictions
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop
from modiste.training import TrainingRun, export_run, find_recipe, fit, load_recipe
from modiste.training.selection import select_items

SHOPS = {
    "master-category": ["Tshirts", "Jeans", "Watches", "Casual Shoes"],
    "own-search": ["Dresses", "Sweatshirts", "Shirts", "Jeans"],
}
CLASSES = {
    "master-category": ("Apparel", "Worn beside"),
    "own-search": ("dress", "pullover", "shirt"),
}


def draw(folder: Path, name: str, count: int, seed: int) -> Manifest:
    return read_source(write_shop(folder / "shop", count, seed=seed, size=(30, 40), types=SHOPS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOPS)
def test_the_classes_are_learnt(name: str, tmp_path: Path) -> None:
    """Garments that the training has not seen: far above the majority."""
    path = find_recipe(f"smoke/{name}")
    recipe = load_recipe(path)
    run = TrainingRun.prepare(recipe, path.parent, draw(tmp_path, name, 160, 1), tmp_path / "run")
    fit(run, device="cpu")
    bundle = export_run(run, tmp_path / "bundle", name=name, training={"data": "drawn"})
    (field,) = bundle.spec.taxonomy
    assert field.values == CLASSES[name]
    unseen = select_items(draw(tmp_path / "unseen", name, 80, 99), recipe.data)
    told = predict_items(bundle, unseen, threads=1).predictions
    found = score_predictions(unseen, told, training=run.read_training_part(), replicates=10)[field.name]
    assert isinstance(found, SingleResult)
    assert found.majority is not None
    assert found.accuracy.value >= found.majority + 0.2, f"{found.accuracy}, {found.majority:.2f}"

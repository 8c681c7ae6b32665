"""S1 in seconds: with each of its losses, drawn garments of one type come to lie near each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from modiste.evaluation import predict_items, score_retrieval
from modiste.imaging import PictureSource
from modiste.manifest import LABEL, Manifest
from modiste.readers import read_source
from modiste.runtime import Network
from modiste.training import Recipe, TrainingRun, export_run, find_recipe, fit, load_recipe
from modiste.training.dataset import read_items
from modiste.writers import write_dataset

PLAIN = {"triplet_weight": 0.0, "triplet_field": None}


def change_loss(changes: dict[str, Any]) -> Recipe:
    recipe = load_recipe(find_recipe("smoke/similarity"))
    return Recipe.model_validate(recipe.model_dump() | {"loss": recipe.loss.model_dump() | changes})


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{}, PLAIN, {"cross_entropy_weight": 0.0}, {"miner": "hard"}, {"miner": "random"}],
    ids=["both", "cross-entropy", "triplets", "hard", "random"],
)
def test_garments_of_a_type_lie_together(
    changes: dict[str, Any], garments: Manifest, unseen: Manifest, tmp_path: Path
) -> None:
    """Of garments that the training has not seen, far more of one type stand together than by chance."""
    recipe = change_loss(changes)
    run = TrainingRun.prepare(recipe, tmp_path, garments, tmp_path / "run")
    fit(run, device="cpu")
    bundle = export_run(run, tmp_path / "bundle", name="similar", training={"data": "drawn"})
    assert bundle.spec.embedding_size == 32
    kinds = np.unique(unseen.labels("articleType").to_numpy(), return_inverse=True)[1]
    pictures = read_pictures(unseen, bundle.preprocessing)
    vectors = Network(bundle, threads=1).run(pictures).embedding

    def find_relevant(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray(kinds[rows][:, None] == kinds)

    found = score_retrieval(vectors, vectors, find_relevant=find_relevant, own=np.arange(len(kinds)), k=5)
    assert found.precision.mean() >= 0.7, found.precision.mean()  # by chance a quarter
    if recipe.loss.cross_entropy_weight:
        told = predict_items(bundle, unseen, threads=1).predictions
        right = told.chosen["articleType"].argmax(axis=1) == kinds
        assert right.mean() >= 0.7, right.mean()


def read_pictures(items: Manifest, preprocessing: Any) -> NDArray[np.uint8]:
    with PictureSource() as source:
        return np.stack([preprocessing.load(source.read(image)) for image in items.items["image"]])


def test_deepfashion_s_layout_trains_on_what_its_boxes_hold(garments: Manifest, tmp_path: Path) -> None:

    kind = pl.col(LABEL + "articleType").alias(LABEL + "category")
    body = pl.lit("upper-body").alias(LABEL + "categoryType")
    box = pl.lit([4.0, 6.0, 20.0, 30.0]).alias("box")
    tops = Manifest.from_rows(
        garments.items.select("item_id", "image", "source", kind, body, box).to_dicts(),
        parents={"category": "categoryType"},
    )
    write_dataset(tops, tmp_path / "deepfashion", format="deepfashion")
    back = read_source(tmp_path / "deepfashion")
    requests = read_items(back, back.taxonomy).requests
    assert {request.box for request in requests} == {(4.0, 6.0, 20.0, 30.0)}
    recipe = load_recipe(find_recipe("similarity"))
    given = recipe.model_dump() | {"trunk": {"name": "test_efficientnet", "weights": "none"}}
    stage = recipe.stages[0].model_dump() | {"height": 40, "width": 32, "epochs": 1, "batch_size": 32}
    run = TrainingRun.prepare(Recipe.model_validate(given | {"stages": [stage]}), tmp_path, back, tmp_path / "run")
    fit(run, device="cpu")
    assert run.finished

"""S3 in seconds: labels of drawn garments are learnt through sizes, parts and restarts, and become a submission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner

from modiste.batch import tag_files
from modiste.bundle import Bundle
from modiste.cli.data import app
from modiste.evaluation import MultiResult, predict_items, score_predictions
from modiste.manifest import LABEL, Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop
from modiste.training import Recipe, TrainingRun, export_run, find_recipe, fit, load_recipe
from modiste.training.combining import combine_fields
from modiste.writers import write_dataset

TYPES = ["Tshirts", "Jeans", "Watches", "Handbags"]
COMBINED = {"label": ("masterCategory", "articleType", "baseColour")}


def draw(folder: Path, count: int, seed: int) -> Manifest:
    return read_source(write_shop(folder / "shop", count, seed=seed, size=(36, 48), types=TYPES))


def train(recipe: Recipe, shop: Manifest, folder: Path) -> tuple[TrainingRun, Bundle]:
    run = TrainingRun.prepare(recipe, folder, shop, folder / "run")
    fit(run, device="cpu")
    return run, export_run(run, folder / "bundle", name="labels", training={"data": "drawn"})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bce", "focal", "asymmetric"])
def test_labels_are_learnt_and_become_a_submission(kind: str, tmp_path: Path) -> None:
    """Of garments that the training has not seen: micro-F1 far above that of always giving the commonest labels."""
    recipe = load_recipe(find_recipe("smoke/multi-label"))
    changed: dict[str, Any] = recipe.model_dump() | {"loss": recipe.loss.model_dump() | {"multi": kind}}
    run, bundle = train(Recipe.model_validate(changed), draw(tmp_path, 160, 1), tmp_path)
    limits = set(bundle.spec.thresholds["label"].values())
    assert len(limits) == 1  # one for all
    unseen = combine_fields(draw(tmp_path / "unseen", 80, 99), COMBINED)
    told = predict_items(bundle, unseen, threads=1).predictions
    found = score_predictions(unseen, told, training=run.read_training_part(), replicates=10)["label"]
    assert isinstance(found, MultiResult)
    assert found.majority is not None
    assert found.micro_f1.value >= found.majority + 0.2, f"{found.micro_f1}, {found.majority:.2f}"


@pytest.mark.slow
def test_imaterialist_s_files_are_trained_on_and_answered(tmp_path: Path) -> None:
    shop = combine_fields(draw(tmp_path, 48, 1), COMBINED)
    parts = ["test" if row % 6 == 0 else "validation" if row % 6 == 1 else "train" for row in range(len(shop))]
    labelled = Manifest.from_rows(
        shop.items.select("item_id", "image", "source", LABEL + "label").with_columns(split=pl.Series(parts)).to_dicts()
    )
    write_dataset(labelled, tmp_path / "imaterialist", format="imaterialist")
    back = read_source(tmp_path / "imaterialist")
    smoke = load_recipe(find_recipe("smoke/multi-label")).model_dump()
    smoke |= {
        "data": {},
        "stages": [
            stage | {"epochs": 1, "schedule": "constant", "cycle_length": None, "cycle_mult": None}
            for stage in smoke["stages"][:1]
        ],
    }
    _, bundle = train(Recipe.model_validate(smoke), back, tmp_path)
    tag_files([tmp_path / "imaterialist/test"], tmp_path / "tags.parquet", bundle=bundle, threads=1)
    words = ["submission", str(tmp_path / "tags.parquet"), str(tmp_path / "submission.csv")]
    words += ["--label-map", str(tmp_path / "imaterialist/label_map.csv")]
    CliRunner().invoke(app, words, catch_exceptions=False)
    rows = pl.read_csv(tmp_path / "submission.csv", infer_schema=False)
    assert rows.columns == ["image_id", "label_id"]
    assert set(rows["image_id"]) == {
        name for name, part in zip(shop.items["item_id"], parts, strict=True) if part == "test"
    }
    numbers = {number for text in rows["label_id"].drop_nulls() for number in text.split()}
    assert numbers
    assert numbers <= {str(number) for number in range(1, len(back.taxonomy["label"]) + 1)}

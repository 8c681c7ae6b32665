"""The run of the master-category system, on small tables: divisions, averages, what is kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from modiste.bench.accept import Setting
from modiste.bench.master_category.dividing import CONTROL, FIELD, SHARES, divide
from modiste.bench.master_category.measuring import TEST_SHARE, measure_part
from modiste.bench.trained_bundles import train_bundle
from modiste.evaluation import Predictions
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import SEALED
from modiste.synthetic import write_shop
from modiste.taxonomy import Field, Taxonomy
from modiste.training import Recipe

VALUES = ("Accessories", "Apparel")


def make_items(count: int = 200) -> Manifest:
    rows: list[dict[str, Any]] = []
    for number in range(count):
        labels = {f"label.{FIELD}": VALUES[number % 4 > 0]}
        title = f"title {number // 2}"  # two of each
        rows.append({"item_id": str(number), "image": f"{number}.jpg", "source": "x", "title": title, **labels})
    return Manifest.from_rows(rows)


def answer(items: Manifest, scores: list[list[float]]) -> Predictions:
    taxonomy = Taxonomy((Field(FIELD, "single", VALUES),))
    table = np.array(scores, dtype=np.float32)
    return Predictions.from_scores(taxonomy, items.items["item_id"].to_list(), {FIELD: table})


def test_every_class_gives_each_part_its_share() -> None:
    division = divide(make_items(), 3)
    counted = Counter(zip(division.opened.items["split"], division.opened.labels(FIELD), strict=True))
    for part, share in SHARES.items():
        assert counted[part, "Accessories"] == round(50 * share)
        assert counted[part, "Apparel"] == round(150 * share)


def test_the_control_part_is_sealed_while_anything_is_decided() -> None:
    division = divide(make_items(), 1)
    opened = division.opened.items["split"].to_list()
    working = division.working.items["split"].to_list()
    assert CONTROL not in working
    assert [name if name != CONTROL else SEALED for name in opened] == working


def test_another_seed_is_another_division() -> None:
    first, second = (divide(make_items(), seed).opened.items["split"].to_list() for seed in (1, 2))
    assert first != second


def test_figures_are_of_the_part_and_the_majority_of_the_training_part() -> None:
    division = divide(make_items(), 1)
    rows = division.opened.of_split(CONTROL)
    told = answer(rows, [[0.1, 0.9]] * len(rows))  # always Apparel
    digests = {image: image for image in division.opened.items["image"]}
    found = measure_part(Setting(replicates=20), division, CONTROL, {"a": told}, digests)["a"]
    assert found.result.rows == 20
    assert found.result.accuracy.value == found.result.majority == pytest.approx(0.75)
    titles = Counter(division.opened.items["title"])
    own = Counter(rows.items["title"])
    assert found.unseen.rows == sum(count for title, count in own.items() if count == titles[title])
    assert found.classes[1].tolist() == [0.0, 1.0]  # recall


def test_the_correction_is_for_one_tenth_of_what_seven_tenths_learnt() -> None:
    assert pytest.approx(SHARES[CONTROL] / SHARES["train"]) == TEST_SHARE / (1 - TEST_SHARE)


@pytest.mark.slow
def test_a_finished_training_is_taken_up_and_another_recipe_is_another_training(tmp_path: Path) -> None:
    shop = read_source(write_shop(tmp_path / "shop", 24, size=(18, 24), types=["Tshirts", "Watches"]))
    said: list[str] = []
    setting = Setting(work=tmp_path / "work", threads=1, say=said.append)
    stage = {"name": "s", "height": 24, "width": 18, "batch_size": 8}
    given = {"name": "x", "trunk": {"name": "basic_cnn", "weights": "none"}, "stages": [stage]}
    recipe = Recipe.model_validate({**given, "data": {"fields": ["masterCategory"]}, "heads": {"embedding": 8}})
    first = train_bundle(setting, "one", recipe, shop)
    again = train_bundle(setting, "one", recipe, shop)
    assert first.path == again.path
    assert len(said) == 1
    other = train_bundle(setting, "one", recipe.model_copy(update={"seed": 2}), shop)
    assert other.path != first.path
    assert not (first.path.parent / "run" / "cache").exists()

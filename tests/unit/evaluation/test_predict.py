"""Running a bundle on a manifest gives what the Tagger gives."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.errors import UsageError
from modiste.evaluation import predict_items
from modiste.manifest import Manifest
from modiste.runtime import Tagger


def test_predictions_are_the_taggers(tiny_bundle, shop):
    run = predict_items(tiny_bundle, shop)
    tags = Tagger(tiny_bundle).tag(shop.items["image"].to_list())
    told = run.predictions
    assert told.item_ids == tuple(shop.items["item_id"])
    for row, said in enumerate(tags):
        for field in ("kind", "article", "colour"):
            chosen = told.chosen[field][row]
            assert told.taxonomy[field].values[chosen.argmax()] == said[field].value
            assert told.scores[field][row][chosen][0] == pytest.approx(said[field].confidence, abs=1e-5)
        given = [told.taxonomy["material"].values[i] for i in np.flatnonzero(told.chosen["material"][row])]
        assert set(given) == set(said["material"].values)
    assert run.describe_sizes() == "60x80 (100.0%)"
    assert not run.problems


def test_unreadable_pictures_are_problems(tiny_bundle, shop, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    images = [str(tmp_path / "broken.jpg"), str(tmp_path / "absent.jpg"), *shop.items["image"][2:]]
    broken = Manifest(shop.taxonomy, shop.items.with_columns(image=pl.Series(images)))
    steps = []
    run = predict_items(tiny_bundle, broken, progress=lambda done, total: steps.append((done, total)))
    assert set(run.problems) == {"item0", "item1"}
    assert all(run.problems.values())
    assert run.predictions.item_ids == ("item2", "item3", "item4", "item5")
    assert steps[-1] == (6, 6)


def test_nothing_readable_is_refused(tiny_bundle, shop, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    broken = Manifest(shop.taxonomy, shop.items.with_columns(image=pl.lit(str(tmp_path / "broken.jpg"))))
    with pytest.raises(UsageError, match="not one of the 6 pictures"):
        predict_items(tiny_bundle, broken)


def test_sizes_are_of_the_stored_pictures(tiny_bundle, shop, tmp_path):
    Image.new("RGB", (30, 40)).save(tmp_path / "small.png")
    images = [str(tmp_path / "small.png"), *shop.items["image"][1:]]
    mixed = Manifest(shop.taxonomy, shop.items.with_columns(image=pl.Series(images)))
    assert predict_items(tiny_bundle, mixed).sizes == {(60, 80): 5, (30, 40): 1}


def test_boxes_are_used(tiny_bundle, shop):
    whole = predict_items(tiny_bundle, shop).predictions
    boxes = pl.Series([[0.0, 0.0, 20.0, 20.0]] * len(shop))
    cut = predict_items(tiny_bundle, Manifest(shop.taxonomy, shop.items.with_columns(box=boxes))).predictions
    assert np.abs(whole.scores["colour"] - cut.scores["colour"]).max() > 0.01

"""The loader's cost: the steps learn, the batches come from where they should, and too little data is told."""

from __future__ import annotations

import polars as pl
import pytest

torch = pytest.importorskip("torch")

from modiste.bench import loading  # noqa: E402
from modiste.bench.trainings import read_recipe  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.readers import read_source  # noqa: E402
from modiste.synthetic import write_shop  # noqa: E402
from modiste.training.recipe import Recipe  # noqa: E402


def make_recipe():
    stage = {"name": "all", "height": 32, "width": 24, "batch_size": 8, "epochs": 1}
    trunk = {"name": "test_efficientnet", "weights": "none"}
    return Recipe.model_validate(
        {
            "name": "tiny",
            "ema": 0.9,
            "trunk": trunk,
            "stages": [stage],
            "data": {"fields": ["articleType", "baseColour"]},
        }
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loading") / "shop"
    write_shop(folder, count=110, seed=1, size=(24, 32))
    manifest = read_source(folder)
    parts = pl.Series("split", ["validation" if row % 5 == 0 else "train" for row in range(len(manifest))])
    return Manifest(manifest.taxonomy, manifest.items.with_columns(parts))


def test_rounds_are_timed_in_turns(shop):
    said = []
    found = loading.measure_loader(shop, make_recipe(), rounds=2, steps=2, say=said.append)
    assert len(said) == len(found.loaded) == len(found.ready) == len(found.alone) == 2
    assert min(found.loaded + found.ready) > 0 and max(found.alone) < max(found.loaded)
    section = loading._show(found)
    assert section.data["ratio"] == pytest.approx(found.ratio, abs=1e-4)
    with pytest.raises(ValueError, match="has only"):
        loading.measure_loader(shop, make_recipe(), rounds=9, steps=2, say=said.append)


def test_the_stage_is_the_shipped_taggers():
    recipe = loading._choose_stage(read_recipe("product-tagger"))
    (stage,) = recipe.stages
    assert (stage.name, stage.height, stage.width, stage.batch_size) == ("thumbnails", 80, 60, 64)
    assert recipe.trunk.name == "tf_efficientnet_lite0" and not recipe.trunk.compile
    assert recipe.data.split_file is None

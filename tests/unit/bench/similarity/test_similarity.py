"""Acceptance of the similarity system: garments in DeepFashion's layout, and figures of a naive loop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.bench.accept import Setting
from modiste.bench.similarity import material, measuring
from modiste.manifest import Manifest


def write_kaggle(folder: Path, kinds: dict[str, int], *, twins: int = 0) -> Manifest:
    """Draw a rectangle a picture on white; some rows share their title."""
    rng = np.random.default_rng(0)
    rows = []
    for kind, count in kinds.items():
        for number in range(count):
            pixels = np.full((80, 60, 3), 255, np.uint8)
            pixels[20:60, 15:45] = rng.integers(0, 200, 3)
            path = folder / f"{kind}-{number}.png"
            Image.fromarray(pixels).save(path)
            title = f"twin {kind}" if number < twins else f"{kind} {number}"
            rows.append({"item_id": path.stem, "image": str(path), "source": "x", "title": title})
            rows[-1] |= {"label.subCategory": "Shoes" if kind == "Heels" else "Topwear", "label.articleType": kind}
    return Manifest.from_rows(rows)


def test_upper_body_types_get_boxes_and_parts_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = write_kaggle(tmp_path, {"Shirts": 60, "Tops": 55, "Capes": 9, "Heels": 60}, twins=12)
    garments = material.select_garments(shop)
    assert set(garments.labels("category")) == {"Shirts", "Tops"}
    assert len(garments) == 115
    assert {tuple(box) for box in garments.items["box"].to_list()} == {(15.0, 20.0, 30.0, 40.0)}
    assert garments.items.filter(pl.col("title") == "twin Shirts")["split"].n_unique() == 1
    assert set(garments.items["split"]) == {"train", "validation", "test"}
    monkeypatch.setattr(
        material, "read_source", lambda path, **given: shop if path == tmp_path else real(path, **given)
    )
    prepared = material.prepare_garments(tmp_path, tmp_path / "deepfashion")
    assert (tmp_path / "deepfashion/Anno_coarse/list_bbox.txt").exists()
    own = dict(zip(garments.items["item_id"], garments.items.select("split", "box").rows(), strict=True))
    back = prepared.manifest.items
    assert {name.rpartition("/")[2]: row for name, *row in back.select("item_id", "split", "box").rows()} == {
        name: list(row) for name, row in own.items()
    }
    twins = [name.rpartition("/")[2] in {f"Shirts-{at}" for at in range(12)} for name in back["item_id"]]
    assert len(set(prepared.products[twins])) == 1
    part, products = prepared.of_part("test")
    assert len(part) == len(products)


real = material.read_source


def test_a_box_holds_what_is_not_white() -> None:
    picture = np.full((10, 10, 3), 250, np.uint8)
    assert material.find_box(picture) is None
    picture[3, 4] = (250, 250, 100)
    picture[7, 2] = (0, 0, 0)
    assert material.find_box(picture) == [2.0, 3.0, 3.0, 5.0]


def test_searches_are_scored_as_a_naive_loop_does() -> None:
    rng = np.random.default_rng(2)
    queries, gallery = (rng.normal(size=(rows, 4)).astype(np.float32) for rows in (30, 50))
    truth, kinds = rng.integers(0, 3, 30), rng.integers(0, 3, 50)
    found = measuring.score_search(queries, truth, gallery, kinds)
    for row, query in enumerate(queries):
        order = sorted(range(50), key=lambda at: -float(query @ gallery[at]))[:10]
        right = [kinds[at] == truth[row] for at in order]
        counts = [sum(kinds[at] == kind for at in order) for kind in range(3)]
        assert found["precision@10"][row] == pytest.approx(sum(right) / 10)
        assert found["top-1, 10 nearest"][row] == (counts.index(max(counts)) == truth[row])
        for k in (1, 5, 10):
            assert found[f"recall@{k}"][row] == any(right[:k])


def test_the_table_says_what_is_more_than_chance() -> None:
    groups, setting = np.arange(40), Setting(replicates=200, say=str)
    plain = measuring.Scored("cross-entropy", {name: np.zeros(40) for name in measuring.FIGURES})
    better = measuring.Scored("both", {name: np.ones(40) for name in measuring.FIGURES[1:]})
    table = measuring._tabulate([plain, better], groups, setting)
    assert "| both          |  " in table.text
    assert table.data["both"]["recall@1"]["value"] == 1
    told = measuring._compare([plain, better], groups, setting)
    assert told.data["both"]["precision@10"]["low"] == 1
    assert "**+1.0000 [+1.0000 to +1.0000]**" in told.text


def test_every_row_is_a_recipe_that_can_be_carried_out() -> None:
    pytest.importorskip("torch")
    from modiste.bench.trainings import change_recipe, read_recipe

    recipe = read_recipe("similarity")
    rows = {name: change_recipe(recipe, changes).loss for name, changes in measuring.LOSSES.items()}
    assert (rows["cross-entropy"].triplet_weight, rows["cross-entropy"].cross_entropy_weight) == (0, 1)
    assert {row.miner for name, row in rows.items() if "triplets" in name} == {"random", "semi_hard", "hard"}
    assert all((row.cross_entropy_weight == 0) == name.startswith("triplets") for name, row in rows.items())

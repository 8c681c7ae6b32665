"""The run of the own-search system, on drawn garments: the set, its divisions, and one network on one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from modiste.bench.own_search import learning, material
from modiste.bench.own_search.learning import Learner
from modiste.bench.own_search.material import (
    FIELD,
    Material,
    divide_eighty_twenty,
    divide_halves,
    write_mirrored,
)
from modiste.bench.trainings import read_recipe
from modiste.collect.balancing import count_classes, fill_classes
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import COPY_OF
from modiste.readers import read_source
from modiste.synthetic import write_shop
from modiste.training.selection import select_items


@pytest.fixture(scope="module")
def garments(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Three classes of 16, filled up from as many as the drawn shop has."""
    folder = tmp_path_factory.mktemp("own-search")
    shop = read_source(write_shop(folder / "shop", 32, size=(18, 24), types=["Dresses", "Sweatshirts", "Shirts"]))
    chosen = select_items(shop, read_recipe("smoke/own-search").data)
    counts = count_classes(chosen, FIELD)
    return Material(fill_classes(chosen, FIELD, 16, folder / "copies.zip").manifest, counts, counts)


def test_copies_are_where_their_source_is(garments: Material) -> None:
    for division in (*divide_eighty_twenty(garments), *divide_halves(garments)):
        parts = dict(zip(division.items["item_id"], division.items["split"], strict=True))
        copies = division.items.drop_nulls(COPY_OF)
        assert len(copies)
        assert all(part == parts[source] for part, source in copies.select("split", COPY_OF).rows())


def test_halves_judge_every_original_once_a_replicate(garments: Material) -> None:
    divisions = divide_halves(garments)
    assert len(divisions) == 10
    originals = set(garments.items.without_copies().items["item_id"])
    for first, second in zip(divisions[::2], divisions[1::2], strict=True):
        judged = [set(half.of_split("test").without_copies().items["item_id"]) for half in (first, second)]
        assert judged[0] | judged[1] == originals
        assert not judged[0] & judged[1]


def test_a_mirror_image_is_the_picture_from_right_to_left(garments: Material, tmp_path: Path) -> None:
    mirrored = write_mirrored(garments.items, tmp_path / "mirrored.zip")
    with PictureSource() as source:
        for before, after in list(zip(garments.items.items["image"], mirrored.items["image"], strict=True))[:4]:
            one, two = (decode_picture(source.read(image)).astype(int) for image in (before, after))
            assert np.abs(one[:, ::-1] - two).mean() < 4  # but for what JPEG costs


def test_the_majority_is_the_commonest_of_the_originals() -> None:
    items: Any = None
    assert Material(items, {"a": 3, "b": 1}, {"a": 9, "b": 1}).find_majority() == 0.75


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [None, "trunk"])
def test_a_finished_division_is_taken_up(
    frozen: str | None, garments: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"stages.0.frozen": frozen, "stages.0.epochs": 2}
    monkeypatch.setitem(learning.TRUNKS, "toy", changes)  # type: ignore[arg-type]
    recipe, where = read_recipe("smoke/own-search"), {"folder": tmp_path / "runs", "shared": tmp_path / "cache"}
    learner = Learner(recipe, "toy", garments.items, tmp_path / "mirrored.zip", **where)
    division = divide_eighty_twenty(garments)[0]
    found = learner.learn(division, "first")
    assert set(found.hits) == set(division.of_split("test").without_copies().items["item_id"])
    assert 0 <= found.accuracy <= 1
    monkeypatch.setattr(Learner, "_measure", None)  # a second training would fail
    assert learner.learn(division, "first") == found
    assert material.PER_CLASS == 1000

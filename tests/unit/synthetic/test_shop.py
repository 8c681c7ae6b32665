"""A drawn shop, in memory and as folders that the readers understand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.errors import UnknownNameError, UsageError
from modiste.readers import read_source
from modiste.synthetic import ARTICLES, draw_shop, write_shop

SMALL = (60, 80)


def test_a_small_shop_has_some_of_everything() -> None:
    shop = list(draw_shop(len(ARTICLES), size=SMALL))
    assert {item.spec.article_type for item in shop} == set(ARTICLES)
    assert len({item.spec.article.master for item in shop[:8]}) >= 3


def test_a_larger_shop_begins_as_a_smaller_one() -> None:
    small, large = list(draw_shop(3, seed=5, size=SMALL)), list(draw_shop(5, seed=5, size=SMALL))
    assert [item.spec for item in small] == [item.spec for item in large[:3]]
    assert np.array_equal(np.asarray(small[2].picture), np.asarray(large[2].picture))
    assert [item.spec for item in draw_shop(3, seed=6, size=SMALL)] != [item.spec for item in small]


def test_several_pictures_of_one_product() -> None:
    shop = list(draw_shop(2, size=SMALL, views=3, types=["Tshirts"]))
    assert [item.picture_id for item in shop[:3]] == ["10001", "10001_2", "10001_3"]
    assert {item.product_id for item in shop} == {"10001", "10002"}
    assert shop[0].spec == shop[1].spec
    assert not np.array_equal(np.asarray(shop[0].picture), np.asarray(shop[1].picture))


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 1, "views": 0}])
def test_an_empty_shop_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="1 or more"):
        draw_shop(**wrong)  # type: ignore[arg-type]


def test_a_type_that_can_not_be_drawn_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Watches'"):
        draw_shop(1, types=["Watch"])


def test_the_kaggle_layout_is_read_with_its_labels(tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", 8, seed=1, size=SMALL)
    drawn = {item.picture_id: item for item in draw_shop(8, seed=1, size=SMALL)}
    manifest = read_source(folder)
    assert len(manifest) == 8
    for row in manifest.items.iter_rows(named=True):
        labels = drawn[row["item_id"]].labels
        for field in ("masterCategory", "subCategory", "articleType", "baseColour"):
            assert row[f"label.{field}"] == labels[field]
        assert row["label.season"] is None if "label.season" in row else True
        with Image.open(row["image"]) as picture:
            assert picture.size == SMALL


def test_the_shops_records_stand_beside_it(tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", 2, size=SMALL, types=["Shirts"])
    record = json.loads((folder / "styles" / "10001.json").read_text(encoding="utf-8"))["data"]
    assert record["articleAttributes"]["Sleeve Length"] in ("Long Sleeves", "Short Sleeves")
    assert record["price"] > 0
    assert all(option["available"] == (option["inventoryCount"] > 0) for option in record["styleOptions"])
    with (folder / "styles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["10001", "10002"]
    assert rows[0]["productDisplayName"] == record["productDisplayName"]


def test_class_folders_and_flat_folders_are_read(tmp_path: Path) -> None:
    classes = read_source(write_shop(tmp_path / "classes", 4, layout="classes", size=SMALL, types=["Ties", "Caps"]))
    assert sorted(classes.items["label.class"].to_list() if "label.class" in classes.items.columns else []) in (
        ["Caps", "Caps", "Ties", "Ties"],
        [],
    )
    assert len(classes) == 4
    assert len(read_source(write_shop(tmp_path / "flat", 3, layout="flat", size=SMALL, types=["Ties"]))) == 3


def test_an_existing_folder_is_never_written_into(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists already"):
        write_shop(tmp_path, 1)


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="layout"):
        write_shop(tmp_path / "x", 1, layout="kagle")  # type: ignore[arg-type]


def test_a_shop_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("modiste.synthetic.layout._save", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_shop(tmp_path / "shop", 1, size=SMALL)
    assert list(tmp_path.iterdir()) == []

"""DeepFashion's in-shop retrieval: products, query and gallery, and what else the lists say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modiste.errors import SourceError
from modiste.readers import read_source
from tests.unit.readers.research_sets import SHOP, join, join_pictures, make_inshop

Layout = Callable[[Mapping[str, str | bytes]], Path]
PARTITION = "Eval/list_eval_partition.txt"


def test_everything_that_the_lists_say(layout: Layout) -> None:
    manifest = read_source(layout(make_inshop()))
    items = manifest.items
    assert items["source"].unique().to_list() == ["deepfashion-inshop"]
    assert items["item_id"].to_list() == [name.removesuffix(".jpg") for name in SHOP]
    assert items["product_id"].to_list() == ["id_00000002", "id_00000002", "id_00000080"]
    assert items["split"].to_list() == ["query", "gallery", "train"]
    assert manifest.labels("gender").to_list() == ["WOMEN", "WOMEN", "MEN"]
    assert manifest.labels("category").to_list() == ["Dresses", "Dresses", "Denim"]
    assert manifest.labels("categoryType").to_list() == ["full-body", "full-body", "lower-body"]
    assert manifest.labels("pose").to_list() == ["front", "side", "front"]
    assert manifest.labels("colour").to_list() == ["Black combo", "Black combo", "Indigo"]
    assert manifest.labels("attribute").to_list() == [["cotton"], ["cotton"], ["denim"]]
    assert manifest.taxonomy["attribute"].values == ("cotton", "long sleeve", "denim")
    assert items["meta.unknown.attribute"].to_list() == [None, None, ["long sleeve"]]
    assert items["meta.description"].to_list() == ["A dress.\n100 % cotton"] * 2 + ["Jeans."]
    assert items["box"].to_list()[0] == [50, 49, 158, 186]
    assert items["meta.landmarks"].to_list()[0] == [{"visibility": 0, "x": 5, "y": 6}]
    assert not len(manifest.problems) and manifest.rows == 3


def test_the_partition_alone_is_enough(folder: Layout) -> None:
    files = {name: data for name, data in make_inshop().items() if "Anno" not in name}
    manifest = read_source(folder(files))
    assert manifest.taxonomy.names == ("gender", "category") and len(manifest) == 3


def test_folders_without_meaning_give_no_labels(folder: Layout) -> None:
    partition = join(1, "image_name item_id evaluation_status", "img/1.jpg id_1 train")
    assert read_source(folder({PARTITION: partition, "img/1.jpg": b"x"})).taxonomy.names == ()


@pytest.mark.parametrize(
    ("name", "data", "where", "reason"),
    [
        (PARTITION, join(1, "image_name item_id evaluation_status", f"{SHOP[0]} id_00000002 query", SHOP[1]),
         f"{PARTITION} line 4", "not a picture, an item"),
        ("Anno/list_item_inshop.txt", "1\nid_00000002\n", "id_00000080", "does not name"),
        ("Anno/list_item_inshop.txt", "3\nid_00000002\nid_00000080\n", "Anno/list_item_inshop.txt line 1", "counts 3"),
        ("Anno/list_bbox_inshop.txt",
         join(1, "image_name clothes_type pose_type x_1 y_1 x_2 y_2", f"{SHOP[0]} 3 1 50 -49 208 235"),
         "Anno/list_bbox_inshop.txt line 3", "negative corner"),
        ("Anno/list_bbox_inshop.txt",
         join(1, "image_name clothes_type pose_type x_1 y_1 x_2 y_2", f"{SHOP[0]} 4 1 50 49 208 235"),
         "Anno/list_bbox_inshop.txt line 3", "not a picture, a clothes type"),
        ("Anno/list_bbox_inshop.txt",
         join(1, "image_name clothes_type pose_type x_1 y_1 x_2 y_2", "img/other.jpg 3 1 5 4 20 23"),
         "list_bbox_inshop.txt (img/other.jpg)", "does not name it"),
        ("Anno/list_description_inshop.json", "[1]", "Anno/list_description_inshop.json record 1", "not an item"),
        ("Anno/attributes/list_attr_items.txt", join(1, "item_name attribute_labels", "id_00000002 1 1"),
         "Anno/attributes/list_attr_items.txt line 3", "3 values"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_listed(folder: Layout, name: str, data: str, where: str, reason: str) -> None:
    found = read_source(folder(make_inshop() | {name: data})).problems.rows()
    assert any(row[0] == where and reason in row[1] for row in found), found


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("Anno/list_bbox_inshop.txt", join_pictures("image_name", "1", "2", "3", pictures=SHOP), "names the columns"),
        ("Anno/attributes/list_attr_cloth.txt", join(0, "attribute_names"), "list_attr_cloth.txt names no attribute"),
        ("Anno/list_description_inshop.json", "{", "is no JSON"),
        ("Anno/list_description_inshop.json", "{}", "holds no list"),
        (PARTITION, join(0, "image_name item_id evaluation_status"), "no item can be used"),
    ],
)
def test_damage_is_one_clear_message(folder: Layout, name: str, data: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_source(folder(make_inshop() | {name: data}))


def test_naming_the_reader_says_what_is_missing(folder: Layout) -> None:
    with pytest.raises(SourceError, match="with the columns image_name item_id evaluation_status"):
        read_source(folder({"a/1.jpg": b"x"}), reader="deepfashion-inshop")

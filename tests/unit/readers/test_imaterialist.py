"""iMaterialist 2018: JSON and CSV, with and without labels, names and fetched pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.readers import ReaderOptions, read_source
from modiste.readers.imaterialist import IMATERIALIST_TASKS
from tests.unit.readers.conftest import write_folder, write_zip
from tests.unit.readers.research_sets import LABEL_MAP, make_imaterialist

Layout = Callable[[Mapping[str, str | bytes]], Path]
TRAIN = json.loads(make_imaterialist()["train.json"])


def read(folder: Layout, content: object, **options: object):
    data = content if isinstance(content, (str, bytes)) else json.dumps(content)
    return read_source(folder({"train.json": data}), reader="imaterialist", options=ReaderOptions(**options))


def test_several_files_are_parts(layout: Layout) -> None:
    manifest = read_source(layout(make_imaterialist()))
    assert manifest.items["source"].unique().to_list() == ["imaterialist"]
    assert manifest.items["item_id"].to_list() == ["test/1", "train/1", "train/2", "train/3"]
    assert manifest.items["split"].to_list() == ["test", "train", "train", "train"]
    assert manifest.items["image"][0] == "https://shop.example/t1.jpg"
    assert manifest.labels("label").to_list() == [None, ["62", "17", "66"], ["9"], None]
    assert manifest.rows == 4 and not len(manifest.problems)


def test_labels_are_228_in_the_order_of_their_numbers(folder: Layout) -> None:
    root = folder(make_imaterialist())
    manifest = read_source(root / "train.json")
    assert manifest.items["item_id"].to_list() == ["1", "2", "3"]
    assert manifest.taxonomy["label"].kind == "multi"
    assert manifest.taxonomy["label"].values == tuple(str(number) for number in range(1, 229))


def test_a_label_beyond_them_is_kept(folder: Layout) -> None:
    manifest = read(folder, {"images": TRAIN["images"], "annotations": [{"imageId": 1, "labelId": [300, 1]}]})
    assert manifest.taxonomy["label"].values[-1] == "300" and manifest.labels("label")[0].to_list() == ["300", "1"]


@pytest.mark.parametrize("url", ["https://shop.example/1.jpg", ["https://shop.example/1.jpg"]])
@pytest.mark.parametrize("number", [1, "1"])
@pytest.mark.parametrize("labels", [[62, 17], ["62", "17"], "62 17", ["062", 17, "17"]])
@pytest.mark.parametrize(("image", "label"), [("imageId", "labelId"), ("image_id", "label_id")])
def test_numbers_and_texts_lists_and_single_addresses(
    folder: Layout, url: object, number: object, labels: object, image: str, label: str
) -> None:
    content = {"images": [{image: number, "url": url}], "annotations": [{image: 1, label: labels}]}
    manifest = read(folder, content)
    assert manifest.labels("label").to_list() == [["62", "17"]]
    assert manifest.items["image"].to_list() == ["https://shop.example/1.jpg"]


def test_the_map_makes_a_field_of_each_task(folder: Layout) -> None:
    root = folder(make_imaterialist() | {"iMat_fashion_2018_label_map_228.csv": LABEL_MAP})
    manifest = read_source(root)
    assert manifest.taxonomy.names == ("category", "color", "gender", "style")
    assert manifest.taxonomy["category"].values == ("Dresses",)
    assert manifest.labels("category").to_list() == [None, ["Dresses"], [], None]
    assert manifest.labels("style").to_list() == [None, [], ["Bandage"], None]
    assert set(manifest.taxonomy.names) <= set(IMATERIALIST_TASKS)
    alone = read_source(root / "train.json")
    assert alone.labels("gender").to_list() == [["Female"], [], None]
    plain = read_source(root, options=ReaderOptions(fields=("label",)))
    assert plain.taxonomy.names == ("label",)
    with pytest.raises(UsageError, match="fields can only be 'label' here"):
        read_source(root, reader="imaterialist", options=ReaderOptions(fields=("style",)))


def test_a_map_may_be_named(folder: Layout, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text(LABEL_MAP, encoding="utf-8")
    manifest = read(folder, TRAIN, label_map=tmp_path / "names.csv")
    assert manifest.labels("category").to_list() == [["Dresses"], [], None]


def test_labels_that_the_map_lacks_are_listed(folder: Layout, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("".join(LABEL_MAP.splitlines(True)[:-1]), encoding="utf-8")
    manifest = read(folder, TRAIN, label_map=tmp_path / "names.csv")
    assert manifest.problems["where"].to_list() == ["label 66"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labelId,labelName\n1,x\n", "also has taskName"),
        ("labelId,taskId,labelName,taskName\nx,1,a,b\n", "line 2 is not a label"),
        ("labelId,taskId,labelName,taskName\n1,1,a,b\n1,1,c,b\n", "line 3 is not a label"),
        ("labelId,taskId,labelName,taskName\n1,1,a\n", "line 2 is not a label"),
        ("", "the table is empty"),
    ],
)
def test_a_damaged_map_is_one_clear_message(folder: Layout, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "names.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read(folder, TRAIN, label_map=tmp_path / "names.csv")


def test_fetched_pictures_take_the_place_of_their_addresses(folder: Layout, tmp_path: Path) -> None:
    root = folder(make_imaterialist() | {"train/2.jpg": b"x", "test/1.png": b"x", "3.jpg": b"x"})
    images = read_source(root).items["image"].to_list()
    assert images[0] == f"{root}/test/1.png" and images[2] == f"{root}/train/2.jpg"
    assert images[1].startswith("https://") and images[3].startswith("https://")
    (tmp_path / "fetched.zip").write_bytes(write_zip({"a/1.jpg": b"x"}))
    other = read_source(root / "train.json", options=ReaderOptions(root=tmp_path / "fetched.zip"))
    assert other.items["image"][0] == f"{tmp_path}/fetched.zip::a/1.jpg"


def test_the_csv_form(layout: Layout) -> None:
    table = "imageId,labelId\ntrain_1.jpeg,95 66 137 70 20\ntrain_2.jpeg,36 66\ntrain_3.jpeg,\ntrain_4.jpeg,1\n"
    files = {"trn_pro.csv": table, **{f"train/train_{number}.jpeg": b"x" for number in (1, 2, 3)}}
    manifest = read_source(layout(files))
    assert manifest.items["source"].unique().to_list() == ["imaterialist"]
    assert manifest.items["item_id"].to_list() == ["train_1.jpeg", "train_2.jpeg", "train_3.jpeg"]
    assert manifest.labels("label").to_list() == [["95", "66", "137", "70", "20"], ["36", "66"], None]
    assert manifest.problems.rows() == [
        ("image train_4.jpeg", "neither a picture named by its id nor an address", "lost")
    ]


def test_one_of_several_files_may_be_named(folder: Layout) -> None:
    root = folder(make_imaterialist())
    assert read_source(root, options=ReaderOptions(table="test.json"), reader="imaterialist").items[
        "item_id"
    ].to_list() == ["1"]
    with pytest.raises(UnknownNameError, match=r"Known: test\.json, train\.json"):
        read_source(root, options=ReaderOptions(table="val.json"), reader="imaterialist")


IMAGE = {"url": "https://shop.example/1.jpg", "imageId": "1"}


@pytest.mark.parametrize(
    ("images", "notes", "expected"),
    [
        ([IMAGE, {"url": "x"}], [], ("train.json image 2", "it has no imageId", "lost")),
        ([IMAGE, 7], [], ("train.json image 2", "it has no imageId", "lost")),
        ([IMAGE, {"imageId": True, "url": "x"}], [], ("train.json image 2", "it has no imageId", "lost")),
        ([IMAGE, {"imageId": 2}], [], ("image 2", "neither a picture named by its id nor an address", "lost")),
        ([IMAGE, {"imageId": 2, "url": []}], [], ("image 2", "neither", "lost")),
        ([IMAGE, IMAGE], [], ("train.json image 1", "stands there before", "remark")),
        ([IMAGE], [{"imageId": "9", "labelId": ["1"]}], ("train.json annotation of 9", "no image has", "lost")),
        ([IMAGE], [{"imageId": "1"}], ("train.json annotation 1", "not an imageId and a list", "remark")),
        ([IMAGE], [{"imageId": "1", "labelId": 5}], ("train.json annotation 1", "not an imageId", "remark")),
        ([IMAGE], [{"imageId": "1", "labelId": ["red", "4"]}], ("train.json image 1", "no number", "remark")),
        ([IMAGE], [{"imageId": "1", "labelId": [None]}], ("train.json image 1", "no number", "remark")),
        ([IMAGE], [{"imageId": 1, "labelId": [1]}] * 2, ("train.json annotation 2", "annotated before", "remark")),
    ],
)
def test_what_does_not_fit_is_listed(
    folder: Layout, images: list[object], notes: list[object], expected: tuple[str, str, str]
) -> None:
    manifest = read(folder, {"images": images, "annotations": notes})
    (row,) = manifest.problems.rows()
    assert row[0] == expected[0] and expected[1] in row[1] and row[2] == expected[2]
    assert manifest.items["item_id"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"images": [{"imageId": 1, "url": "x"', "is no JSON, or is cut short"),
        ({"images": {"imageId": 1}, "url": 1, "x": {"url": 2}}, "lacks a list 'images'"),
        ({"images": [], "annotations": [{"imageId": 1, "labelId": []}]}, "no item can be used"),
        ({"images": [IMAGE], "annotations": 5}, "lacks a list 'images'"),
        ([IMAGE], "lacks a list 'images'"),
        ({"pictures": []}, "is not laid out as iMaterialist is"),
    ],
)
def test_damage_is_one_clear_message(folder: Layout, content: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(folder, content)


def test_a_damaged_csv_row_is_listed(folder: Layout) -> None:
    root = folder({"a.csv": "imageId,labelId\n1.jpg,5 6\n2.jpg,7,8\n", "1.jpg": b"", "2.jpg": b""})
    assert read_source(root).problems["where"].to_list() == ["a.csv line 3"]


def test_options_of_a_table_are_left_to_the_table(folder: Layout) -> None:
    root = folder({"a.csv": "imageId,labelId,photo\n7,5 6,1.jpg\n", "b.csv": "photo,x\n1.jpg,y\n", "1.jpg": b"x"})
    for options in (ReaderOptions(table="b.csv"), ReaderOptions(table="a.csv", fields=("labelId",))):
        assert read_source(root, options=options).items["source"].to_list() == ["table"]


def test_other_json_and_tables_are_left_to_their_readers(tmp_path: Path) -> None:
    coco = {"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [{"image_id": 1, "category_id": 2}]}
    pictures = {"Tee/1.jpg": b"x", "Bag/2.jpg": b"x"}
    root = write_folder(tmp_path / "coco", {"a.json": json.dumps(coco), **pictures})
    assert read_source(root).items["source"][0] == "class-folders"
    root = write_folder(tmp_path / "table", {"a.csv": "image,label\nTee/1.jpg,x\nBag/2.jpg,y\n", **pictures})
    assert read_source(root).items["source"][0] == "table"
    notes = {f"{number}.json": json.dumps(IMAGE) for number in range(30)}
    root = write_folder(tmp_path / "notes", {**notes, **pictures})
    assert read_source(root).items["source"][0] == "class-folders"

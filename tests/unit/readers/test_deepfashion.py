"""DeepFashion's category and attribute prediction: both variants, its layouts, and every way to damage its lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modiste.errors import SourceError, UnknownNameError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from tests.unit.readers.conftest import write_folder, write_zip
from tests.unit.readers.research_sets import PICTURES, join, join_pictures, make_deepfashion, make_fine

Layout = Callable[[Mapping[str, str | bytes]], Path]


def reasons(manifest: Manifest) -> list[tuple[str, str, str]]:
    return manifest.problems.rows()


def test_the_coarse_variant(layout: Layout) -> None:
    manifest = read_source(layout(make_deepfashion()))
    assert manifest.items["source"].unique().to_list() == ["deepfashion"]
    assert manifest.items["item_id"].to_list() == [picture.removesuffix(".jpg") for picture in PICTURES]
    assert manifest.items["split"].to_list() == ["train", "validation", "test", "train"]
    assert manifest.labels("category").to_list() == ["Tee", "Tee", "Jeans", "Dress"]
    assert manifest.labels("categoryType").to_list() == ["upper-body", "upper-body", "lower-body", "full-body"]
    assert manifest.labels("texture").to_list() == [[], [], ["abstract print"], ["abstract print", "floral"]]
    assert manifest.items["meta.unknown.texture"].to_list() == [None, ["floral"], None, None]
    assert manifest.labels("fabric").to_list() == [["lace"], [], [], ["lace"]]
    assert manifest.labels("shape").to_list() == [[], None, [], ["a-line"]]
    assert manifest.items["box"].to_list() == [[1, 2, 29, 38], [5, 6, 15, 24], [10, 10, 40, 10], [0, 0, 5, 6]]
    assert not len(manifest.problems) and manifest.rows == 4


def test_the_taxonomy_keeps_the_order_of_the_lists(folder: Layout) -> None:
    taxonomy = read_source(folder(make_deepfashion())).taxonomy
    assert taxonomy.names == ("categoryType", "category", "texture", "fabric", "shape")
    assert taxonomy["category"].values == ("Tee", "Jeans", "Dress")
    assert taxonomy["category"].parent == "categoryType"
    assert taxonomy["category"].allowed["Dress"] == ("full-body",)
    assert taxonomy["texture"].values == ("abstract print", "floral") and taxonomy["texture"].kind == "multi"


def test_landmarks_keep_what_they_say(folder: Layout) -> None:
    items = read_source(folder(make_deepfashion())).items
    assert items["meta.clothesType"].to_list() == ["upper-body", "upper-body", "lower-body", "full-body"]
    assert items["meta.variation"].to_list() == [1, 2, 3, 1]
    assert items["meta.landmarks"].to_list()[0] == [
        {"visibility": 0, "x": 5, "y": 6},
        {"visibility": 1, "x": -7, "y": 8},
    ]
    assert items["meta.landmarks"].to_list()[1] is None


def test_landmarks_may_all_be_missing(folder: Layout) -> None:
    header = "image_name clothes_type variation_type"
    lists = {"Anno/list_landmarks.txt": join_pictures(header, "1 1", "1 2", "2 3", "3 1")}
    items = read_source(folder(make_deepfashion() | lists)).items
    assert items["meta.landmarks"].null_count() == 4 and items["meta.variation"].to_list() == [1, 2, 3, 1]


def test_the_fine_variant(layout: Layout) -> None:
    manifest = read_source(layout(make_fine()))
    assert manifest.items["split"].to_list() == ["train", "train", "validation", "test"]
    assert manifest.taxonomy.names == ("categoryType", "category", "texture", "sleeve", "fit")
    assert manifest.labels("texture").to_list() == [["floral"], ["striped"], [], ["floral"]]
    assert manifest.labels("fit").to_list() == [["tight"], [], [], []]
    assert manifest.labels("category").to_list() == ["Tee", "Tee", "Jeans", "Dress"]
    assert manifest.items["box"].to_list()[0] == [1, 2, 29, 38]
    assert manifest.items["meta.landmarks"].to_list()[0][2] == {"visibility": None, "x": None, "y": None}
    assert not len(manifest.problems)


def test_of_both_variants_the_coarse_one_is_read_unless_the_other_is_named(folder: Layout) -> None:
    coarse = {name.replace("Anno/", "Anno_coarse/"): data for name, data in make_deepfashion().items()}
    root = folder(coarse | make_fine())
    manifest = read_source(root)
    assert "shape" in manifest.taxonomy and reasons(manifest)[0][0] == "Anno_fine"
    fine = read_source(root, options=ReaderOptions(table="Anno_fine"))
    assert "fit" in fine.taxonomy and not len(fine.problems)
    with pytest.raises(UnknownNameError, match="Anno_coarse, Anno_fine"):
        read_source(root, reader="deepfashion", options=ReaderOptions(table="Anno_other"))


@pytest.mark.parametrize("prefix", ["", "deep/fashion/"])
def test_the_folders_may_be_missing(folder: Layout, prefix: str) -> None:
    files = {prefix + name.removeprefix("Anno/").removeprefix("Eval/").removeprefix("Img/"): data
             for name, data in make_deepfashion().items()}  # fmt: skip
    assert read_source(folder(files)).items["box"].null_count() == 0


@pytest.mark.parametrize("names", ["img/", ""], ids=["with img", "without img"])
def test_pictures_may_lie_in_a_zip_beside_zipped_lists(tmp_path: Path, names: str) -> None:
    files = make_deepfashion()
    lists = {name: data for name, data in files.items() if name.endswith(".txt")}
    pictures = {names + picture.removeprefix("img/"): b"x" for picture in PICTURES}
    anno = {name: data for name, data in lists.items() if name.startswith("Anno")}
    partition = lists["Eval/list_eval_partition.txt"]
    root = write_folder(
        tmp_path / "set",
        {"Anno.zip": write_zip(anno), "Img/img.zip": write_zip(pictures), "Eval/list_eval_partition.txt": partition},
    )
    manifest = read_source(root)
    assert manifest.items["image"][0] == f"{root}/Img/img.zip::{names}Red_Tee/img_00000001.jpg"
    assert manifest.items["split"].null_count() == 0


def test_some_lists_are_enough(folder: Layout) -> None:
    files = make_deepfashion()
    wanted = ("list_category", "list_bbox", "Img", "partition")
    root = folder({name: data for name, data in files.items() if any(part in name for part in wanted)})
    manifest = read_source(root)
    assert manifest.taxonomy.names == ("categoryType", "category")
    attributes = {name: data for name, data in files.items() if "list_attr" in name or "Img" in name}
    assert read_source(folder_of(root, attributes)).taxonomy.names == ("texture", "fabric", "shape")


def test_a_list_may_be_given_by_itself(folder: Layout) -> None:
    root = folder(make_deepfashion() | {f"Anno/{PICTURES[0]}": b"x"})
    manifest = read_source(root / "Anno" / "list_category_img.txt")
    assert manifest.items["item_id"].to_list() == ["img/Red_Tee/img_00000001"]


def test_upper_body_clothes_are_what_s1_used(folder: Layout) -> None:
    root = folder(make_deepfashion())
    manifest = read_source(root, options=ReaderOptions(category_types=("upper-body",)))
    assert manifest.labels("category").to_list() == ["Tee", "Tee"]
    assert manifest.rows == 4 and not len(manifest.problems)
    with pytest.raises(UnknownNameError, match="upper-body, lower-body, full-body"):
        read_source(root, options=ReaderOptions(category_types=("upper",)))
    files = {name: data for name, data in make_deepfashion().items() if "category" not in name}
    with pytest.raises(SourceError, match="there is none"):
        read_source(folder_of(root, files), options=ReaderOptions(category_types=("upper-body",)))


def folder_of(root: Path, files: Mapping[str, str | bytes]) -> Path:
    return write_folder(root.with_name("other"), files)


@pytest.mark.parametrize("name", ["Anno/list_attr_img", "Anno/list_bbox", "Anno/list_landmarks"])
def test_lists_need_not_be_in_one_order(folder: Layout, name: str) -> None:
    files = make_deepfashion()
    root = folder(files)
    expected = read_source(root)
    count, head, *rows = str(files[f"{name}.txt"]).rstrip("\n").split("\n")
    shuffled = files | {f"{name}.txt": "\n".join([count, head, *reversed(rows), ""])}
    manifest = read_source(folder_of(root, shuffled))
    assert manifest.items.drop("image").equals(expected.items.drop("image")) and not len(manifest.problems)


def test_problems_and_errors_come_in_the_order_of_the_lists(folder: Layout) -> None:
    names = ["Anno/list_category_img", "Anno/list_attr_img", "Anno/list_bbox", "Anno/list_landmarks"]
    names = [f"{name}.txt" for name in (*names, "Eval/list_eval_partition")]
    files = make_deepfashion()
    odd = {name: str(files[name]) + "odd.jpg\n" for name in names}
    found = reasons(read_source(folder(files | odd)))
    assert [where for where, reason, _ in found if reason.startswith("not ")] == [f"{name} line 7" for name in names]
    for name in names:
        empty = dict.fromkeys(names[names.index(name) :], "")
        with pytest.raises(SourceError, match=f"line 1 of {name} is empty"):
            read_source(folder(files | empty))


BOXES = "Anno/list_bbox.txt"
CATEGORIES = "Anno/list_category_img.txt"
HEAD = "image_name  x_1  y_1  x_2  y_2"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (BOXES, join_pictures(HEAD, "-1 2 30 40", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "negative corner", "remark")),
        (BOXES, join_pictures(HEAD, "5 5 5 9", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "second corner", "remark")),
        (BOXES, join_pictures(HEAD, "9 9 2 2", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "second corner", "remark")),
        (BOXES, join_pictures(HEAD, "1 2 3", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "four numbers", "remark")),
        (BOXES, join_pictures(HEAD, "1 2 3 nan", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "four numbers", "remark")),
        (BOXES, join_pictures(HEAD, "1 2 3 ٣", *["1 1 2 2"] * 3), (f"{BOXES} line 3", "four numbers", "remark")),
        (BOXES, join(9, HEAD, f"{PICTURES[0]} 1 2 3 4"), (f"{BOXES} line 1", "counts 9 rows, but 1 follow", "remark")),
        (BOXES, join(1, HEAD, "img/other.jpg 1 2 3 4"), ("list_bbox.txt (img/other.jpg)", "does not name", "lost")),
        (
            *(BOXES, join(2, HEAD, *[f"{PICTURES[0]} 1 2 3 4"] * 2)),
            ("list_bbox.txt line 4", "earlier row", "remark"),
        ),
        (
            *(CATEGORIES, join_pictures("image_name category_label", "1", "7", "2", "3")),
            (f"{CATEGORIES} line 4", "no category has this number; there are 3", "remark"),
        ),
        (
            *(CATEGORIES, join_pictures("image_name category_label", "1", "one", "2", "3")),
            (f"{CATEGORIES} line 4", "not a picture and the number", "lost"),
        ),
        (
            *("Anno/list_attr_img.txt", join_pictures("image_name attribute_labels", "1 1", *["1 1 1 1"] * 3)),
            ("Anno/list_attr_img.txt line 3", "4 values of -1, 0 or 1", "remark"),
        ),
        (
            *("Anno/list_landmarks.txt", join(1, "image_name clothes_type variation_type", f"{PICTURES[0]} 1 1 5 6")),
            ("Anno/list_landmarks.txt line 3", "3 numbers a landmark", "remark"),
        ),
        (
            *("Anno/list_landmarks.txt",),
            join(1, "image_name clothes_type variation_type", f"{PICTURES[0]} 1 1 0 6 99999999999999999999999"),
            ("Anno/list_landmarks.txt line 3", "3 numbers a landmark", "remark"),
        ),
        (
            *("Eval/list_eval_partition.txt", join(1, "image_name evaluation_status", PICTURES[0])),
            ("Eval/list_eval_partition.txt line 3", "train, val or test", "remark"),
        ),
        (
            *(BOXES, HEAD + f"\n{PICTURES[0]} 1 2 3 4\n"),
            (f"{BOXES} line 1", "the count of rows is missing", "remark"),
        ),
    ],
)
def test_what_does_not_fit_is_listed(folder: Layout, name: str, data: str, expected: tuple[str, str, str]) -> None:
    where, reason, kind = expected
    found = reasons(read_source(folder(make_deepfashion() | {name: data})))
    assert any(row[0] == where and reason in row[1] and row[2] == kind for row in found), found


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (BOXES, "", "line 1 of Anno/list_bbox.txt is empty; expected the number of rows"),
        (BOXES, join_pictures("image_name  x_1", *["1 2 3 4"] * 4), "names the columns image_name x_1; expected"),
        (BOXES, f"4\n{PICTURES[0]} 1 2 3 4\n", r"expected image_name x_1 y_1 x_2 y_2"),
        (BOXES, "four\n" + HEAD, "line 1 of Anno/list_bbox.txt is 'four'"),
        (CATEGORIES, b"2\nimage_name category_label\nimg/caf\xc3\xa9.jpg 1\nimg/caf\xe9.jpg 1\n", "mixes encodings"),
        ("Anno/list_category_cloth.txt", join(1, "category_name category_type", "Tee 4"), "line 3 is not a name"),
        ("Anno/list_category_cloth.txt", join(0, "category_name category_type"), "it is not a name and its type"),
        (
            *("Anno/list_category_cloth.txt", join(2, "category_name category_type", "Tee 1", "Tee 2")),
            "names 'Tee' twice",
        ),
        ("Anno/list_attr_cloth.txt", join(1, "attribute_name attribute_type", "lace 7"), "a number from 1 to 6"),
        ("Anno/list_attr_cloth.txt", join(1, "attribute_type", "lace 1"), "names the columns attribute_type"),
        ("Anno/list_attr_img.txt", "x\n", "line 1 of Anno/list_attr_img.txt is 'x'"),
    ],
)
def test_a_damaged_list_is_one_clear_message(folder: Layout, name: str, data: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_source(folder(make_deepfashion() | {name: data}))


def test_names_must_be_there(folder: Layout) -> None:
    files = {name: data for name, data in make_deepfashion().items() if "category_cloth" not in name}
    with pytest.raises(SourceError, match=r"no list_category_cloth\.txt"):
        read_source(folder(files))


def test_lists_of_any_length_are_not_read(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: data for name, data in make_deepfashion().items() if "list_attr" in name or name.startswith("Img")}
    root = layout(files)
    monkeypatch.setattr("modiste.readers.source._MAX_TABLE_BYTES", len(files["Anno/list_attr_cloth.txt"]))
    with pytest.raises(
        SourceError, match=r"list_attr_img\.txt in .* can't be read: .* bytes long; at most \d+ are read"
    ):
        read_source(root, reader="deepfashion")


def test_parts_must_be_of_one_length(folder: Layout) -> None:
    with pytest.raises(SourceError, match=r"train_bbox\.txt has 1 lines, but train\.txt names 2 pictures"):
        read_source(folder(make_fine() | {"Anno_fine/train_bbox.txt": "1 2 3 4\n"}))


def test_a_set_without_pictures_is_one_clear_message(layout: Layout) -> None:
    lists = {name: data for name, data in make_deepfashion().items() if name.endswith(".txt")}
    with pytest.raises(SourceError, match=r"no item can be used: no such picture \(4 times, first at img/Red_Tee"):
        read_source(layout(lists))


def test_missing_pictures_are_listed(folder: Layout) -> None:
    files = make_deepfashion()
    del files[f"Img/{PICTURES[1]}"]
    manifest = read_source(folder(files))
    assert len(manifest) == 3 and reasons(manifest) == [(PICTURES[1], "no such picture", "lost")]


def test_attributes_of_one_name_and_type_get_their_numbers(folder: Layout) -> None:
    names = join(4, "attribute_name attribute_type", "lace 1", "lace 2", "lace 1", "lace 1")
    manifest = read_source(folder(make_deepfashion() | {"Anno/list_attr_cloth.txt": names}))
    assert manifest.taxonomy["texture"].values == ("lace", "lace (3)", "lace (4)")
    assert manifest.taxonomy["fabric"].values == ("lace",)


def test_names_that_lead_outside_find_nothing(folder: Layout) -> None:
    listed = join(2, "image_name category_label", "../../secret.jpg 1", f"{PICTURES[0]} 1")
    root = folder(make_deepfashion() | {CATEGORIES: listed})
    (root.parent.parent / "secret.jpg").write_bytes(b"x")
    manifest = read_source(root)
    assert manifest.items["item_id"].to_list() == ["img/Red_Tee/img_00000001"]
    assert ("../../secret.jpg", "no such picture", "lost") in reasons(manifest)


def test_a_table_that_is_named_is_read_by_the_table_reader(folder: Layout) -> None:
    root = folder(make_deepfashion() | {"mine.csv": f"photo,kind\nImg/{PICTURES[0]},a\n"})
    assert read_source(root, options=ReaderOptions(table="mine.csv")).items["source"].to_list() == ["table"]


def test_naming_the_reader_says_what_is_missing(folder: Layout) -> None:
    with pytest.raises(SourceError, match=r"it lacks a list list_category_img\.txt"):
        read_source(folder({"a/1.jpg": b"x"}), reader="deepfashion")

"""Folders named for classes, with and without the parts of a data set above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modiste.errors import SourceError, UsageError
from modiste.readers import ReaderOptions, read_source

Layout = Callable[[Mapping[str, str | bytes]], Path]


def pictures(*names: str) -> dict[str, str | bytes]:
    return dict.fromkeys(names, b"a picture")


def test_classes(layout: Layout) -> None:
    manifest = read_source(layout(pictures("shirts/1.jpg", "shirts/2.png", "shoes/1.jpg", "shoes/sub/9.webp")))
    assert manifest.items["source"][0] == "class-folders"
    assert manifest.labels("label").to_list() == ["shirts", "shirts", "shoes", "shoes"]
    ids = [name.removeprefix("set.zip/").removeprefix("inner.zip/") for name in manifest.items["item_id"]]
    assert ids == ["shirts/1", "shirts/2", "shoes/1", "shoes/sub/9"]
    assert manifest.items["split"].null_count() == 4
    assert manifest.rows == 4


@pytest.mark.parametrize("above", ["", "set/", "set/images/"])
def test_splits(folder: Layout, above: str) -> None:
    names = ("train/a/1.jpg", "Valid/a/2.jpg", "test/b/3.jpg", "control/b/4.jpg", "VAL/b/5.jpg")
    manifest = read_source(folder(pictures(*(above + name for name in names))))
    got = dict(zip(manifest.items["item_id"], manifest.items["split"], strict=True))
    assert got == {
        f"{above}train/a/1": "train",
        f"{above}Valid/a/2": "validation",
        f"{above}test/b/3": "test",
        f"{above}control/b/4": "control",
        f"{above}VAL/b/5": "validation",
    }
    assert manifest.taxonomy["label"].values == ("a", "b")


def test_a_common_folder_below_the_splits(folder: Layout) -> None:
    manifest = read_source(folder(pictures("train/images/a/1.jpg", "test/images/b/2.jpg")))
    assert manifest.labels("label").to_list() == ["b", "a"]


def test_pictures_outside_every_class_are_listed(folder: Layout) -> None:
    manifest = read_source(folder(pictures("a/1.jpg", "b/1.jpg", "loose.jpg")))
    assert manifest.problems.rows() == [("loose.jpg", "not in a class folder", "lost")]
    assert (len(manifest), manifest.rows) == (2, 3)


def test_other_files_are_no_pictures(folder: Layout) -> None:
    files = {**pictures("a/1.jpg", "b/1.jpg", "__MACOSX/a/1.jpg", "a/.hidden.jpg"), "a/notes.txt": b""}
    assert len(read_source(folder(files))) == 2


def test_the_field_may_be_named(folder: Layout) -> None:
    manifest = read_source(folder(pictures("a/1.jpg", "b/1.jpg")), options=ReaderOptions(fields=("category",)))
    assert manifest.taxonomy.names == ("category",)


def test_levels_of_folders_are_a_hierarchy(folder: Layout) -> None:
    root = folder(pictures("shoes/heels/1.jpg", "shoes/flats/2.jpg", "tops/shirts/3.jpg", "tops/4.jpg"))
    manifest = read_source(root, options=ReaderOptions(fields=("category", "type")))
    assert manifest.taxonomy["type"].parent == "category"
    assert manifest.taxonomy["type"].allowed["heels"] == ("shoes",)
    by_id = dict(zip(manifest.items["item_id"], manifest.labels("type"), strict=True))
    assert by_id == {"shoes/flats/2": "flats", "shoes/heels/1": "heels", "tops/4": None, "tops/shirts/3": "shirts"}


def test_equal_stems_keep_their_suffix(folder: Layout) -> None:
    manifest = read_source(folder(pictures("a/1.jpg", "a/1.png", "b/1.jpg")))
    assert manifest.items["item_id"].to_list() == ["a/1.jpg", "a/1.png", "b/1"]


def test_products_by_pattern(folder: Layout) -> None:
    root = folder(pictures("a/x_1.jpg", "a/x_2.jpg", "b/plain.jpg"))
    manifest = read_source(root, options=ReaderOptions(product_pattern=r"([^/]+)_\d+$"))
    assert manifest.items["product_id"].to_list() == ["x", "x", "b/plain"]


def test_batches_are_no_classes_unless_the_reader_is_named(folder: Layout) -> None:
    root = folder(pictures("batch_1/1.jpg", "batch_2/2.jpg"))
    assert read_source(root).items["source"][0] == "flat"
    assert read_source(root, reader="class-folders").labels("label").to_list() == ["batch_1", "batch_2"]


def test_one_class_is_none_unless_the_reader_is_named(folder: Layout) -> None:
    root = folder(pictures("shirts/1.jpg", "shirts/2.jpg"))
    assert read_source(root).items["source"][0] == "flat"
    assert read_source(root, reader="class-folders").taxonomy["label"].values == ("shirts",)


def test_no_class_folder_is_refused(folder: Layout) -> None:
    with pytest.raises(SourceError, match="no folder of pictures; expected one folder a class"):
        read_source(folder(pictures("1.jpg")), reader="class-folders")


def test_options_of_other_readers_are_refused(folder: Layout) -> None:
    with pytest.raises(UsageError, match="does not take separator; its options: fields, product_pattern"):
        read_source(folder(pictures("a/1.jpg")), reader="class-folders", options=ReaderOptions(separator="|"))

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from modiste.batch import ITEMS, ListingOptions, list_items
from modiste.batch.products import order_by_product
from modiste.errors import UsageError
from modiste.imaging import PictureSource
from modiste.readers import ReaderOptions, read_source


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"picture")


def pack(name: str, members: list[str]) -> None:
    with zipfile.ZipFile(name, "w") as archive:
        for member in members:
            archive.writestr(member, b"picture" if member.endswith("jpg") else Path(member).read_bytes())


def ids(*paths: str) -> list[str]:
    return list_items(paths)["item_id"].to_list()


def test_ids_are_paths_below_the_root_without_suffix() -> None:
    touch("shop/10.jpg", "shop/9.jpg", "shop/sub/a.b.jpg", "shop/noise.txt")
    table = list_items(["shop"])
    assert dict(table.schema) == ITEMS
    assert table["item_id"].to_list() == ["9", "10", "sub/a.b"]
    assert table["image"].to_list() == [str(Path("shop") / name) for name in ("9.jpg", "10.jpg", "sub/a.b.jpg")]
    assert table["reason"].null_count() == 3


def test_archives_and_archives_within() -> None:
    pack("inner.zip", ["1.jpg"])
    pack("shop.zip", ["a/2.jpg", "inner.zip"])
    table = list_items(["shop.zip"])
    assert table["item_id"].to_list() == ["a/2", "inner.zip/1"]
    assert table["image"].to_list() == ["shop.zip::a/2.jpg", "shop.zip::inner.zip::1.jpg"]
    assert ids("shop.zip::a/2.jpg") == ["2"]


def test_a_single_file_and_an_odd_one() -> None:
    touch("shirt.jpg", "odd::name.jpg", "noise.dat")
    assert ids("shirt.jpg", "odd::name.jpg", "noise.dat") == ["shirt", "odd::name", "noise"]
    assert list_items(["odd::name.jpg"])["image"][0] == "odd%3A%3Aname.jpg::"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_not_utf8() -> None:
    Path("shop").mkdir()
    Path(os.fsdecode(b"shop/caf\xe9.jpg")).write_bytes(b"picture")
    for path in ("shop", os.fsdecode(b"shop/caf\xe9.jpg")):
        table = list_items([path])
        assert table["item_id"].to_list() == ["caf%E9"]
        assert PictureSource().read(table["image"][0]) == b"picture"


def test_a_picture_met_twice_is_listed_once_but_tables_keep_their_rows() -> None:
    touch("shop/1.jpg", "shop/2.jpg")
    assert ids("shop", "shop/1.jpg", "shop/2.jpg") == ["1", "2"]
    Path("t.csv").write_text("id,image\na,shop/1.jpg\nb,shop/1.jpg\n", encoding="utf-8")
    assert ids("t.csv", "shop") == ["a", "b", "2"]


def test_tables_bring_ids_products_boxes_and_addresses() -> None:
    touch("1.jpg")
    Path("t.csv").write_text(
        "id,image,product_id,x,y,w,h\na,1.jpg,P,1,2,3,4\nb,https://shop.example/2.jpg,P,,,,\n", encoding="utf-8"
    )
    table = list_items(["t.csv"], ListingOptions(box_columns=("x", "y", "w", "h")))
    row = table.filter(pl.col("item_id") == "a").row(0, named=True)
    assert (row["product_id"], row["box"], row["reason"]) == ("P", [1.0, 2.0, 3.0, 4.0], None)
    address = table.filter(pl.col("image").str.contains("://")).row(0, named=True)
    assert (
        address["reason"]
        == "it is an address; modiste tag reads files: fetch it first. Type: modiste data fetch LIST FOLDER"
    )


def test_rows_that_a_reader_leaves_out_are_listed_with_their_reason() -> None:
    touch("1.jpg")
    Path("t.csv").write_text("id,image\na,1.jpg\nb,\n", encoding="utf-8")
    table = list_items(["t.csv"])
    assert table.height == 2
    assert table["reason"].null_count() == 1


@pytest.mark.parametrize(
    "rows",
    [
        "id,image\na,1.jpg\na,1.jpg\n",  # an id twice
        "id,image,annotator,type\na,1.jpg,me,Shirts\na,1.jpg,you,Skirts\n",  # a tie
        "id,image,annotator,type\na,1.jpg,me,Shirts\na,1.jpg,me,Skirts\nb,2.jpg,me,Skirts\n",  # twice by one
    ],
)
def test_what_costs_no_picture_is_not_listed(rows: str) -> None:
    touch("1.jpg", "2.jpg")
    Path("t.csv").write_text(rows, encoding="utf-8")
    assert read_source("t.csv", options=ReaderOptions(fields=("type",) if "type" in rows else ())).problems.height
    table = list_items(["t.csv"])
    assert table["item_id"].to_list() == ["a", "b"][: table.height]
    assert table["reason"].null_count() == table.height


def test_of_kaggles_layout_only_rows_without_a_picture_are_listed() -> None:
    touch("images/1.jpg", "images/more/1.jpg", "images/9.jpg")
    Path("styles.csv").write_text("id,gender\n1,Men\n1,Men\n2,Women\n", encoding="utf-8")
    assert read_source("styles.csv").problems.height == 4
    table = list_items(["styles.csv"])
    assert table["reason"].to_list() == [None, "no picture with this id"]


def test_a_row_without_a_picture_needs_no_product() -> None:
    touch("1.jpg", "2.jpg")
    Path("t.csv").write_text("id,image,sku\na,1.jpg,P\nb,,P\nc,,P\nd,2.jpg,P\n", encoding="utf-8")
    table = order_by_product(list_items(["t.csv"]))
    assert table["item_id"].to_list()[:2] == ["a", "d"]
    assert table["product_id"].n_unique() == 3


def test_a_pattern_finds_products() -> None:
    touch("shop/17_front.jpg", "shop/17_back.jpg", "shop/other.jpg")
    table = list_items(["shop"], ListingOptions(product_pattern="^([0-9]+)_"))
    assert sorted(table["product_id"]) == ["17", "17", "other"]
    with pytest.raises(UsageError, match="2 groups; expected one"):
        ListingOptions(product_pattern="(a)(b)")
    with pytest.raises(UsageError, match="not a regular expression"):
        ListingOptions(product_pattern="(")


def test_damaged_archives_given_by_hand_get_their_own_line() -> None:
    Path("bad.zip").write_bytes(b"no zip")
    touch("1.jpg")
    table = list_items(["bad.zip", "1.jpg"])
    assert table["image"].to_list() == ["bad.zip", "1.jpg"]
    assert table["reason"][0] is not None
    assert table["reason"][1] is None


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["nowhere"], "no file or folder 'nowhere'"),
        (["nowhere.zip::1.jpg"], "no file or folder"),
        (["https://shop.example/1.jpg"], "is an address; modiste tag reads files: fetch it first"),
        (["empty"], r"no pictures in empty; looked for files that end in .*\.jpg"),
    ],
)
def test_what_leads_nowhere_is_refused(paths: list[str], reason: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(UsageError, match=reason):
        list_items(paths)


def test_pictures_within_tables_are_listed() -> None:
    table = pl.DataFrame({"image": [{"bytes": b"one", "path": "1.jpg"}, {"bytes": b"two", "path": "2.jpg"}]})
    Path("set").mkdir()
    table.write_ipc_stream("set/data.arrow", compression="uncompressed")
    Path("set/dataset_info.json").write_text("{}")
    table.write_parquet("set.parquet")
    for path in ("set", "set/data.arrow", "set.parquet"):
        assert ids(path) == ["1", "2"]
        with PictureSource() as source:
            assert source.read(list_items([path])["image"][1]) == b"two"

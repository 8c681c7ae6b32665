"""Kaggle's layout: folder, zip and nested zip, batches, ragged rows, missing pictures, shop records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.building import Problems
from modiste.readers.kaggle import KAGGLE_FIELDS, _read_styles
from modiste.readers.source import File

Layout = Callable[[Mapping[str, str | bytes]], Path]

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName"
ROWS = (
    "1163,Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Sports,Nike Sahara Jersey",
    "3413,Men,Apparel,Topwear,Tshirts,White,NA,2011.0,,Yes, it's all about me, T-shirt",
    "7930,Women,Footwear,Shoes,Heels,Red,Winter,2012,Casual,A row without a picture",
    '7491,Women,Apparel,Bottomwear,Shorts,Pink,Summer,,Sports,Nike 3.5" Short',
)
STYLES = "\n".join((HEADER, *ROWS)) + "\n"
PICTURES = {f"images/{name}.jpg": f"picture {name}" for name in (1163, 3413, 7491)}


def reasons(manifest: Manifest) -> dict[str, str]:
    return dict(manifest.problems.select("where", "reason").iter_rows())


def test_every_packing_gives_the_same_items(layout: Layout) -> None:
    manifest = read_source(layout({"styles.csv": STYLES, **PICTURES}))
    assert manifest.items["source"].unique().to_list() == ["kaggle"]
    assert manifest.items["item_id"].to_list() == ["1163", "3413", "7491"]
    assert manifest.items["product_id"].to_list() == ["1163", "3413", "7491"]
    assert manifest.taxonomy.names == KAGGLE_FIELDS
    assert manifest.items["title"].to_list()[1:] == ["Yes, it's all about me, T-shirt", 'Nike 3.5" Short']
    assert manifest.rows == 4
    with PictureSource() as pictures:
        read = [pictures.read(reference) for reference in manifest.items["image"]]
    assert read == [b"picture 1163", b"picture 3413", b"picture 7491"]


def test_hierarchy_and_blanks(folder: Layout) -> None:
    manifest = read_source(folder({"styles.csv": STYLES, **PICTURES}))
    assert manifest.taxonomy["subCategory"].parent == "masterCategory"
    assert manifest.taxonomy["articleType"].allowed["Tshirts"] == ("Topwear",)
    assert manifest.labels("season").to_list() == ["Summer", None, "Summer"]
    assert manifest.labels("usage").to_list() == ["Sports", None, "Sports"]
    assert manifest.items["meta.year"].to_list() == [2011, 2011, None]


def test_what_is_left_out_is_listed(folder: Layout) -> None:
    extra = {"images/9999.jpg": b"x", "more/1163.png": b"x"}
    short = STYLES + "55,Men\n1163,Women,A,B,C,D,E,1,F,again\n,Men,A,B,C,D,E,1,F,no id\n"
    manifest = read_source(folder({"styles.csv": short, **PICTURES, **extra}))
    assert reasons(manifest) == {
        "styles.csv line 4 (id 7930)": "no picture with this id",
        "styles.csv line 6": "fewer than 10 cells",
        "styles.csv line 7 (id 1163)": "the id stands in an earlier row (the first one is kept)",
        "styles.csv line 8 (id )": "no id",
        "images/9999.jpg": "no row in styles.csv for this picture",
        "more/1163.png": "a second picture with the same id (the one nearest to the root is kept)",
    }
    assert manifest.labels("gender").to_list()[0] == "Men"


def test_nested_batches_and_labels_csv(layout: Layout) -> None:
    batches = {"images/batch_1/a/1163.jpg": b"a", "images/batch_2/3413.JPG": b"b", "images/batch_2/7491.png": b"c"}
    manifest = read_source(layout({"deep/labels.csv": STYLES, **{f"deep/{name}": x for name, x in batches.items()}}))
    assert manifest.items["item_id"].to_list() == ["1163", "3413", "7491"]


def test_the_table_itself_may_be_named(folder: Layout) -> None:
    root = folder({"styles.csv": STYLES, **PICTURES})
    assert len(read_source(root / "styles.csv")) == 3


def test_the_copy_that_the_original_archive_holds_is_passed_over(folder: Layout) -> None:
    doubled = {f"myntradataset/{name}": content for name, content in {"styles.csv": STYLES, **PICTURES}.items()}
    manifest = read_source(folder({"styles.csv": STYLES, **PICTURES, **doubled}))
    assert len(manifest) == 3
    assert all("/data/images/" in Path(reference).as_posix() for reference in manifest.items["image"])


def test_damaged_batches_are_named(folder: Layout) -> None:
    files = {"styles.csv": STYLES, "images/1163.jpg": b"a", "images/batch_2.zip": b"PK broken"}
    assert reasons(read_source(folder(files)))["images/batch_2.zip"] == "can't be opened to look for pictures"


def test_other_encodings_are_read(folder: Layout) -> None:
    styles = STYLES.replace("Nike Sahara", "Nike Café").encode("cp1252")
    manifest = read_source(folder({"styles.csv": styles, **PICTURES}))
    assert manifest.items["title"][0] == "Nike Café Jersey"


def test_a_byte_order_mark_is_no_part_of_the_first_name(folder: Layout) -> None:
    manifest = read_source(folder({"styles.csv": STYLES.encode("utf-8-sig"), **PICTURES}))
    assert len(manifest) == 3


def test_a_table_of_another_shape_is_refused(folder: Layout) -> None:
    root = folder({"styles.csv": "id,price\n1,2\n", **PICTURES})
    with pytest.raises(SourceError, match="lacks the columns id and articleType"):
        read_source(root, reader="kaggle")


def test_no_picture_at_all_is_refused(folder: Layout) -> None:
    with pytest.raises(SourceError, match=r"no item can be used: no picture with this id \(4 times, first at styles"):
        read_source(folder({"styles.csv": STYLES}))


_TITLE = st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\0'), min_size=1, max_size=20)


class _OneTable:
    """A source that holds nothing but a table."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read_table(self, file: File) -> bytes:
        return self._text.encode()


@given(st.lists(_TITLE, min_size=1, max_size=8), st.data())
def test_titles_survive_whether_quoted_or_not(titles: list[str], data: st.DataObject) -> None:
    lines = [HEADER]
    for number, title in enumerate(titles):
        cells = [str(number), *("x" for _ in range(8)), title]
        file = io.StringIO()
        csv.writer(file, lineterminator="").writerow(cells)
        lines.append(file.getvalue() if data.draw(st.booleans()) else ",".join(cells))
    source: Any = _OneTable("\n".join(lines))
    problems = Problems()
    styles = _read_styles(source, File("styles.csv", ""), problems)
    assert styles.columns["productDisplayName"] == titles
    assert len(problems) == 0


RECORD = {
    "data": {
        "price": 895,
        "discountedPrice": 447.5,
        "brandName": "Nike",
        "variantName": "NA",
        "ageGroup": "Adults-Men",
        "colour1": "NA",
        "articleAttributes": {"Fit": "Regular Fit", "Fabric 3": "NA", "Occasion": ""},
        "productDescriptors": {"description": {"value": "<p>Blue &amp; round</p>\n<br/>jersey"}},
        "styleOptions": [
            {"name": "Size", "value": "S", "inventoryCount": 0},
            {"name": "Size", "value": 42, "inventoryCount": 7},
            {"name": "Colour", "value": "red", "inventoryCount": 7},
        ],
    }
}


def test_details_on_demand(layout: Layout) -> None:
    records = {"styles/1163.json": json.dumps(RECORD), "styles/3413.json": "{broken"}
    root = layout({"styles.csv": STYLES, **PICTURES, **records})
    assert "meta.price" not in read_source(root).items.columns
    manifest = read_source(root, options=ReaderOptions(details=True))
    first = manifest.items.row(0, named=True)
    assert (first["meta.price"], first["meta.discountedPrice"], first["meta.brand"]) == (895.0, 447.5, "Nike")
    assert first["meta.sizes"] == [{"size": "S", "stock": 0}, {"size": "42", "stock": 7}]
    assert first["meta.description"] == "Blue & round jersey"
    assert first["meta.attribute.Fit"] == "Regular Fit"
    assert first["meta.variant"] is None and first["meta.colour1"] is None
    assert not {"meta.attribute.Fabric 3", "meta.attribute.Occasion"} & set(manifest.items.columns)
    assert manifest.items["meta.sizes"].to_list()[1:] == [None, None]
    listed = reasons(manifest)
    assert [reason for where, reason in listed.items() if where.endswith("styles/3413.json")] == [
        "not a record of the shop (the item is kept, without details)"
    ]
    assert listed["styles/7491.json"] == "no such record (the item is kept, without details)"


@pytest.mark.parametrize(
    "record",
    [
        *(
            "[]",
            '{"data": []}',
            '{"data": {"price": "dear"}}',
            "[" * 100_000,
            '{"data": 1}',
            '{"data": {"price": 1%s}}' % ("0" * 999),
        ),
        '{"data": {"styleOptions": [{"name": "Size", "value": 1, "inventoryCount": 1e30}]}}',
    ],
)
def test_strange_records_are_listed(folder: Layout, record: str) -> None:
    files = {"styles.csv": "\n".join((HEADER, ROWS[0])), "images/1163.jpg": b"", "styles/1163.json": record}
    manifest = read_source(folder(files), options=ReaderOptions(details=True))
    assert "not a record of the shop" in manifest.problems["reason"][0]


@pytest.mark.data
def test_published_counts(shared_data: Path) -> None:
    manifest = read_source(shared_data / "fashion-product-images-small.zip")
    assert (manifest.rows, len(manifest), len(manifest.problems)) == (39996, 39990, 6)
    assert manifest.problems["reason"].unique().to_list() == ["no picture with this id"]
    assert manifest.items["title"].str.contains(",").sum() == 22
    counts = {field.name: len(field) for field in manifest.taxonomy}
    assert counts["masterCategory"] == 7 and counts["subCategory"] == 45 and counts["articleType"] == 142

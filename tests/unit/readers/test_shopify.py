"""Shopify's export: rows of a handle are one product; old and new names of columns; malformed ones are refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.shopify import SHOPIFY_COLUMNS

COLOUR = "Color (product.metafields.shopify.color-pattern)"
KEYS = [*SHOPIFY_COLUMNS, COLOUR]
PICTURE = "https://c.example/"
TEE = {
    "handle": "tee",
    "title": "Tee",
    "description": "<p>Soft<br>cotton</p>",
    "vendor": "Acme",
    "category": "Apparel & Accessories > Clothing > Shirts",
    "type": "T-Shirts",
    "tags": "summer, casual",
    "status": "active",
    "option1 name": "Color",
    "option1 value": "Red",
    "option2 name": "Size",
    "option2 value": "S",
    "sku": "T-R-S",
    "tracker": "shopify",
    "stock": "3",
    "price": "10.00",
    "compare": "15.00",
    "picture": PICTURE + "1.jpg",
    "position": "1",
    "variant_picture": PICTURE + "red.jpg",
    "gender": "Unisex",
    COLOUR: "red; blue",
}
RED_M = {"handle": "tee", "option1 value": "Red", "option2 value": "M", "sku": "T-R-M", "price": "10.00", "stock": "-2"}
RED_M |= {"picture": PICTURE + "red.jpg", "position": "2", "variant_picture": PICTURE + "red.jpg"}
BLUE_S = {
    "handle": "tee",
    "option1 value": "Blue",
    "option2 value": "S",
    "sku": "T-B-S",
    "price": "12.00",
    "stock": "1",
}
BLUE_S |= {"variant_picture": PICTURE + "blue.jpg"}
FURTHER = {"handle": "tee", "picture": PICTURE + "0.jpg", "position": "0"}
MUG = {"handle": "mug", "title": "Mug", "option1 name": "Title", "option1 value": "Default Title", "price": "5"}
MUG |= {"picture": PICTURE + "mug.jpg"}


def write(path: Path, rows: list[dict[str, str]], *, old: bool = True) -> Path:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([SHOPIFY_COLUMNS[key][-1 if old else 0] if key in SHOPIFY_COLUMNS else key for key in KEYS])
    writer.writerows([[row.get(key, "") for key in KEYS] for row in rows])
    path.write_text(text.getvalue(), encoding="utf-8", errors="replace")
    return path


def read(tmp_path: Path, rows: list[dict[str, str]], *, old: bool = True, **options: object) -> Manifest:
    return read_source(write(tmp_path / "products.csv", rows, old=old), options=ReaderOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("old", [True, False])
def test_rows_of_a_handle_are_one_product(tmp_path: Path, old: bool) -> None:
    manifest = read(tmp_path, [TEE, RED_M, BLUE_S, FURTHER, MUG], old=old)
    items = {row["image"].removeprefix(PICTURE): row for row in manifest.items.to_dicts()}
    assert list(items) == ["0.jpg", "1.jpg", "red.jpg", "blue.jpg", "mug.jpg"]
    assert [row["item_id"] for row in items.values()] == ["tee", "tee#2", "tee#3", "tee#4", "mug"]
    assert {row["source"] for row in items.values()} == {"shopify"} and manifest.rows == 5
    assert items["0.jpg"]["title"] == "Tee" and items["0.jpg"]["meta.description"] == "Soft cotton"
    assert items["0.jpg"]["label.tags"] == ["summer", "casual"] and items["0.jpg"]["label.gender"] == "unisex"
    assert items["0.jpg"]["label.productType"] == "T-Shirts" and items["0.jpg"]["meta.brand"] == "Acme"
    assert items["mug.jpg"]["label.colour"] is None and items["mug.jpg"]["meta.sizes"] == []
    assert not len(manifest.problems)


def test_a_picture_shows_its_own_variants(tmp_path: Path) -> None:
    items = {
        row["image"][len(PICTURE) :]: row for row in read(tmp_path, [TEE, RED_M, BLUE_S, FURTHER]).items.to_dicts()
    }
    colours = {name: row["label.colour"] for name, row in items.items()}
    assert colours == {"0.jpg": None, "1.jpg": None, "red.jpg": ["Red"], "blue.jpg": ["Blue"]}
    assert items["red.jpg"]["meta.sizes"] == [{"size": "S", "stock": 3}, {"size": "M", "stock": 0}]
    assert items["1.jpg"]["meta.sizes"] == [{"size": "S", "stock": 4}, {"size": "M", "stock": 0}]
    assert items["red.jpg"]["meta.variants"] == ["T-R-S", "T-R-M"]
    assert (items["blue.jpg"]["meta.price"], items["blue.jpg"]["meta.discountedPrice"]) == (12.0, None)
    alone = read(tmp_path, [TEE]).items
    assert (alone["meta.price"][0], alone["meta.discountedPrice"][0]) == (15.0, 10.0)


def test_metafields_speak_where_no_option_does(tmp_path: Path) -> None:
    row = {key: value for key, value in TEE.items() if not key.startswith("option")}
    assert read(tmp_path, [row]).labels("colour")[0].to_list() == ["red", "blue"]


def test_a_product_of_one_colour_has_it_on_every_picture(tmp_path: Path) -> None:
    manifest = read(tmp_path, [TEE, RED_M, FURTHER])
    assert manifest.labels("colour").to_list() == [["Red"]] * 3


def test_rows_that_can_not_be_used_are_told(tmp_path: Path) -> None:
    rows = [
        TEE,
        {"title": "No handle"},
        {**MUG, "picture": ""},
        {"handle": "cap", "picture": "C:/cap.jpg", "price": "x"},
    ]
    manifest = read(tmp_path, rows)
    assert manifest.problems.rows() == [
        ("products.csv line 3", "no handle", "lost"),
        ("products.csv line 4 (mug)", "the product has no picture", "lost"),
        ("products.csv line 5", "the price is no amount (left open)", "remark"),
        ("products.csv line 5", "the picture is no http or https address", "lost"),
        ("products.csv line 5 (cap)", "the product has no picture", "lost"),
    ]


def test_fetched_pictures_are_found_by_handle(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("tee.jpg", "tee#2.jpg"):
        (tmp_path / "pictures" / name).write_bytes(b"")
    manifest = read(tmp_path, [TEE, MUG], root=tmp_path / "pictures")
    assert [Path(image).name for image in manifest.items["image"]] == ["tee.jpg", "tee#2.jpg"]
    assert manifest.problems["kind"].to_list() == ["lost"]


def test_other_tables_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("handle,image\n1,https://x.example/1.jpg\n")
    assert read_source(tmp_path / "a.csv").items["source"][0] == "table"
    with pytest.raises(SourceError, match="no product export of Shopify: it lacks a CSV with the columns Handle"):
        read_source(tmp_path / "a.csv", reader="shopify")


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(KEYS), st.text(max_size=6) | st.sampled_from(["https://a/1", "tee", "1"])),
        max_size=6,
    )
)
def test_any_cells_give_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = write(tmp_path_factory.mktemp("fuzz") / "a.csv", rows)
    try:
        assert len(read_source(path, reader="shopify"))
    except SourceError as error:
        assert str(error)


@given(data=st.binary(max_size=100), at=st.integers(0, 800))
def test_any_bytes_give_a_manifest_or_our_error(tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int) -> None:
    path = write(tmp_path_factory.mktemp("fuzz") / "a.csv", [TEE, RED_M])
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + data + whole[at:])
    try:
        assert len(read_source(path, reader="shopify"))
    except SourceError as error:
        assert str(error)

"""From whatever a shop calls its columns to items."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem, Variant
from modiste.catalogue.loading.facts import Facts, fold_name
from modiste.catalogue.local.writing import normalise_item
from modiste.taxonomy import Field, Taxonomy

TAXONOMY = Taxonomy((
    Field("gender", "single", ("Men", "Women", "Unisex")),
    Field("baseColour", "single", ("Blue", "Navy Blue")),
    Field("material", "multi", ("Cotton", "Wool")),
))  # fmt: skip
SIZES = pl.List(pl.Struct({"size": pl.String, "stock": pl.Int64}))


def build(columns: dict[str, Any], taxonomy: Taxonomy = TAXONOMY) -> list[CatalogueItem]:
    height = max(len(value) for value in columns.values())
    table = pl.DataFrame({"item_id": [str(row) for row in range(height)], **columns})
    return Facts(table, taxonomy).build(pl.Series(range(height)))


def build_one(**columns: Any) -> CatalogueItem:
    return build({name.replace("__", "."): [value] for name, value in columns.items()})[0]


@pytest.mark.parametrize(
    ("columns", "price", "list_price"),
    [
        ({"meta.price": 100.0, "meta.discountedPrice": 80.0}, 80, 100),
        ({"meta.price": 100.0, "meta.discountedPrice": 0.0}, 100, 100),
        ({"meta.price": 100.0}, 100, 100),
        ({"meta.MRP": 100, "meta.Price": 90}, 90, 100),
        ({"meta.sale_price": "1,299.00 INR", "meta.price": "1,500 INR"}, 1299, 1500),
        ({"label.price": "EUR 20"}, 20, 20),
        ({"meta.price": "ask"}, None, None),
        ({"meta.price": float("nan")}, None, None),
        ({"meta.year": 2012}, None, None),
    ],
)
def test_price_is_what_is_paid(columns: dict[str, Any], price: float | None, list_price: float | None) -> None:
    item = build({name: [value] for name, value in columns.items()})[0]
    assert (item.price, item.list_price) == (price, list_price)


@pytest.mark.parametrize(
    ("columns", "variants"),
    [
        ({"meta.size": "M", "meta.stock": 3}, [("M", 3)]),
        ({"meta.sizes": "S, M ;L", "meta.quantity": 7}, [("S", None), ("M", None), ("L", None)]),
        ({"meta.sizes": "S/M", "meta.stock": "0"}, [("S", 0), ("M", 0)]),
        ({"meta.sizes": ["40", "41", "40"]}, [("40", None), ("41", None)]),
        ({"meta.stock": -2}, [("", 0)]),
        ({"label.Size": "XL"}, [("XL", None)]),
        ({"meta.brand": "x"}, []),
    ],
)
def test_sizes_and_stock(columns: dict[str, Any], variants: list[tuple[str, int | None]]) -> None:
    item = build({name: [value] for name, value in columns.items()})[0]
    assert item.variants == tuple(Variant(*pair) for pair in variants)


def test_sizes_of_a_feed_keep_their_stock() -> None:
    sizes = pl.Series([[{"size": "S", "stock": 3}, {"size": "M", "stock": None}], [], None], dtype=SIZES)
    items = build({"meta.sizes": sizes})
    assert [item.variants for item in items] == [(Variant("S", 3), Variant("M")), (), ()]


def test_labels_called_like_a_field_of_the_bundle_count_for_it() -> None:
    items = build({
        "label.Gender": ["women", "male", "Divers", None],
        "label.colour": [["navy blue", "Teal"], [], None, [None]],
        "label.season": ["Summer", " ", None, "x"],
    })  # fmt: skip
    assert [item.values("gender") for item in items] == [("Women",), ("Men",), ("Divers",), ()]
    assert [item.values("baseColour") for item in items] == [("Navy Blue", "Teal"), (), (), ()]
    assert [item.values("season") for item in items] == [("Summer",), (), (), ("x",)]
    assert all(tag.origin == "source" and tag.confidence == 1 for item in items for tag in item.tags)


def test_all_else_becomes_details_under_names_that_filters_can_tell_apart() -> None:
    item = build_one(
        meta__year=2012, meta__ratio=0.5, meta__new=True, meta__description=" soft ", meta__variants=["a", " "],
        meta__nothing=None, meta__stamp=[{"a": 1}], meta__gender="f", meta__Title2="x",
    )  # fmt: skip
    assert item.details == {
        "year": 2012, "ratio": 0.5, "new": True, "description": "soft", "variants": ("a",), "source.gender": "f",
        "Title2": "x",
    }  # fmt: skip


def test_attributes_of_a_record_keep_their_own_names_unless_taken() -> None:
    columns = {f"meta.attribute.{name}": ["a"] for name in ("Sleeve Length", "Size", "Brand", "Gender", "year")}
    item = build({**columns, "meta.year": [7]})[0]
    assert item.details == {
        "Sleeve Length": "a", "attribute.Size": "a", "attribute.Brand": "a", "attribute.Gender": "a",
        "attribute.year": "a", "year": 7,
    }  # fmt: skip
    assert item.brand is None


def test_title_brand_currency_and_box() -> None:
    texts = {"title": ["  "], "meta.Product Name": ["Navy shirt"], "meta.Vendor": ["Alder"], "meta.currency": ["INR"]}
    item = build({**texts, "box": [[1.0, 2, 3, 4]]})[0]
    assert (item.title, item.brand, item.currency, item.box) == ("Navy shirt", "Alder", "INR", (1, 2, 3, 4))


def test_rows_are_built_in_the_order_asked_for() -> None:
    table = pl.DataFrame({"item_id": list("abc"), "meta.year": [1, None, 3]})
    items = Facts(table, TAXONOMY).build(pl.Series([2, 0]))
    assert [(item.item_id, item.details) for item in items] == [("c", {"year": 3}), ("a", {"year": 1})]


def test_no_rows() -> None:
    assert Facts(pl.DataFrame({"item_id": ["a"]}), TAXONOMY).build(pl.Series([], dtype=pl.UInt32)) == []


texts = st.text(st.characters(codec="utf-8"), max_size=12)
columns = st.dictionaries(
    st.tuples(
        st.sampled_from(["meta.", "label.", "meta.attribute."]),
        st.sampled_from(
            ["price", "sale_price", "size", "sizes", "stock", "brand", "title", "gender", "colour", "odd name"]
        ),
    ).map("".join),
    st.one_of(
        st.lists(st.none() | texts, min_size=3, max_size=3),
        st.lists(st.none() | st.floats(), min_size=3, max_size=3),
        st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
        st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
        st.lists(st.none() | st.lists(texts, max_size=3), min_size=3, max_size=3),
        st.lists(st.none() | st.dates(), min_size=3, max_size=3),
    ),
    max_size=6,
)


@given(columns)
def test_whatever_the_columns_hold_it_can_be_kept(table: dict[str, list[Any]]) -> None:
    items = build({"image": ["a.jpg"] * 3, **{name: pl.Series(cells, strict=False) for name, cells in table.items()}})
    for item in items:
        normalise_item(item)
        assert item.price is None or item.price >= 0 or "price" in "".join(table)


@given(texts)
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem, ItemChange, ItemTag, Variant
from modiste.catalogue.local import LocalBackend, verify
from modiste.catalogue.local.database import open_database, read_seq
from modiste.errors import UnknownNameError, UsageError
from tests.unit.catalogue.local.drawing import make_items, make_vectors

UNIT = make_vectors(1)


@pytest.mark.parametrize(
    ("item", "match"),
    [
        (CatalogueItem("x", price=float("nan")), "price of nan"),
        (CatalogueItem("x", list_price=float("inf")), "list_price of inf"),
        (CatalogueItem("x", variants=(Variant("M", 2**63),)), "stock of 9223372036854775808"),
        (CatalogueItem("x", variants=(Variant("M", 1.5),)), "stock of 1.5"),
        (CatalogueItem("x", look=-1), "perceptual hash of -1"),
        (CatalogueItem("x", colours=b"few"), "expected 64 bytes"),
        (CatalogueItem("x", box=(0, 0, float("nan"), 1)), "has the box"),
        (CatalogueItem("x", tags=(ItemTag("gender", "Men", 1.5),)), "has the tag"),
        (CatalogueItem("x", tags=(ItemTag("gender", "Men", 1.0, "guessed"),)), "has the tag"),
        (CatalogueItem("x", tags=(ItemTag("gender", ""),)), "has the tag"),
        (CatalogueItem("x", title="a\0b"), "null character"),
        (CatalogueItem("x", brand="\ud800"), "surrogates not allowed"),
        (CatalogueItem("x\0"), "null character"),
        (CatalogueItem("x", title=7), "can't be kept as text"),
        (CatalogueItem("x", details={"year": float("nan")}), "'year': nan"),
        (CatalogueItem("x", details={"year": 2**70}), "at most 64 bits"),
        (CatalogueItem("x", details={"a": object()}), "in its details"),
        (CatalogueItem("x", details={"": 1}), "in its details"),
        (CatalogueItem("x", details={"a": ("b", 1)}), "as text in 'a'"),
        (CatalogueItem("x", details={"a": "\0"}), "as text in 'a'"),
    ],
)
def test_what_can_not_be_kept_is_refused_whole(shop: LocalBackend, item: CatalogueItem, match: str):
    with pytest.raises(UsageError, match=match):
        shop.put([CatalogueItem("good"), item], make_vectors(2))
    assert shop.get(["good", "x"]) == {}


@pytest.mark.parametrize(
    ("vectors", "match"),
    [
        (UNIT * 1.01, "has length 1.01; expected 1"),
        (UNIT * np.nan, "has length nan"),
        (UNIT[:, :3], "expected \\(1, 4\\)"),
        (np.repeat(UNIT, 2, axis=0), "1 items came with vectors"),
    ],
)
def test_vectors_that_do_not_fit(shop: LocalBackend, vectors: np.ndarray, match: str):
    with pytest.raises(UsageError, match=match):
        shop.put([CatalogueItem("x")], vectors)


def test_vectors_near_unit_length_are_made_so(shop: LocalBackend):
    shop.put([CatalogueItem("x")], UNIT * np.float32(1.0005))
    assert np.linalg.norm(shop.get_vectors(["x"])["x"]) == pytest.approx(1, abs=1e-6)


def test_predictions_and_corrections_speak_of_what_the_bundle_knows(shop: LocalBackend):
    with pytest.raises(UnknownNameError, match="'Mens'; did you mean 'Men'"):
        shop.put([CatalogueItem("x", tags=(ItemTag("gender", "Mens", 0.5, "predicted"),))], UNIT)
    with pytest.raises(UnknownNameError, match="no field 'colour'"):
        shop.patch([ItemChange("1", corrections={"colour": ("Red",)})])
    shop.put([CatalogueItem("x", tags=(ItemTag("fabric", "wool"),))], UNIT)  # a shop may say more
    assert shop.get(["x"])["x"].values("fabric") == ("wool",)


def test_of_items_with_one_id_the_last_counts(shop: LocalBackend):
    shop.put([CatalogueItem("x", title="first"), CatalogueItem("x", title="last")], make_vectors(2))
    assert shop.get(["x"])["x"].title == "last"
    assert np.array_equal(shop.get_vectors(["x"])["x"], make_vectors(2)[1])


def test_a_replaced_item_keeps_place_and_corrections(shop: LocalBackend):
    shop.patch([ItemChange("3", corrections={"gender": ("Unisex",), "colours": ("Red",)})])
    brought = ItemTag("colours", "Navy Blue", 1.0, "corrected")
    shop.put([replace(make_items(4)[3], tags=(brought,))], UNIT)
    item = shop.get(["3"])["3"]
    assert item.labels == {"colours": ("Navy Blue",), "gender": ("Unisex",)}
    assert shop.list_ids()[3] == "3"


def test_what_changes_nothing_is_no_transaction(shop: LocalBackend):
    connection = open_database(shop.path)
    before = read_seq(connection)
    shop.put(make_items(30), make_vectors(30))
    shop.patch([ItemChange("1", price=1.0, title="Shirt 1")])
    shop.patch([ItemChange("nobody", price=1.0)])
    shop.remove(["nobody"])
    shop.put([], make_vectors(0))
    assert read_seq(connection) == before
    shop.patch([ItemChange("1", price=2.0)])
    assert read_seq(connection) == before + 1
    connection.close()


def test_removed_and_added_again_is_another_item(shop: LocalBackend):
    assert shop.remove(["1", "1", "nobody"]) == 1
    shop.put(make_items(2)[1:], UNIT)
    assert shop.list_ids()[-1] == "1"
    assert verify(shop.path) == []


def test_a_failing_change_takes_the_others_back(shop: LocalBackend):
    with pytest.raises(UsageError):
        shop.patch([ItemChange("1", price=5.0), ItemChange("2", price=float("nan"))])
    assert shop.get(["1"])["1"].price == 1.0
    assert shop.patch([ItemChange("1", price=6.0)]) == []

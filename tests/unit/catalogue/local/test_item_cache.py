"""Items that are remembered: whatever anybody changed is seen at once, and what is remembered stays bounded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem, ItemChange, ItemTag, Variant
from modiste.catalogue.local import LocalBackend, item_cache, reading
from modiste.catalogue.local.item_cache import ItemCache
from tests.unit.catalogue.local.drawing import HEAD, make_items, make_vectors


def test_an_unchanged_item_is_read_once(shop: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop.get(["3", "4"])
    shop.patch([ItemChange("4", price=1.5)])
    asked: list[list[int]] = []

    def read(connection: object, keys: list[int]) -> dict[int, CatalogueItem]:
        asked.append(keys)
        return reading.read_items(connection, keys)

    monkeypatch.setattr(item_cache, "read_items", read)
    again = shop.get(["3", "4", "nobody"])
    assert again["3"] is first["3"] and again == first | {"4": shop.get(["4"])["4"]}
    assert again["4"].price == 1.5 and list(map(len, asked)) == [1, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda other: other.patch([ItemChange("3", variants=(Variant("XL", 9),))]),
        lambda other: other.patch([ItemChange("3", corrections={"gender": ("Unisex",)})]),
        lambda other: other.put([CatalogueItem("3", title="Another one")], make_vectors(1, 9)),
        lambda other: other.remove(["3"]),
        lambda other: (other.remove(["3"]), other.put([CatalogueItem("3")], make_vectors(1))),
    ],
)
def test_what_another_process_changed_is_read_anew(shop: LocalBackend, change: object) -> None:
    before = shop.get(["2", "3"])
    with LocalBackend(shop.path, refresh=False) as other:
        change(other)
        expected = other.get(["3"])
    assert shop.get(["3"]) == expected and expected != {"3": before["3"]}
    assert shop.get(["2"])["2"] is before["2"]


def test_a_history_that_was_taken_back(tmp_path: Path) -> None:
    # Both copies have gone through as many transactions; only their random numbers tell them apart.
    with LocalBackend(tmp_path / "shop", create=HEAD, refresh=False) as shop:
        shop.put(make_items(3), make_vectors(3))
    shutil.copytree(tmp_path / "shop", tmp_path / "copy")
    with LocalBackend(tmp_path / "shop", refresh=False) as shop, LocalBackend(tmp_path / "copy", refresh=False) as copy:
        shop.patch([ItemChange("1", price=3.0)])
        copy.patch([ItemChange("1", price=4.0)])
        cache = ItemCache(shop._reader)
        assert cache.read(["1"])["1"].price == 3.0
        cache._connection = copy._reader
        assert cache.read(["1"])["1"].price == 4.0


def test_what_is_remembered_is_bounded(shop: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ItemCache(shop._reader, most=5)
    for start in (0, 10, 20):
        assert list(cache.read([str(number) for number in range(start, start + 10)])) == [
            str(number) for number in range(start, start + 10)
        ]
        assert len(cache) == 5
    assert cache.read(["29"])["29"] is cache.read(["29"])["29"]
    monkeypatch.setattr(item_cache, "_AT_ONCE", 2)
    assert len(cache.read(["1", "2", "3"])) == 3  # too many at once: those that are asked for again stay
    assert cache.read(["1"])["1"] is not cache.read(["2"])["2"]
    assert set(cache._items) >= {30}


@pytest.mark.parametrize(
    "item",
    [
        CatalogueItem("large", details={"text": "x" * 20_000}),
        CatalogueItem("large", details={"list": ("x" * 10_000, "y" * 10_000)}),
        CatalogueItem("large", variants=tuple(Variant(str(number), 1) for number in range(300))),
    ],
)
def test_a_huge_item_is_not_remembered(shop: LocalBackend, item: CatalogueItem) -> None:
    shop.put([item], make_vectors(1))
    assert shop.get(["large"]) == {"large": item}
    assert shop.get(["large"])["large"] is not shop.get(["large"])["large"]


@pytest.mark.parametrize(
    "change",
    [
        lambda item: item.details.update(year=1),
        lambda item: item.details.clear(),
        lambda item: item.details["materials"].append("silk"),
        lambda item: item.labels.update(colours=("Red",)),
        lambda item: item.labels["colours"].append("Red"),
        lambda item: item.tags.append(ItemTag("colours", "Red")),
        lambda item: item.variants.clear(),
        lambda item: item.colours.__setitem__(0, 1),
        lambda item: setattr(item, "price", 0.0),
        lambda item: setattr(item.tags[0], "value", "Red"),
        lambda item: setattr(item.variants[0], "stock", 9),
    ],
)
def test_nobody_changes_what_is_remembered(shop: LocalBackend, change: Callable[[CatalogueItem], None]) -> None:
    details = {"year": 2012, "materials": ("wool", "cotton")}
    item = CatalogueItem(
        "full", tags=(ItemTag("colours", "Navy Blue"),), variants=(Variant("M", 2),), details=details, colours=bytes(64)
    )
    shop.put([item], make_vectors(1))
    given = shop.get(["full"])["full"]
    with pytest.raises((TypeError, AttributeError)):
        change(given)
    remembered = shop.get(["full"])["full"]
    assert remembered is given and remembered == item
    assert remembered.details == details and remembered.labels == {"colours": ("Navy Blue",)}


def test_scores_are_cosines_and_nan_for_what_is_not_there(shop: LocalBackend) -> None:
    shop.remove(["4"])
    query, names = make_vectors(1, 7)[0], ["2", "4", "29", "2", "nobody"]
    vectors = make_vectors(30)
    expected = [vectors[2] @ query, np.nan, vectors[29] @ query, vectors[2] @ query, np.nan]
    np.testing.assert_allclose(shop.score(query, names), expected, rtol=1e-6)

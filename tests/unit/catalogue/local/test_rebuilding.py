from __future__ import annotations

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem, ItemChange, ItemTag
from modiste.catalogue.local import LocalBackend, PendingItem, verify
from modiste.errors import CatalogueError, UnknownNameError, UsageError
from tests.unit.catalogue.local.drawing import HEAD, NEXT_HEAD, SIZE, make_items, make_vectors


def do(shop: LocalBackend, pending: list[PendingItem], seed: int = 7) -> int:
    tags = [(ItemTag("season", "Summer", 0.8, "predicted"), ItemTag("gender", "Women", 0.7, "predicted"))] * len(
        pending
    )
    return shop.put_pending(pending, make_vectors(len(pending), seed, SIZE + 2), tags)


def do_all(shop: LocalBackend) -> None:
    while pending := shop.list_pending(7):
        do(shop, pending)


def test_the_old_one_serves_until_the_end(shop: LocalBackend):
    query = make_vectors(1)[0]
    before, vectors = shop.nearest(query, 5), shop.get_vectors(["1"])
    assert shop.begin_rebuild(NEXT_HEAD) == 30
    do_all(shop)
    assert shop.describe().rebuild == (NEXT_HEAD.fingerprint, 0)
    assert shop.nearest(query, 5).item_ids == before.item_ids
    assert np.array_equal(shop.get_vectors(["1"])["1"], vectors["1"])
    assert shop.head == HEAD
    assert verify(shop.path) == []
    assert shop.finish_rebuild() == 0
    assert shop.head == NEXT_HEAD
    assert shop.describe().rebuild is None
    assert shop.get(["2"])["2"].labels == {"season": ("Summer",), "gender": ("Women",)}
    wanted = make_vectors(7, 7, SIZE + 2)[1]
    assert shop.nearest(wanted, 1).scores[0] == pytest.approx(1)
    with pytest.raises(UsageError, match="expected \\(6,\\)"):
        shop.nearest(query, 5)
    assert "summer" in shop.known_words()
    assert verify(shop.path) == []


def test_an_interrupted_one_goes_on_where_it_was(shop: LocalBackend):
    shop.begin_rebuild(NEXT_HEAD)
    do(shop, shop.list_pending(12))
    with LocalBackend(shop.path, refresh=False) as again:
        assert again.begin_rebuild(NEXT_HEAD) == 18
        assert [one.item.item_id for one in again.list_pending(2)] == ["12", "13"]
        assert [one.item.item_id for one in again.list_pending(2, after="20")] == ["21", "22"]
        with pytest.raises(UsageError, match="18 items are still to do, such as '12'"):
            again.finish_rebuild()
        assert again.finish_rebuild(remove_rest=True) == 18
    assert len(shop.list_ids()) == 12
    assert verify(shop.path) == []


def test_what_changes_meanwhile_is_not_lost(shop: LocalBackend):
    shop.patch([ItemChange("5", corrections={"gender": ("Unisex",)})])
    shop.begin_rebuild(NEXT_HEAD)
    listed = shop.list_pending(100)
    with LocalBackend(shop.path, refresh=False) as other:
        other.remove(["0"])
        other.put([CatalogueItem("new"), *make_items(2)[1:]], make_vectors(2, 3))  # one more, and another picture of 1
        other.patch([ItemChange("2", price=77.0)])
        assert do(shop, listed) == 28
        other.put(make_items(4)[3:], make_vectors(1, 4))  # another picture of one that was done
        other.remove(["4"])
    assert {one.item.item_id for one in shop.list_pending(100)} == {"new", "1", "3"}
    do_all(shop)
    shop.finish_rebuild()
    assert len(shop.list_ids()) == 29
    assert shop.get(["2"])["2"].price == 77.0
    assert shop.get(["5"])["5"].values("gender") == ("Unisex",)
    assert verify(shop.path) == []


def test_another_process_hears_of_it(shop: LocalBackend):
    with LocalBackend(shop.path, refresh=False) as other:
        other.nearest(make_vectors(1)[0], 3)
        shop.begin_rebuild(NEXT_HEAD)
        do_all(shop)
        shop.finish_rebuild()
        assert other.head == NEXT_HEAD
        with pytest.raises(CatalogueError, match="was rebuilt under the bundle 'new' since it was opened"):
            other.put(make_items(1), make_vectors(1))
    shop.put(make_items(1), make_vectors(1, size=SIZE + 2))


def test_one_for_another_bundle_begins_anew(shop: LocalBackend):
    shop.begin_rebuild(NEXT_HEAD)
    do(shop, shop.list_pending(12))
    shop.abandon_rebuild()
    assert shop.describe().rebuild is None
    assert shop.begin_rebuild(NEXT_HEAD) == 30


def test_what_is_refused(shop: LocalBackend):
    with pytest.raises(UsageError, match=r"made for the bundle 'old' .* already"):
        shop.begin_rebuild(HEAD)
    with pytest.raises(UsageError, match="no rebuild under way"):
        shop.finish_rebuild()
    with pytest.raises(UsageError, match=r"no rebuild of .* is under way"):
        do(shop, [])
    shop.begin_rebuild(NEXT_HEAD)
    pending = shop.list_pending(1)
    with pytest.raises(UnknownNameError, match="no field 'colours'"):
        shop.put_pending(pending, make_vectors(1, size=SIZE + 2), [(ItemTag("colours", "Red", 1.0, "predicted"),)])
    with pytest.raises(UsageError, match="expected \\(1, 6\\)"):
        shop.put_pending(pending, make_vectors(1), [()])

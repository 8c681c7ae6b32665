"""What a feed changes: prices without embedding, pictures with, and nothing where nothing changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.catalogue import ItemChange, Variant
from modiste.catalogue.loading import LoadSummary, add_source, build_catalogue, loader, sync_feed
from modiste.catalogue.local import LocalBackend
from modiste.errors import CatalogueError
from tests.unit.catalogue.loading.conftest import Read

COUNTS = ("added", "replaced", "changed", "unchanged", "removed", "failed", "missing")
Sync = Callable[..., LoadSummary]


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "own"))


@pytest.fixture
def place(own: Path, tmp_path: Path, tiny: Bundle) -> Path:
    build_catalogue(own, tmp_path / "c", bundle=tiny, part_size=8)
    return tmp_path / "c"


@pytest.fixture
def sync(own: Path, place: Path, tiny: Bundle) -> Sync:
    def call(source: Path = own, **options: bool) -> LoadSummary:
        with LocalBackend(place) as backend:
            return sync_feed(source, backend, bundle=tiny, part_size=8, **options)

    return call


def count(summary: LoadSummary) -> dict[str, int]:
    return {name: getattr(summary, name) for name in COUNTS if getattr(summary, name)}


def rewrite(own: Path, item_id: str, **changes: object) -> None:
    path = own / "styles" / f"{item_id}.json"
    record = json.loads(path.read_text())
    record["data"] |= changes
    path.write_text(json.dumps(record))


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("a network was opened")


def test_nothing_changed(sync: Sync, place: Path, monkeypatch: pytest.MonkeyPatch, read: Read) -> None:
    monkeypatch.setattr(loader, "CatalogueMapper", refuse)
    before = read(place)
    assert count(sync()) == {"unchanged": 30}
    after = read(place)
    assert all(
        after[name][0] == item and np.array_equal(after[name][1], vector) for name, (item, vector) in before.items()
    )


def test_new_prices_and_stock_need_no_network(
    sync: Sync, own: Path, place: Path, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    monkeypatch.setattr(loader, "CatalogueMapper", refuse)
    before = read(place)
    sizes = [{"name": "Size", "value": "M", "inventoryCount": 77}]
    rewrite(own, "10003", price=200, discountedPrice=150, styleOptions=sizes, articleAttributes={"Neck": "Polo"})
    assert count(sync()) == {"changed": 1, "unchanged": 29}
    item, vector = read(place)["10003"]
    assert (item.price, item.list_price, item.variants) == (150, 200, (Variant("M", 77),))
    assert "Pattern" not in item.details and item.details["Neck"] == "Polo"
    old, same = before["10003"]
    assert np.array_equal(vector, same)
    assert {t for t in item.tags if t.origin == "predicted"} == {t for t in old.tags if t.origin == "predicted"}
    assert (item.picture_hash, item.look) == (old.picture_hash, old.look)


def test_another_picture_is_embedded(sync: Sync, own: Path, place: Path, read: Read) -> None:
    before = read(place)
    shutil.copy(own / "images" / "10005.jpg", own / "images" / "10004.jpg")
    assert count(sync()) == {"replaced": 1, "unchanged": 29}
    after = read(place)
    np.testing.assert_allclose(after["10004"][1], before["10005"][1], atol=1e-6)
    assert after["10004"][0].picture_hash == before["10005"][0].picture_hash
    assert count(sync()) == {"unchanged": 30}


def test_new_items_and_vanished_ones(sync: Sync, own: Path, place: Path, read: Read) -> None:
    table = (own / "styles.csv").read_text().splitlines()
    (own / "styles.csv").write_text("\n".join([*table[:-2], table[-1].replace("10030", "99")]) + "\n")
    shutil.copy(own / "images" / "10030.jpg", own / "images" / "99.jpg")
    assert count(sync()) == {"added": 1, "unchanged": 28, "missing": 2}
    assert len(read(place)) == 31
    assert count(sync(remove_missing=True)) == {"unchanged": 29, "removed": 2, "missing": 2}
    assert not {"10029", "10030"} & set(read(place))


def test_corrections_survive(sync: Sync, own: Path, place: Path, read: Read, tiny: Bundle) -> None:
    field = tiny.taxonomy["colour"]
    with LocalBackend(place) as backend:
        backend.patch([ItemChange("10003", corrections={"colour": (field.values[-1],)})])
    rewrite(own, "10003", price=1, discountedPrice=1)
    assert count(sync()) == {"changed": 1, "unchanged": 29}
    assert read(place)["10003"][0].values("colour") == (field.values[-1],)


def test_unreadable_pictures_keep_what_was_known(sync: Sync, own: Path, place: Path, read: Read) -> None:
    before = read(place)
    (own / "images" / "10004.jpg").write_bytes(b"")
    rewrite(own, "10004", price=3, discountedPrice=3)
    summary = sync()
    # An empty file can be read, but is another one: it is no picture, and what was known stays.
    assert summary.failed == 1 and summary.errors is not None and "10004" in summary.errors.read_text()
    assert np.array_equal(read(place)["10004"][1], before["10004"][1])
    shutil.copy(own / "images" / "10005.jpg", own / "images" / "10004.jpg")
    assert count(sync()) == {"replaced": 1, "unchanged": 29}


def test_addresses_of_known_items_are_not_read(sync: Sync, tmp_path: Path, place: Path, read: Read) -> None:
    before = read(place)
    feed = tmp_path / "feed.tsv"
    feed.write_text(
        "id\ttitle\timage_link\tprice\tsize\tquantity\n"
        "10003\tNew name\thttps://shop.example/10003.jpg\t12.50 EUR\tM\t4\n"
        "new\tShirt\thttps://shop.example/new.jpg\t9 EUR\tM\t4\n"
    )
    summary = sync(feed)
    assert count(summary) == {"changed": 1, "failed": 1, "missing": 29}
    item, vector = read(place)["10003"]
    assert (item.title, item.price, item.currency, item.variants) == ("New name", 12.5, "EUR", (Variant("M", 4),))
    assert item.image == before["10003"][0].image and np.array_equal(vector, before["10003"][1])


def test_a_moved_source_is_recognised_by_its_files(sync: Sync, own: Path, place: Path, tmp_path: Path, read: Read,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(loader, "CatalogueMapper", refuse)
    own.rename(tmp_path / "moved")
    assert count(sync(tmp_path / "moved")) == {"changed": 30}
    assert all(str(tmp_path / "moved") in (item.image or "") for item, _ in read(place).values())


def test_add_brings_new_ones_and_keeps_the_rest(own: Path, place: Path, tmp_path: Path, tiny: Bundle) -> None:
    more = tmp_path / "more"
    more.mkdir()
    shutil.copy(own / "images" / "10001.jpg", more / "extra.jpg")
    with LocalBackend(place) as backend:
        summary = add_source(more, backend, bundle=tiny)
        assert count(summary) == {"added": 1, "missing": 30} and summary.items == 31
        assert backend.nearest(backend.get_vectors(["extra"])["extra"], 2).item_ids == ["10001", "extra"]


def test_another_bundle_is_refused_with_the_command_that_helps(own: Path, place: Path, other: Bundle) -> None:
    with LocalBackend(place) as backend, pytest.raises(CatalogueError, match="modiste catalogue rebuild"):
        sync_feed(own, backend, bundle=other)

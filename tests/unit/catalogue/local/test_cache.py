"""The cache may be deleted, damaged or stale at any time: answers stay the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend, cache, following, refreshing
from modiste.catalogue.local.cache import CACHE, INDEX, list_caches
from tests.unit.catalogue.local.drawing import make_items, make_vectors

QUERY = make_vectors(1, 99)[0]
VECTORS = make_vectors(5000)


def ask(backend: LocalBackend) -> list[str]:
    return backend.nearest(QUERY, 5, where=parse_filter("price < 50")).item_ids


def expect(vectors: np.ndarray = VECTORS) -> list[str]:
    """Answer without any backend; item i costs i % 100."""
    rows = [row for row in np.argsort(-(vectors.astype(np.float64) @ QUERY), kind="stable") if row % 100 < 50]
    return [str(row) for row in rows[:5]]


def open_fresh(shop: LocalBackend) -> LocalBackend:
    return LocalBackend(shop.path, refresh=False)


def files(shop: LocalBackend) -> Path:
    (only,) = list_caches(shop.path)
    return only


def test_it_is_used(cached_shop: LocalBackend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "read_rows", None)  # nothing may be read from the tables
    with open_fresh(cached_shop) as backend:
        assert ask(backend) == expect()
        assert backend._follower.look().vectors.base is not None  # mapped, not copied


def test_deleted_while_in_use(cached_shop: LocalBackend):
    assert ask(cached_shop) == expect()
    shutil.rmtree(cached_shop.path / CACHE)
    cached_shop.put([CatalogueItem("new", price=1.0)], QUERY[None])
    assert ask(cached_shop) == ["new", *expect()[:4]]
    with open_fresh(cached_shop) as backend:
        assert ask(backend) == ["new", *expect()[:4]]
    assert files(cached_shop)


@pytest.mark.parametrize("name", ["keys.i64", "offsets.i64", "ids.utf8", "vectors.f32", "cache.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "missing", "longer"])
def test_damaged(cached_shop: LocalBackend, name: str, harm: str):
    file = files(cached_shop) / name
    data = bytearray(file.read_bytes())
    if harm == "flip":
        data[len(data) // 3 if name != "vectors.f32" else 40_000] ^= 0x10
    elif harm == "cut":
        data = data[: len(data) // 2]
    elif harm == "longer":
        data += b"0" * 8
    file.unlink()
    if harm != "missing":
        file.write_bytes(b"" if harm == "empty" else data)
    with open_fresh(cached_shop) as backend:
        assert ask(backend) == expect()
    assert (files(cached_shop) / name).stat().st_size > 0


def test_of_another_catalogue(cached_shop: LocalBackend, tmp_path: Path):
    with LocalBackend(tmp_path / "other", create=cached_shop.head, refresh=False) as other:
        other.put(make_items(5000), make_vectors(5000, 5))
        shutil.copytree(cached_shop.path / CACHE, other.path / CACHE)
        assert ask(other) == expect(make_vectors(5000, 5))


def test_of_a_history_that_was_taken_back(cached_shop: LocalBackend, tmp_path: Path):
    cached_shop.close()
    shutil.copytree(cached_shop.path, tmp_path / "copy", ignore=shutil.ignore_patterns(CACHE))
    with open_fresh(cached_shop) as backend:
        backend.put(make_items(5000), make_vectors(5000, 5))
        backend.refresh_cache()
        assert ask(backend) == expect(make_vectors(5000, 5))
    (cached_shop.path / "catalogue.sqlite").unlink()
    shutil.copy(tmp_path / "copy" / "catalogue.sqlite", cached_shop.path)
    with open_fresh(cached_shop) as backend:
        backend.put([CatalogueItem("new", price=1.0)], QUERY[None])  # as many transactions as the cache knows
        assert ask(backend) == ["new", *expect()[:4]]


def test_a_folder_that_can_not_be_written(cached_shop: LocalBackend):
    shutil.rmtree(cached_shop.path / CACHE)
    (cached_shop.path / CACHE).write_text("in the way")
    with open_fresh(cached_shop) as backend:
        backend.refresh_cache()
        assert ask(backend) == expect()


def test_what_is_appended_does_not_change_the_file(cached_shop: LocalBackend):
    before = (files(cached_shop) / "vectors.f32").read_bytes()
    cached_shop.put([CatalogueItem("new", price=1.0)], QUERY[None])
    assert ask(cached_shop)[0] == "new"
    assert (files(cached_shop) / "vectors.f32").read_bytes() == before


def test_stale_is_written_anew(cached_shop: LocalBackend):
    old = files(cached_shop)
    cached_shop.put(make_items(5000, start=5000), make_vectors(5000, 1))
    cached_shop.refresh_cache()
    assert files(cached_shop) != old
    assert json.loads((files(cached_shop) / "cache.json").read_text())["rows"] == 10_000


@pytest.fixture
def indexed(cached_shop: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, an index is wanted; there is a cached state without one."""
    monkeypatch.setattr(refreshing, "choose_index_kind", lambda n: "ivf")
    monkeypatch.setattr(following, "_LOOK_SECONDS", 0.0)


@pytest.mark.usefixtures("indexed")
def test_another_process_takes_the_index_over(cached_shop: LocalBackend):
    with open_fresh(cached_shop) as backend:
        assert ask(backend) == expect()
        assert backend.describe().index.startswith("exact over 5,000")
        cached_shop.refresh_cache()
        assert ask(backend) == expect()
        assert backend.describe().index.startswith("ivf over 5,000")
        cached_shop.put([CatalogueItem("new", price=1.0)], QUERY[None])
        cached_shop.remove([expect()[0]])
        assert ask(backend) == ["new", *expect()[1:]]
        assert backend.describe().index.endswith("1 later ones are compared one by one")


@pytest.mark.usefixtures("indexed")
def test_a_damaged_index_is_built_again(cached_shop: LocalBackend):
    cached_shop.refresh_cache()
    file = files(cached_shop) / INDEX
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)
    with open_fresh(cached_shop) as backend:
        assert ask(backend) == expect()
        assert backend.describe().index.startswith("exact")
        backend.refresh_cache()
        assert ask(backend) == expect()
        assert backend.describe().index.startswith("ivf")


@pytest.mark.usefixtures("indexed")
def test_searching_makes_what_is_missing(cached_shop: LocalBackend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refreshing, "_PATIENCE", 0.0)
    shutil.rmtree(cached_shop.path / CACHE)
    with LocalBackend(cached_shop.path) as backend:
        ask(backend)
        ask(backend)
        thread = backend._follower._refresher._thread
        thread.join(60)
        assert ask(backend) == expect()
        assert backend.describe().index.startswith("ivf")

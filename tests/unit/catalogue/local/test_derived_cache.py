"""The index of words and the columns beside a cached state: read where they are whole, built where not, never wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem, ItemTag, Variant
from modiste.catalogue.backend import ItemChange
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend, column_follower, word_follower
from modiste.catalogue.local.array_file import read_arrays, write_arrays
from modiste.catalogue.local.cache import list_caches
from tests.unit.catalogue.local.drawing import HEAD, make_vectors

VECTORS = make_vectors(4200)
FILTERS = (
    "price < 20",
    "gender = 'Men' and price < 60",
    "size = 'M' and stock > 2",
    "brand = 'brand 3'",
    "fit = 'wide'",
)
Answers = tuple[list[list[str]], list[str], int]


def _make_item(number: int, **more: object) -> CatalogueItem:
    given = {
        "title": f"{('blue', 'red')[number % 2]} shirt {number}",
        "brand": f"brand {number % 7}",
        "price": float(number % 100),
        "variants": (Variant("M", number % 5), Variant("L", None)),
        "tags": (ItemTag("gender", ("Men", "Women")[number % 3 > 0]),),
        "details": {"fit": ("wide", "slim")[number % 2]},
    }
    return CatalogueItem(str(number), **(given | more))


ITEMS = [_make_item(number) for number in range(len(VECTORS))]


def _ask(shop: LocalBackend) -> Answers:
    with LocalBackend(shop.path, refresh=False) as backend:
        kept = [backend.list_ids(parse_filter(text)) for text in FILTERS]
        return kept, backend.match_words(["blue", "4100"], 5).item_ids, backend.known_words()["shirt"]


def _list_kept(items: dict[str, CatalogueItem]) -> list[list[str]]:
    """Filter without any columns."""
    tests = (
        lambda item: item.price < 20,
        lambda item: item.values("gender") == ("Men",) and item.price < 60,
        lambda item: any(one.size == "M" and (one.stock or 0) > 2 for one in item.variants),
        lambda item: item.brand == "brand 3",
        lambda item: item.details["fit"] == "wide",
    )
    return [[name for name, item in items.items() if test(item)] for test in tests]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LocalBackend]:
    with LocalBackend(tmp_path / "shop", create=HEAD, refresh=False) as backend:
        backend.put(ITEMS, VECTORS)
        backend.refresh_cache()
        yield backend


def _find_files(shop: LocalBackend) -> list[Path]:
    (state,) = list_caches(shop.path)
    return sorted(path for path in state.iterdir() if path.name == "words" or path.name.startswith("column-"))


def test_a_second_process_reads_what_the_first_one_gathered(
    shop: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not _find_files(shop)
    first = _ask(shop)
    assert first[0] == _list_kept({item.item_id: item for item in ITEMS})
    assert first[1][0] == "4100" and first[2] == len(ITEMS)
    assert len(_find_files(shop)) >= 6
    monkeypatch.setattr(column_follower, "load_columns", None)
    monkeypatch.setattr(word_follower, "_ALL", "no query")
    assert _ask(shop) == first


def test_what_changed_since_is_brought_up_to_date(shop: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask(shop)
    shop.patch([ItemChange("7", price=1.5, title="green shirt"), ItemChange("8", corrections={"gender": ("Men",)})])
    shop.put([_make_item(9, price=3.0), _make_item(5000, title="blue hat")], make_vectors(2, 5))
    shop.remove(["4100", "3"])
    monkeypatch.setattr(column_follower, "load_columns", None)
    monkeypatch.setattr(word_follower, "_ALL", "no query")
    kept, found, count = _ask(shop)
    items = {item.item_id: item for part, _ in shop.iterate() for item in part}
    assert items["7"].price == 1.5 and items["9"].price == 3.0 and "4100" not in items
    assert kept == _list_kept(items)
    assert "4100" not in found and count == len(ITEMS) - 2


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "head", "missing"])
def test_damaged_files_are_passed_over_and_written_anew(shop: LocalBackend, harm: str) -> None:
    first = _ask(shop)
    for path in _find_files(shop):
        data = bytearray(path.read_bytes())
        if harm == "missing":
            path.unlink()
            continue
        data[len(data) // 2 if harm == "flip" else 20] ^= 16
        path.write_bytes(data[: {"cut": len(data) // 2, "empty": 0}.get(harm, len(data))])
    assert _ask(shop) == first
    assert _ask(shop) == first


def test_files_of_another_catalogue_are_passed_over(shop: LocalBackend, tmp_path: Path) -> None:
    _ask(shop)
    with LocalBackend(tmp_path / "other", create=HEAD) as other:
        cheap = [_make_item(number, price=1.0, title="cap") for number in range(len(VECTORS))]
        other.put(cheap, VECTORS)
        other.refresh_cache()
        (state,) = list_caches(other.path)
        for path in _find_files(shop):
            (state / path.name).write_bytes(path.read_bytes())
        with LocalBackend(other.path, refresh=False) as backend:
            assert len(backend.list_ids(parse_filter("price < 2"))) == len(VECTORS)
            assert backend.known_words().get("shirt", 0) == 0


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    arrays = {"a": np.arange(5), "b": np.array([0.5, np.nan]), "c": np.empty(0, np.int32), "d": np.array([7], np.uint8)}
    write_arrays(tmp_path / "file", {"of": 1, "more": "x"}, arrays)
    found = read_arrays(tmp_path / "file", {"of": 1})
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    with pytest.raises(ValueError, match="another state"):
        read_arrays(tmp_path / "file", {"of": 2})
    (tmp_path / "foreign").write_bytes(b"\x80\x05pickle")
    with pytest.raises(ValueError, match="no arrays"):
        read_arrays(tmp_path / "foreign", {})
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []

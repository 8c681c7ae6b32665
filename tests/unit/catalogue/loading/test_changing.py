"""Changes that people write: as words, and as tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.bundle import Bundle
from modiste.catalogue import CatalogueHead, CatalogueItem, Variant
from modiste.catalogue.loading import Settings, apply_settings, parse_settings, update_from_table
from modiste.catalogue.local import LocalBackend
from modiste.errors import ModisteError, SourceError, UnknownNameError, UsageError
from modiste.taxonomy import Field, Taxonomy

TAXONOMY = Taxonomy((Field("colour", "multi", ("Blue", "Navy Blue")), Field("gender", "single", ("Men", "Women"))))


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    head = CatalogueHead("f" * 64, "tiny", 4, TAXONOMY)
    items = [
        CatalogueItem("a", title="Shirt", price=10.0, variants=(Variant("S", 1), Variant("M", None))),
        CatalogueItem("b", variants=(Variant("One", 5),), details={"year": 2012}),
        CatalogueItem("c"),
    ]
    made = LocalBackend(tmp_path / "c", create=head)
    made.put(items, np.eye(4, dtype=np.float32)[:3])
    return made


def change(backend: LocalBackend, item_id: str, *words: str) -> CatalogueItem:
    assert apply_settings(backend, [item_id], parse_settings(words, TAXONOMY)) == []
    return backend.get([item_id])[item_id]


def test_prices_titles_and_details(backend: LocalBackend) -> None:
    item = change(backend, "b", "price=1,299.50", "list_price=1500", "title=Navy = blue", "brand=Alder", "year=",
                  "season=Autumn", "ratio=0.5", "new=true", "left=-3")  # fmt: skip
    assert (item.price, item.list_price, item.title, item.brand) == (1299.5, 1500, "Navy = blue", "Alder")
    assert item.details == {"season": "Autumn", "ratio": 0.5, "new": True, "left": -3}


def test_stock_of_one_size_and_of_the_only_one(backend: LocalBackend) -> None:
    assert change(backend, "a", "stock.m=3", "stock.L=4").variants == (
        Variant("S", 1),
        Variant("M", 3),
        Variant("L", 4),
    )
    assert change(backend, "b", "stock=0").variants == (Variant("One", 0),)
    assert change(backend, "c", "stock=2").variants == (Variant("", 2),)
    assert change(backend, "a", "sizes=S:3, M:0;4:5:6|L").variants == (
        Variant("S", 3), Variant("M", 0), Variant("4:5", 6), Variant("L"),
    )  # fmt: skip


def test_corrections_come_and_go(backend: LocalBackend) -> None:
    assert change(backend, "a", "colour=blue;navy BLUE").values("colour") == ("Blue", "Navy Blue")
    assert change(backend, "a", "colour=").values("colour") == ()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("price", "NAME=VALUE"), ("=3", "NAME=VALUE"), ("price=", "amount"), ("price=-3", "amount"),
        ("stock=many", "whole number"), ("sizes=S:x", "whole number"), ("image=x.jpg", "add the item anew"),
        ("colour=Teal", "value of colour"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(word: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_settings([word], TAXONOMY)


def test_stock_without_a_size_is_refused_where_there_are_several(backend: LocalBackend) -> None:
    with pytest.raises(UsageError, match=r"stock\.S=3"):
        apply_settings(backend, ["a"], parse_settings(["stock=3"], TAXONOMY))


@given(st.lists(st.text(max_size=20), max_size=4))
def test_any_words_are_read_or_refused_in_words(words: list[str]) -> None:
    try:
        settings = parse_settings(words, TAXONOMY)
    except ModisteError as error:
        assert str(error)
    else:
        assert isinstance(settings, Settings)


def test_a_table_changes_row_by_row(backend: LocalBackend, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "Item ID,Price,Size,Stock,Colour,campaign\n"
        "a,12,S,9,,spring\n"
        "a,,M,8,Blue,\n"
        "b,,,7,,\n"
        "zzz,1,,,,\n"
        "c,,,,Teal,\n"
        ",5,,,,\n"
    )
    done, missing, refused = update_from_table(backend, table)
    assert (done, missing) == (2, ["zzz"])
    assert [where for where, _ in refused] == ["t.csv line 6", "t.csv line 7"]
    a, b = backend.get(["a"])["a"], backend.get(["b"])["b"]
    assert (a.price, a.variants) == (12, (Variant("S", 9), Variant("M", 8)))
    assert a.values("colour") == ("Blue",) and a.details == {"campaign": "spring"}
    assert b.variants == (Variant("One", 7),)


def test_a_table_without_ids_or_none_at_all_is_told(backend: LocalBackend, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,price\na,1\n")
    with pytest.raises(SourceError, match="--id-column"):
        update_from_table(backend, tmp_path / "t.csv")
    with pytest.raises(UnknownNameError, match="nam"):
        update_from_table(backend, tmp_path / "t.csv", id_column="nam")
    assert update_from_table(backend, tmp_path / "t.csv", id_column="name")[0] == 1
    with pytest.raises(SourceError, match="can't be read"):
        update_from_table(backend, tmp_path / "missing.csv")


def test_the_taxonomy_of_a_real_bundle_can_be_corrected(tiny: Bundle) -> None:
    field = tiny.taxonomy["colour"]
    settings = parse_settings([f"colour={field.values[0].upper()}"], tiny.taxonomy)
    assert settings.corrections == (("colour", (field.values[0],)),)

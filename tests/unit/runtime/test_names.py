from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bundle import Bundle
from modiste.errors import UnknownNameError, UsageError
from modiste.runtime import NameMap

TEXT = """
[fields]
kind = "Gruppe"

[values.kind]
Bags = "Taschen"
Shoes = "Taschen"

[values.article]
Sandals = "Heels"
"""


@pytest.fixture
def names(tmp_path: Path) -> NameMap:
    path = tmp_path / "names.toml"
    path.write_text(TEXT, encoding="utf-8")
    return NameMap.read(path)


def test_a_file_renames_and_merges(tiny: Bundle, names: NameMap) -> None:
    names.check(tiny.taxonomy)
    taxonomy = names.apply(tiny.taxonomy)
    assert names.column("kind") == "Gruppe"
    assert names.column("colour") == "colour"
    assert taxonomy["kind"].values == ("Taschen", "Clothes")
    assert taxonomy["article"].values == ("Backpacks", "Heels", "Sets", "Shirts", "Skirts", "Totes")
    assert taxonomy["article"].allowed["Sets"] == ("Clothes", "Taschen")
    assert taxonomy["article"].allowed["Heels"] == ("Taschen",)
    assert taxonomy["colour"] == tiny.taxonomy["colour"]
    assert names.find_positions(tiny.taxonomy["kind"]) == [0, 1, 0]


def test_a_value_merged_with_a_free_one_is_free() -> None:
    from modiste.taxonomy import Field, Taxonomy

    top = Field("top", "single", ("a", "b"))
    below = Field("below", "single", ("x", "y", "z"), "top", {"x": ("a",), "z": ("b",)})
    merged = NameMap(values={"below": {"x": "y"}}).apply(Taxonomy((top, below)))["below"]
    assert merged.values == ("y", "z")
    assert dict(merged.allowed) == {"z": ("b",)}


def test_the_names_survive_json(names: NameMap) -> None:
    assert NameMap(**names.to_json()) == names


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (NameMap({"knid": "x"}), "did you mean 'kind'"),
        (NameMap(values={"knid": {}}), "did you mean 'kind'"),
        (NameMap(values={"kind": {"Bag": "x"}}), "did you mean 'Bags'"),
    ],
)
def test_unknown_names_are_refused(tiny: Bundle, names: NameMap, reason: str) -> None:
    with pytest.raises(UnknownNameError, match=reason):
        names.check(tiny.taxonomy)


def test_two_columns_of_one_name_are_refused(tiny: Bundle) -> None:
    with pytest.raises(UsageError, match="two columns would be called 'colour'"):
        NameMap({"kind": "colour"}).check(tiny.taxonomy)
    with pytest.raises(UsageError, match="two columns would be called 'image'"):
        NameMap({"kind": "image"}).check(tiny.taxonomy, reserved=["image"])


@pytest.mark.parametrize(
    "text", ["[", "[names]\na = 'b'", "[fields]\na = 1", "[values]\na = 'b'", "values = 3", "[values.kind]\nBags = ' '"]
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "names.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"expected \[fields\]"):
        NameMap.read(tmp_path / "names.toml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere.toml can't be read"):
        NameMap.read(tmp_path / "nowhere.toml")

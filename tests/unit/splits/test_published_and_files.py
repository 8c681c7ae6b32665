"""Parts that follow from the ids alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.manifest import Manifest
from modiste.splits import (
    apply_split_file,
    extend_published_split,
    hash_id,
    make_stratified_parts,
    read_published_split,
    write_split_file,
)


def make_manifest(count: int) -> Manifest:
    rows = [
        {"item_id": str(i), "image": f"{i}.jpg", "source": "test", "label.type": "ab"[i % 4 == 0]} for i in range(count)
    ]
    return Manifest.from_rows(rows)


@given(st.lists(st.text(max_size=4), unique=True, max_size=40), st.integers(0, 9))
def test_parts_follow_ids_and_not_their_order(ids: list[str], seed: int) -> None:
    shares = {"test": 0.3, "validation": 0.2}
    parts = make_stratified_parts(ids, [None] * len(ids), shares, seed=seed)
    turned = make_stratified_parts(ids[::-1], [None] * len(ids), shares, seed=seed)
    assert parts == turned[::-1]
    assert parts.count("test") == int(0.3 * len(ids) + 0.5)


def test_every_stratum_gives_its_share() -> None:
    ids = [str(i) for i in range(100)]
    strata = ["rare" if i < 20 else "common" for i in range(100)]
    parts = make_stratified_parts(ids, strata, {"test": 0.25}, seed=1)
    assert [part for part, stratum in zip(parts, strata, strict=True) if stratum == "rare"].count("test") == 5
    assert parts.count("test") == 25


@pytest.mark.parametrize("shares", [{"test": 0.0}, {"test": 1.0}, {"a": 0.6, "b": 0.6}])
def test_shares_out_of_range_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="add up to at most 1"):
        make_stratified_parts(["a"], [None], shares, seed=0)


def test_a_split_file_comes_back_and_names_no_id(tmp_path: Path) -> None:
    manifest, path = make_manifest(20), tmp_path / "split.csv"
    write_split_file(path, {"3": "test", "5": "validation"})
    split = apply_split_file(manifest, path).items
    assert dict(zip(split["item_id"], split["split"], strict=True))["3"] == "test"
    assert split["split"].to_list().count("train") == 18
    assert hash_id("3") in path.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["split.csv"]


def test_a_file_that_is_no_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a split file"):
        apply_split_file(make_manifest(2), tmp_path / "none.csv")
    with pytest.raises(SourceError, match="columns id and split"):
        read_published_split(tmp_path / "none.csv")


def test_a_published_split_is_extended_and_kept() -> None:
    manifest = make_manifest(100)
    published = {str(i): "test" if i < 10 else "train" for i in range(40)}
    parts = extend_published_split(manifest, published, stratum="type", test=0.5, validation=0.1, seed=0)
    test = {item for item, part in parts.items() if part == "test"}
    assert {str(i) for i in range(10)} <= test
    assert not test & {str(i) for i in range(10, 40)}
    assert abs(len(test) - (10 + 30)) <= 1  # each stratum rounds its own share
    assert list(parts.values()).count("validation") == 6


def list_numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@settings(max_examples=20)
@given(st.permutations(list_numbers(60)), st.integers(0, 9))
def test_an_extended_split_does_not_depend_on_the_order_of_items(order: list[str], seed: int) -> None:
    published = {str(i): "test" if i < 6 else "train" for i in range(20)} | {"elsewhere": "test"}
    manifest = make_manifest(60)
    rows = {row["item_id"]: row for row in manifest.items.to_dicts()}
    turned = Manifest.from_rows([rows[item] for item in order], taxonomy=manifest.taxonomy)
    shares = {"stratum": "type", "test": 0.25, "validation": 0.2, "seed": seed}
    parts = extend_published_split(manifest, published, **shares)  # type: ignore[arg-type]
    assert parts == extend_published_split(turned, published, **shares)  # type: ignore[arg-type]
    assert {str(i) for i in range(6)} <= {item for item, part in parts.items() if part == "test"}
    assert set(parts) <= set(rows)  # published ids that the data lacks are not named


def test_an_extended_split_takes_its_share_of_every_stratum() -> None:
    manifest = make_manifest(400)
    stratum = dict(zip(manifest.items["item_id"], manifest.labels("type"), strict=True))
    published = {str(i): "test" if i % 5 == 0 else "train" for i in range(100)}
    parts = extend_published_split(manifest, published, stratum="type", test=0.2, validation=0.1, seed=3)
    test = {item for item, part in parts.items() if part == "test"}
    for value in "ab":
        of_value = {item for item in stratum if stratum[item] == value}
        outside = of_value - set(published)
        assert len(test & outside) == int(0.2 * len(outside) + 0.5)
        rest = of_value - test
        assert len({i for i in rest if parts.get(i) == "validation"}) == int(0.1 * len(rest) + 0.5)
    assert test & set(published) == {item for item, part in published.items() if part == "test"}
    assert set(parts.values()) == {"test", "validation"}

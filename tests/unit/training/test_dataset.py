"""Which items take part, and what is known of them: against naive loops."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from modiste.errors import RecipeError  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.splits import write_split_file  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.dataset import (  # noqa: E402
    choose_parts,
    count_values,
    drop_unreadable,
    find_more_pictures,
    learn_taxonomy,
    read_items,
)
from modiste.training.recipe import DataRecipe  # noqa: E402

TYPES = ("a", "b", "c", "d")
TAGS = ("x", "y", "z")
LEARNT = Taxonomy((Field("type", "single", ("a", "b")), Field("tags", "multi", ("y", "z"))))


def make_rows(count: int, *, splits: tuple[str | None, ...] = (None,)) -> list[dict[str, Any]]:
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        tags = [tag for tag in TAGS if rng.random() < 0.5]
        row = {
            "item_id": str(number),
            "image": f"{number}.jpg",
            "source": "test",
            "split": splits[number % len(splits)],
        }
        row["label.type"] = None if rng.random() < 0.2 else str(rng.choice(TYPES))
        row["label.tags"] = None if rng.random() < 0.2 else tags
        rows.append(row)
    return rows


def make_manifest(rows: list[dict[str, Any]]) -> Manifest:
    return Manifest.from_rows(rows, taxonomy=Taxonomy((Field("type", "single", TYPES), Field("tags", "multi", TAGS))))


def list_ids(manifest: Manifest) -> set[str]:
    return set(manifest.items["item_id"])


def test_targets_and_masks_are_those_of_a_naive_loop() -> None:
    rows = make_rows(60)
    items = read_items(make_manifest(rows), LEARNT)
    assert items.item_ids == tuple(row["item_id"] for row in rows)
    for position, row in enumerate(rows):
        said = {"type": [row["label.type"]], "tags": row["label.tags"] or []}
        target = [int(value in said[field.name]) for field in LEARNT for value in field.values]
        known = [row["label.type"] in LEARNT["type"].values, row["label.tags"] is not None]
        assert items.targets[position].tolist() == target
        assert items.known[position].tolist() == known
    assert {row["label.type"] for row in rows} == {None, *TYPES}  # missing and unlearnt labels did occur
    assert (items.targets.dtype, items.known.dtype) == (np.uint8, np.bool_)


def test_values_are_counted_as_they_occur() -> None:
    rows = make_rows(60)
    counts = count_values(read_items(make_manifest(rows), LEARNT), LEARNT)
    assert counts["type"].tolist() == [sum(row["label.type"] == value for row in rows) for value in ("a", "b")]
    assert counts["tags"].tolist() == [sum(value in (row["label.tags"] or ()) for row in rows) for value in ("y", "z")]


def test_further_pictures_come_behind_the_items_own() -> None:
    rows = make_rows(3)
    rows[1]["box"] = [1.0, 2.0, 3.0, 4.0]
    items = read_items(make_manifest(rows), LEARNT, {"1": ["p/1.jpg", "q/1.jpg"], "7": ["p/7.jpg"]})
    assert [request.reference for request in items.requests] == ["0.jpg", "1.jpg", "2.jpg", "p/1.jpg", "q/1.jpg"]
    assert [request.box for request in items.requests] == [None, (1.0, 2.0, 3.0, 4.0), None, None, None]
    assert items.owner.tolist() == [0, 1, 2, 1, 1]


def test_the_split_file_of_the_recipe_decides(tmp_path: Path) -> None:
    manifest = make_manifest(make_rows(10, splits=("train", "validation")))
    write_split_file(tmp_path / "split.csv", {"0": "test", "2": "validation"})
    recipe = DataRecipe(split_file="split.csv")
    train, validation = choose_parts(manifest, recipe, tmp_path, seed=1)
    assert list_ids(validation) == {"2"}
    assert list_ids(train) == {"1", "3", "4", "5", "6", "7", "8", "9"}


def test_the_datas_own_parts_count_and_the_test_part_is_left_out() -> None:
    manifest = make_manifest(make_rows(12, splits=("train", "validation", "test", None)))
    train, validation = choose_parts(manifest, DataRecipe(), Path(), seed=1)
    assert list_ids(train) == {"0", "3", "4", "7", "8", "11"}  # an item of no part trains
    assert list_ids(validation) == {"1", "5", "9"}


def test_a_share_of_every_value_is_held_out_where_nothing_is_said() -> None:
    rows = make_rows(200)
    manifest, recipe = make_manifest(rows), DataRecipe(validation=0.25)
    train, validation = choose_parts(manifest, recipe, Path(), seed=1)
    assert list_ids(train) | list_ids(validation) == {row["item_id"] for row in rows}
    assert not list_ids(train) & list_ids(validation)
    for value in (*TYPES, None):
        total = sum(row["label.type"] == value for row in rows)
        assert validation.labels("type").to_list().count(value) == int(0.25 * total + 0.5)
    turned = choose_parts(make_manifest(rows[::-1]), recipe, Path(), seed=1)
    assert list_ids(turned[1]) == list_ids(validation)
    other = choose_parts(manifest, recipe, Path(), seed=2)
    assert list_ids(other[1]) != list_ids(validation)


@pytest.mark.parametrize("splits", [(None,), ("train", "train", "validation")])
def test_copies_train_where_their_source_does_and_never_validate(splits: tuple[str | None, ...]) -> None:
    rows = make_rows(60, splits=splits)
    copies = [
        row | {"item_id": f"{row['item_id']}-copy", "meta.copy_of": row["item_id"]}
        for row in rows
        if row["label.type"] is not None
    ]
    rows = [row | {"meta.copy_of": None} for row in rows]
    train, validation = choose_parts(make_manifest(rows + copies), DataRecipe(validation=0.3), Path(), seed=1)
    assert len(validation) and validation.items["meta.copy_of"].null_count() == len(validation)
    sources = set(train.items["meta.copy_of"].drop_nulls())
    assert sources and sources <= list_ids(train)


def test_fields_of_many_values_alone_are_held_out_as_one_stratum() -> None:
    _, validation = choose_parts(make_manifest(make_rows(40)), DataRecipe(fields=("tags",)), Path(), seed=1)
    assert len(validation) == 4


def test_nothing_to_train_on_or_to_choose_by_is_refused() -> None:
    with pytest.raises(RecipeError, match="0 items to train on"):
        choose_parts(make_manifest(make_rows(4, splits=("test",))), DataRecipe(), Path(), seed=1)
    with pytest.raises(RecipeError, match="names no validation part"):
        choose_parts(make_manifest(make_rows(4)), DataRecipe(validation=0.0), Path(), seed=1)


def test_only_values_of_the_training_part_are_learnt() -> None:
    rows = make_rows(40, splits=("train", "validation"))
    for row in rows:
        if row["split"] == "train" and row["label.type"] == "d":
            row["label.type"] = "c"
    rows[1]["label.type"] = "d"
    train, validation = choose_parts(make_manifest(rows), DataRecipe(), Path(), seed=1)
    learnt = learn_taxonomy(train, DataRecipe())
    assert learnt["type"].values == ("a", "b", "c")
    known = read_items(validation, learnt).known[:, 0]
    assert not known[validation.items["item_id"].to_list().index("1")]


def test_rare_values_are_not_learnt() -> None:
    rows = make_rows(60)
    for number, row in enumerate(rows):
        row["label.type"] = "d" if number < 2 else "ab"[number % 2]
        row["label.tags"] = ["x"] if number < 2 else ["y"]
    manifest = make_manifest(rows)
    assert learn_taxonomy(manifest, DataRecipe(min_count=2))["type"].values == ("a", "b", "d")
    learnt = learn_taxonomy(manifest, DataRecipe(min_count=3))
    assert learnt["type"].values == ("a", "b")
    assert learnt["tags"].values == ("y",)
    assert read_items(manifest, learnt).known.sum(axis=0).tolist() == [58, 60]


def test_named_fields_alone_are_learnt_and_a_constant_one_is_refused() -> None:
    manifest = make_manifest(make_rows(40))
    assert learn_taxonomy(manifest, DataRecipe(fields=("tags",))).names == ("tags",)
    with pytest.raises(RecipeError, match=r"nothing to learn in data\.fields type"):
        learn_taxonomy(manifest, DataRecipe(min_count=1000, fields=("type",)))


def test_pictures_of_items_of_other_parts_are_never_listed(tmp_path: Path) -> None:
    (tmp_path / "more" / "deep").mkdir(parents=True)
    for name in ("1.jpg", "10.jpg", "2.png", "deep/1.png", "1.txt"):
        (tmp_path / "more" / name).write_bytes(b"never opened")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for name in ("images/1.jpg", "images/2.jpg", "images/3.jpg"):
            archive.writestr(name, b"never opened")
    found = find_more_pictures([tmp_path / "more", tmp_path / "more.zip"], ["1", "3", "4"])
    assert found.keys() == {"1", "3"}
    names = [Path(reference.replace("::", "/")).relative_to(tmp_path).as_posix() for reference in found["1"]]
    assert sorted(names) == ["more.zip/images/1.jpg", "more/1.jpg", "more/deep/1.png"]


def test_an_item_with_another_picture_keeps_learning() -> None:
    items = read_items(make_manifest(make_rows(3)), LEARNT, {"1": ["p/1.jpg"]})
    assert drop_unreadable(items, {}) is items
    left = drop_unreadable(items, {1: "broken", 2: "gone"})
    assert left.owner.tolist() == [0, -1, -1, 1]
    assert items.owner.tolist() == [0, 1, 2, 1]


def test_mostly_unreadable_pictures_are_refused() -> None:
    items = read_items(make_manifest(make_rows(4)), LEARNT)
    with pytest.raises(RecipeError, match="3 of 4 pictures can't be read, the first because broken"):
        drop_unreadable(items, {3: "gone", 0: "broken", 1: "gone"})

"""Parts of a manifest: folds, halves, years, published ones, sealed ones, and copies that follow their source."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import COPY_OF, Manifest
from modiste.splits import (
    Drawing,
    apply_split_file,
    count_parts,
    draw_five_by_two,
    draw_folds,
    draw_parts,
    find_published_parts,
    hold_out,
    list_label_pairs,
    make_year_parts,
    seal_part,
    select_run,
    write_split_file,
    write_split_files,
)
from tests.unit.splits.conftest import make_shop

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.1, "control": 0.1}


def add_copies(manifest: Manifest) -> Manifest:
    """Copy every third item."""
    items = manifest.items.with_columns(pl.lit(None, dtype=pl.String).alias(COPY_OF))
    copies = items.gather_every(3).with_columns(pl.col("item_id").alias(COPY_OF), pl.col("item_id") + "~1")
    return Manifest(manifest.taxonomy, pl.concat([items, copies]))


@pytest.mark.parametrize(
    "drawing", [Drawing(by="type"), Drawing(labels=("style", "type")), Drawing(groups=("title",)), Drawing()]
)
def test_copies_are_in_the_part_of_their_source(drawing: Drawing, tmp_path: Path) -> None:
    manifest = make_shop(90)
    copied = add_copies(manifest)
    parts = draw_parts(copied, SHARES, drawing)
    assert {item: part for item, part in parts.items() if "~" not in item} == draw_parts(manifest, SHARES, drawing)
    assert all(part == parts[item.partition("~")[0]] for item, part in parts.items())
    assert len(parts) == len(copied)
    write_split_file(tmp_path / "parts.csv", draw_parts(manifest, SHARES, drawing))  # made before the copies were
    split = apply_split_file(copied, tmp_path / "parts.csv").items
    assert dict(zip(split["item_id"], split["split"], strict=True)) == parts


def test_folds_hold_each_item_out_once() -> None:
    manifest = make_shop(53)
    folds = draw_folds(manifest, 5, Drawing(by="type"))
    held = [
        item for number in range(1, 6) for item, part in hold_out(folds, f"fold-{number}").items() if part == "test"
    ]
    assert sorted(held) == sorted(manifest.items["item_id"])
    with pytest.raises(UsageError, match="no item belongs to 'fold-6'"):
        hold_out(folds, "fold-6")


def test_five_by_two_gives_ten_different_trainings(tmp_path: Path) -> None:
    manifest = make_shop(60)
    replicates = draw_five_by_two(manifest, Drawing(by="type"))
    assert [*replicates] == [f"replicate-{number}" for number in range(1, 6)]
    runs = [
        frozenset(item for item, part in select_run(replicates, number).items() if part == "test")
        for number in range(1, 11)
    ]
    assert len(set(runs)) == 10
    assert all(
        not runs[place] & runs[place + 1] and len(runs[place] | runs[place + 1]) == 60 for place in range(0, 10, 2)
    )
    with pytest.raises(UsageError, match="expected 1 to 10"):
        select_run(replicates, 11)
    write_split_files(tmp_path / "all.csv", replicates)
    split = apply_split_file(manifest, tmp_path / "all.csv", column="replicate-3").items
    assert dict(zip(split["item_id"], split["split"], strict=True)) == replicates["replicate-3"]
    with pytest.raises(UnknownNameError, match="replicate-1"):
        apply_split_file(manifest, tmp_path / "all.csv")
    with pytest.raises(ValueError, match="splits of the same items"):
        write_split_files(tmp_path / "bad.csv", {"a": {"x": "1"}, "b": {}})


def test_even_years_train() -> None:
    manifest = make_shop(200)
    parts = make_year_parts(manifest)
    assert all(
        parts[item] == ("test" if year % 2 else "train")
        for item, year in manifest.items.select("item_id", "meta.year").iter_rows()
    )
    some = make_year_parts(manifest, by="type", commonest=2)
    for item, year, kind in manifest.items.select("item_id", "meta.year", "label.type").iter_rows():
        part = "test" if year % 2 else "train"
        assert some[item] == ("outside" if kind is None else part if kind in "ab" else f"rare-{part}")


def test_years_that_do_not_fit_are_refused() -> None:
    manifest = make_shop(20)
    with pytest.raises(UnknownNameError, match=r"meta\.year"):
        make_year_parts(manifest, column="meta.jahr")
    with pytest.raises(UsageError, match="holds no year"):
        make_year_parts(manifest, column="title")
    with pytest.raises(UsageError, match="--commonest 20"):
        make_year_parts(manifest, commonest=20)
    with pytest.raises(UsageError, match="several values"):
        make_year_parts(manifest, commonest=2, by="style")
    with pytest.raises(UsageError, match="no even or no odd"):
        make_year_parts(manifest.where(pl.col("meta.year") == 2012))


def test_published_parts_are_taken_as_they_are() -> None:
    manifest = add_copies(make_shop(6))
    parts = find_published_parts(manifest, {"i0": "test", "i1": "train", "elsewhere": "test"})
    assert parts["i0"] == parts["i0~1"] == "test"
    assert parts["i1"] == "train"
    assert parts["i3"] == parts["i3~1"] == "outside"
    with pytest.raises(UsageError, match="names none of the items"):
        find_published_parts(manifest, {"elsewhere": "test"})


def test_a_sealed_part_can_neither_be_trained_on_nor_judged() -> None:
    parts = draw_parts(make_shop(40), SHARES, Drawing())
    working, opened = seal_part(parts, "control")
    assert Counter(working.values())["sealed"] == Counter(parts.values())["control"]
    assert "control" not in working.values()
    assert {item for item, part in opened.items() if part == "control"} == {
        item for item, part in parts.items() if part == "control"
    }
    with pytest.raises(UsageError, match="no item belongs to 'contrl'"):
        seal_part(parts, "contrl")


def test_labels_of_several_columns() -> None:
    manifest = make_shop(50)
    found = list_label_pairs(manifest, ["type", "sty*", "meta.year"])
    items = manifest.items.to_dicts()
    expected = {(row, "type", items[row]["label.type"]) for row in range(50) if items[row]["label.type"] is not None}
    expected |= {(row, "style", value) for row in range(50) for value in items[row]["label.style"]}
    expected |= {(row, "meta.year", str(items[row]["meta.year"])) for row in range(50)}
    assert {
        (row, *found.names[label]) for row, label in zip(found.rows.tolist(), found.labels.tolist(), strict=True)
    } == expected
    often = list_label_pairs(manifest, ["type"], min_count=20)
    assert {value for _, value in often.names} == {
        value for value in "abcd" if manifest.labels("type").to_list().count(value) >= 20
    }


def test_labels_that_do_not_fit_are_refused() -> None:
    manifest = make_shop(10)
    with pytest.raises(UnknownNameError, match="type"):
        list_label_pairs(manifest, ["typ"])
    with pytest.raises(UsageError, match="occurs 99 times"):
        list_label_pairs(manifest, ["type"], min_count=99)
    odd = Manifest(manifest.taxonomy, manifest.items.with_columns(pl.struct("item_id").alias("meta.odd")))
    with pytest.raises(UsageError, match="no labels"):
        list_label_pairs(odd, ["meta.odd"])
    with pytest.raises(UsageError, match="--by-labels style"):
        draw_parts(manifest, SHARES, Drawing(by="style"))


def test_items_are_counted_by_part() -> None:
    manifest = add_copies(make_shop(30))
    parts = draw_parts(manifest, {"train": 0.5, "test": 0.5}, Drawing(by="type"))
    table = count_parts(manifest, parts, by="type")
    seen = Counter(
        (kind, parts[item])
        for item, kind in manifest.without_copies().items.select("item_id", "label.type").iter_rows()
    )
    assert {
        (row["value"], part): row[part] for row in table.to_dicts() for part in ("train", "test") if row[part]
    } == dict(seen)
    assert count_parts(manifest, parts).select("test", "train").sum().row(0) == (15, 15)


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("id,split\n1,test\n")
    with pytest.raises(SourceError, match="expected item and split"):
        apply_split_file(make_shop(2), tmp_path / "odd.csv")

"""Caps, samples, merges, and copies that are real files, stay in their part and are never judged."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from modiste.collect.balancing import (
    Augmentation,
    augment_picture,
    cap_classes,
    count_classes,
    down_sample,
    draw_augmentation,
    fill_classes,
    merge_classes,
    merge_small_classes,
    over_sample,
    parse_cap,
    read_merge_map,
)
from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.evaluation import Predictions, align_answers, score_predictions, select_part
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import COPY_OF, Manifest
from modiste.synthetic import write_shop

COUNTS = st.lists(st.integers(1, 20), min_size=1, max_size=5)


def make_manifest(counts: list[int], parts: tuple[str | None, ...] = (None,)) -> Manifest:
    kinds = [(value, number) for value, count in enumerate(counts) for number in range(count)]
    rows = [
        {
            "item_id": f"{value}-{number}",
            "image": "x.jpg",
            "source": "test",
            "split": parts[number % len(parts)],
            "label.group": "ab"[value % 2],
            "label.kind": f"k{value}",
            "label.tags": ["t"],
        }
        for value, number in kinds
    ]
    return Manifest.from_rows(rows, parents={"kind": "group"})


@given(COUNTS, st.integers(1, 25), st.randoms())
def test_a_cap_keeps_so_many_and_does_not_mind_the_order(counts: list[int], cap: int, random) -> None:
    manifest = make_manifest(counts)
    kept = cap_classes(manifest, "kind", cap)
    assert count_classes(kept, "kind") == {f"k{value}": min(count, cap) for value, count in enumerate(counts)}
    places = list(range(len(manifest)))
    random.shuffle(places)
    turned = Manifest(manifest.taxonomy, manifest.items[places])
    assert set(cap_classes(turned, "kind", cap).items["item_id"]) == set(kept.items["item_id"])


def test_the_caps_of_s0() -> None:
    counts = [200, 30, 10, 8, 2, 2, 2]
    manifest = make_manifest(counts)
    cap = parse_cap("4x-mean", manifest, "kind")
    assert cap == int(4 * np.mean(counts))  # as the source computes it
    sampled = down_sample(cap_classes(manifest, "kind", cap), "kind", 100)
    capped = [min(count, cap) for count in counts]
    assert len(sampled) == 100
    kept = count_classes(sampled, "kind")
    assert all(abs(kept.get(f"k{value}", 0) - count * 100 / sum(capped)) < 1 for value, count in enumerate(capped))
    assert len(down_sample(manifest, "kind", 10_000)) == len(manifest)


@given(COUNTS, st.integers(1, 40))
def test_over_sampling_reaches_the_number(counts: list[int], count: int) -> None:
    manifest = over_sample(make_manifest(counts), "kind", count=count)
    assert sorted(count_classes(manifest, "kind").values()) == sorted(max(before, count) for before in counts)
    repeated = Counter(item for item in manifest.items[COPY_OF] if item is not None)
    by_class: dict[str, list[int]] = {}
    for item, kind in manifest.without_copies().items.select("item_id", "label.kind").iter_rows():
        by_class.setdefault(kind, []).append(repeated[item])
    assert all(max(times) - min(times) <= 1 for times in by_class.values())  # each as often as the others
    again = over_sample(manifest, "kind", count=count)
    assert again.items.equals(manifest.items)


def test_only_the_training_part_is_enlarged() -> None:
    manifest = over_sample(make_manifest([9, 3], ("train", "test", "validation")), "kind")
    assert count_classes(manifest.of_split("train"), "kind") == {"k0": 3, "k1": 3}
    assert len(manifest.of_split("test")) == 4
    other = over_sample(make_manifest([9, 3], ("train", "test")), "kind", part="test", count=5)
    assert count_classes(other.of_split("test"), "kind") == {"k0": 5, "k1": 5}
    with pytest.raises(UsageError, match="no item belongs to the part 'tset'"):
        over_sample(other, "kind", part="tset")


def test_classes_are_merged_and_the_taxonomy_follows() -> None:
    manifest = make_manifest([5, 4, 3, 2])
    merged = merge_classes(manifest, "kind", {"k2": "k0", "k3": "new"})
    assert count_classes(merged, "kind") == {"k0": 8, "k1": 4, "new": 2}
    assert set(merged.taxonomy["kind"].values) == {"k0", "k1", "new"}
    assert merged.taxonomy["kind"].allowed["k0"] == ("a",)
    small = merge_small_classes(manifest, "kind", 4)
    assert count_classes(small, "kind") == {"k0": 5, "other": 5, "k1": 4}
    assert set(small.taxonomy["kind"].allowed["other"]) == {"a", "b"}
    above = merge_small_classes(manifest, "kind", 4, into="parent")
    assert count_classes(above, "kind") == {"k0": 5, "k1": 4, "a": 3, "b": 2}
    upper = merge_classes(manifest, "group", {"b": "a"})
    assert upper.taxonomy["kind"].allowed == {f"k{value}": ("a",) for value in range(4)}


def test_a_merge_map_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text("value,into\nHome,Free Items\nSporting Goods,Free Items\n")
    assert read_merge_map(path) == {"Home": "Free Items", "Sporting Goods": "Free Items"}
    for text in ("value,into\na,\n", "value,into\na,b\na,c\n"):
        path.write_text(text)
        with pytest.raises(SourceError, match="an empty cell, or a value twice"):
            read_merge_map(path)
    path.write_text("from,to\na,b\n")
    with pytest.raises(SourceError, match="columns value and into"):
        read_merge_map(path)


def test_what_does_not_fit_is_refused() -> None:
    manifest = make_manifest([3, 2])
    for text in ("0", "many", "x-mean", "0.1x-mean"):
        with pytest.raises(UsageError, match="4x-mean"):
            parse_cap(text, manifest, "kind")
    with pytest.raises(UsageError, match="expected 1 or more"):
        cap_classes(manifest, "kind", 0)
    with pytest.raises(UsageError, match="expected 1 or more"):
        down_sample(manifest, "kind", 0)
    with pytest.raises(UsageError, match="expected 1 or more"):
        over_sample(manifest, "kind", count=0)
    with pytest.raises(UsageError, match="several values"):
        cap_classes(manifest, "tags", 1)
    with pytest.raises(UnknownNameError, match="k9"):
        merge_classes(manifest, "kind", {"k9": "k0"})
    with pytest.raises(UsageError, match="no parent field"):
        merge_small_classes(manifest, "group", 99, into="parent")


def write_pictures(folder: Path, counts: list[int]) -> Manifest:
    rng = np.random.default_rng(0)
    manifest = make_manifest(counts, ("train", "test"))
    for item in manifest.items["item_id"]:
        small = Image.fromarray(rng.integers(0, 255, (4, 3, 3), dtype=np.uint8))
        small.resize((60, 80)).save(folder / f"{item}.png")
    images = pl.Series("image", [str(folder / f"{item}.png") for item in manifest.items["item_id"]])
    return Manifest(manifest.taxonomy, manifest.items.with_columns(images))


def test_copies_are_real_files_with_their_provenance(tmp_path: Path) -> None:
    manifest = write_pictures(tmp_path, [10, 4])
    (tmp_path / "1-0.png").write_bytes(b"damaged")
    first = fill_classes(manifest, "kind", 5, tmp_path / "copies.zip")
    assert count_classes(first.manifest.of_split("train"), "kind") == {"k0": 5, "k1": 5}
    assert [*first.problems] == ["1-0"]
    copies = first.manifest.items.filter(pl.col(COPY_OF).is_not_null())
    assert set(copies[COPY_OF]) == {"1-2"}  # the only readable one of its class in the part
    assert set(copies["split"]) == {"train"}
    with PictureSource() as source:
        pictures = [decode_picture(source.read(image)) for image in copies["image"]]
    assert all(picture.shape == (80, 60, 3) for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 3
    again = fill_classes(manifest, "kind", 5, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "copies.zip").read_bytes()
    assert again.manifest.items["item_id"].equals(first.manifest.items["item_id"])
    assert copies["meta.augmentation"].null_count() == 0
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_written_where_nothing_is_missing_or_readable(tmp_path: Path) -> None:
    manifest = make_manifest([3, 3])
    assert fill_classes(manifest, "kind", 2, tmp_path / "copies.zip").manifest is manifest
    filled = fill_classes(manifest, "kind", 5, tmp_path / "copies.zip")
    assert len(filled.problems) == 6
    assert len(filled.manifest) == 6
    assert not list(tmp_path.iterdir())


@settings(max_examples=20)
@given(st.integers(0, 2**40), st.integers(1, 30), st.integers(1, 30))
def test_augmentation_keeps_size_and_ground(number: int, height: int, width: int) -> None:
    change = draw_augmentation(number, seed=1)
    picture = np.full((height, width, 3), 90, np.uint8)
    changed = augment_picture(picture, change)
    assert changed.shape == picture.shape
    assert np.ptp(changed) <= 2
    assert change == draw_augmentation(number, seed=1)
    assert augment_picture(picture, Augmentation()).tolist() == picture.tolist()


def test_a_shift_goes_right_and_down_and_a_turn_goes_counter_clockwise() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[4:6, 4:6] = 255
    moved = augment_picture(picture, Augmentation(shift_x=0.5, shift_y=0.25))[:, :, 0]
    assert moved[9:11, 14:16].min() > 200
    turned = augment_picture(picture, Augmentation(turn=90))[:, :, 0]
    assert turned[14:16, 4:6].min() > 200  # from above left to below left
    larger = augment_picture(picture, Augmentation(zoom=1.5))[:, :, 0]
    assert larger[1:4, 1:4].min() > 100  # from 4 to 6 about the middle at 10: from 1 to 4


def test_copies_are_never_judged() -> None:
    manifest = make_manifest([6, 2], ("train", "test"))
    copied = over_sample(manifest, "kind", part="test", count=9)
    assert len(copied.of_split("test")) == 18
    rng = np.random.default_rng(0)
    scores = rng.random((len(copied), len(copied.taxonomy["kind"]))).astype(np.float32)
    told = Predictions.from_scores(copied.taxonomy.select(("kind",)), list(copied.items["item_id"]), {"kind": scores})
    part = select_part(copied, "test", digests={})
    assert len(part.rows) == 4
    assert not part.rows.items[COPY_OF].drop_nulls().len()
    ours, plain = score_predictions(copied, told), score_predictions(manifest, told)
    assert ours["kind"].accuracy == plain["kind"].accuracy
    assert ours.rows == plain.rows == 8
    assert len(align_answers(select_part(copied, None).rows, told)[0].known) == 8


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "modiste", "data", *words], capture_output=True, text=True, check=False
    )


def test_the_commands_split_and_balance_a_shop(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_shop(shop, count=60, seed=1, size=(30, 40))
    wanted = ("--shares", "train=0.6,test=0.2,control=0.2", "--by", "masterCategory", "--seal", "control")
    shown = run("split", str(shop), *wanted, "-o", str(tmp_path / "p.csv"))
    assert shown.returncode == 0, shown.stderr
    assert "Leak report" in shown.stdout
    counts = shown.stdout.split("masterCategory by part")[1].split("Leak report")[0]
    assert "control" not in counts
    assert set(pl.read_csv(tmp_path / "p.csv")["split"]) == {"train", "test", "sealed"}
    assert pl.read_csv(tmp_path / "p.control.csv").filter(pl.col("split") == "control").height == 12
    out = tmp_path / "balanced"
    shown = run("balance", str(shop), str(out), "--by", "masterCategory", "--cap", "1x-mean", "--fill", "14")
    assert shown.returncode == 0, shown.stderr
    balanced = Manifest.read(out)
    assert min(count_classes(balanced, "masterCategory").values()) >= 14
    with zipfile.ZipFile(tmp_path / "balanced.copies.zip") as archive:
        assert len(archive.namelist()) == len(balanced) - len(balanced.without_copies())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("split", "x", "-o", "p.csv"), "exactly one of"),
        (("split", "x", "-o", "p.csv", "--folds", "5", "--five-by-two"), "exactly one of"),
        (("split", "x", "-o", "p.csv", "--shares", "a=1", "--fold", "1"), "--fold chooses"),
        (("split", "x", "-o", "p.csv", "--years", "odd"), "expected even-odd"),
        (("split", "x", "-o", "p.csv", "--folds", "5", "--seal", "x"), "--seal names"),
        (("split", "x", "-o", "p.csv", "--years", "even-odd", "--group", "title"), "leave out"),
        (("split", "x", "-o", "p.csv", "--folds", "5", "--commonest", "5"), "belongs to --years"),
        (("balance", "x", "out"), "nothing to do"),
        (("balance", "x", "out", "--cap", "5"), "need --by"),
        (("balance", "x", "out", "--by", "a", "--fill", "5", "--over-sample"), "give one of them"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(words: tuple[str, ...], told: str, capsys) -> None:
    from modiste.cli.main import main

    with pytest.raises(SystemExit) as leaving:
        main(["data", *words])
    assert leaving.value.code == 2
    assert told in capsys.readouterr().err

"""The acceptance of the checks, on a drawn shop: what is planted, and how it is counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from modiste.bench import Setting
from modiste.bench.checking import Found, measure_checks
from modiste.bench.planting import plant_faults, swap_labels
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("planted") / "shop"
    write_shop(folder, count=60, seed=1, size=(60, 80))
    return read_source(folder)


def test_faults_are_planted_as_said(shop: Manifest, tmp_path: Path) -> None:
    planted = plant_faults(shop, tmp_path / "p.zip", count=8, field="articleType", seed=0)
    assert len(planted.manifest) == 60 + 24
    assert [len(part) for part in (planted.exact, planted.near, planted.blank)] == [8, 8, 8]
    images = dict(zip(planted.manifest.items["item_id"], planted.manifest.items["image"], strict=True))
    with PictureSource() as source:
        assert all(source.read(images[new]) == source.read(images[old]) for new, old in planted.exact.items())
        assert all(source.read(images[new]) != source.read(images[old]) for new, old in planted.near.items())
    told = planted.manifest.items.filter(pl.col("item_id").is_in(list(planted.swapped)))
    assert all(planted.swapped[item] != label for item, label in told.select("item_id", "label.articleType").rows())
    before, after = (manifest.labels("articleType")[:60].to_list() for manifest in (shop, planted.manifest))
    assert sorted(before) == sorted(after)
    touched = [*planted.exact.values(), *planted.near.values(), *planted.swapped]
    assert len(touched) == len(set(touched))


def test_swapping_keeps_the_counts() -> None:
    labels = ["a", "a", "b", "c", "b", "c"]
    false = swap_labels(labels)
    assert sorted(false) == sorted(labels) and all(x != y for x, y in zip(labels, false, strict=True))


def test_the_report_has_every_target(shop: Manifest, tiny_setting: Setting) -> None:
    report = measure_checks(shop, tiny_setting, count=6)
    seen = {target.name: target.seen for target in report.targets}
    assert len(seen) == 8 and seen["exact copies: recall"] == seen["blank pictures: recall"] == 1
    assert seen["real surplus copies that are reported"] == 1
    assert "How it is counted" in report.to_markdown()


def test_shares_of_nothing_are_0() -> None:
    assert Found(planted=0, found=0, told=0, right=0).precision == 0

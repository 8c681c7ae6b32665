"""The acceptance of reading, on small sets."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from modiste.bench import Setting
from modiste.bench.processes import Finished
from modiste.bench.reading import Reading, measure_reading
from modiste.bench.research_sets import ATTRIBUTES, CATEGORIES, write_deepfashion, write_imaterialist
from modiste.readers import read_source


def test_it_measures_both_sets(tiny_setting: Setting) -> None:
    report = measure_reading(tiny_setting, lines=120, images=150)
    assert report.passed and len(report.targets) == 5
    told = report.to_json()["sections"]
    assert told["DeepFashion"]["items"] == 120 and told["iMaterialist"]["items"] == 150
    assert "seconds to read" in report.to_markdown()


def test_the_lists_are_as_published(tmp_path: Path) -> None:
    write_deepfashion(tmp_path / "set", 300, seed=3)
    manifest = read_source(tmp_path / "set")
    assert not len(manifest.problems) and len(manifest) == 300
    assert len(manifest.taxonomy["category"]) == CATEGORIES
    attributes = [field for field in manifest.taxonomy if field.kind == "multi"]
    assert sum(map(len, attributes)) == ATTRIBUTES and len(attributes) == 5
    positive = sum(manifest.labels(field.name).list.len().sum() for field in attributes)
    assert 2.8 < positive / 300 < 3.8
    assert manifest.items["box"].null_count() == manifest.items["meta.landmarks"].null_count() == 0


def test_the_json_has_about_six_labels_an_image(tmp_path: Path) -> None:
    write_imaterialist(tmp_path / "train.json", 400, seed=4)
    assert len(json.loads((tmp_path / "train.json").read_text())["images"]) == 400
    labels = read_source(tmp_path / "train.json").labels("label")
    assert 5.5 < labels.list.len().mean() < 6.5
    assert labels.list.n_unique().to_list() == labels.list.len().to_list()


def test_a_failure_is_no_number() -> None:
    reading = Reading("iMaterialist", 10, 5, Finished(1, 2.0, "it broke\n", 1000, stopped=False))
    assert math.isnan(reading.seconds)
    assert "it broke" in reading.to_section().text


def test_nothing_said_is_told_too() -> None:
    section = Reading("DeepFashion", 10, 5, Finished(-9, 2.0, "", 1000, stopped=True)).to_section()
    assert "`nothing`" in section.text and section.data["seconds to read"] == "failed"


@pytest.mark.parametrize("count", [1, 7])
def test_small_sets_can_be_made(tmp_path: Path, count: int) -> None:
    assert write_deepfashion(tmp_path / "set", count, seed=1) > 0
    assert write_imaterialist(tmp_path / "x.json", count, seed=1) > 0

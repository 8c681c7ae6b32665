"""Acceptance of the search by picture: figures against a naive loop, gains paired, vectors of unit length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modiste.bench import picture_vectors, retrieval
from modiste.bench.accept import Setting
from modiste.bundle import Bundle
from modiste.evaluation import Part
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop
from tests.conftest import REPOSITORY

TINY = REPOSITORY / "tests" / "golden" / "tiny"


@pytest.fixture(scope="module")
def part() -> Part:
    rng = np.random.default_rng(0)
    rows = [
        {
            "item_id": str(number),
            "image": f"{number}.jpg",
            "source": "test",
            "title": f"title {number // 2}",
            "label.articleType": None if number % 11 == 0 else f"type {rng.integers(4)}",
            "label.baseColour": None if number % 7 == 0 else f"colour {rng.integers(3)}",
        }
        for number in range(60)
    ]
    manifest = Manifest.from_rows(rows)
    return Part("validation", manifest, manifest.where(pl.lit(False)), np.arange(60) % 2 == 0)


def measure_naively(vectors: np.ndarray, labels: list[tuple[str | None, ...]], score: str) -> list[float]:
    found = []
    for one, own in enumerate(labels):
        others = sorted(
            (row for row in range(len(labels)) if row != one), key=lambda row: -float(vectors[one] @ vectors[row])
        )
        right = [labels[row] == own and None not in own for row in others]
        if not any(right):
            found.append(np.nan)
        elif score == "precision":
            found.append(sum(right[:10]) / 10)
        else:
            places = [place for place, good in enumerate(right, start=1) if good]
            found.append(float(np.mean([(number + 1) / place for number, place in enumerate(places)])))
    return found


@pytest.mark.parametrize("name", retrieval.FIGURES)
def test_figures_are_those_of_a_naive_loop(part: Part, name: str) -> None:
    vectors = np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32)
    columns, score = retrieval.FIGURES[name]
    labels = list(part.rows.items.select(columns).iter_rows())
    found = retrieval._measure(vectors, part, columns, score)
    np.testing.assert_allclose(found, measure_naively(vectors, labels, score))


def test_the_report_judges_the_part_it_is_told(part: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    kinds = part.rows.items["label.articleType"].rank("dense").fill_null(9).to_numpy().astype(int)
    good = np.eye(10, dtype=np.float32)[kinds] + 0.01 * rng.normal(size=(60, 10)).astype(np.float32)
    tables = {name: rng.normal(size=(60, 10)).astype(np.float32) for name in picture_vectors.VECTORS}
    tables["modiste's vectors"] = good
    asked = []

    def select(manifest: object, name: str) -> Part:
        asked.append(name)
        return part

    monkeypatch.setattr(retrieval, "read_source", lambda path: part.rows)
    monkeypatch.setattr(Setting, "apply_protocol", lambda setting, manifest, protocol: manifest)
    monkeypatch.setattr(retrieval, "select_part", select)
    monkeypatch.setattr(retrieval, "compute_vectors", lambda name, *rest, **options: tables[name])
    (tmp_path / retrieval.SMALL_PICTURES).write_bytes(b"")
    report = retrieval.run(Setting(TINY, tmp_path, replicates=200, say=lambda line: None))
    assert asked == ["validation"]
    kind_targets = [target for target in report.targets if target.name.startswith("same type, ")]
    assert len(report.targets) == 16
    assert all(target.met for target in kind_targets)
    assert [section.heading for section in report.sections][1:] == [
        "every picture as a query",
        "queries whose title and picture no row outside the part has",
    ]
    assert report.sections[2].data["queries"] == 30
    table = tmp_path / "openings.csv"
    retrieval.run(Setting(TINY, tmp_path, part="test", replicates=2, openings=table, say=lambda line: None))
    assert asked == ["validation", "test"]
    assert ",product-tagger-test,test,60," in table.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["modiste's vectors", "colour histograms", "raw pixels"])
def test_vectors_have_unit_length_and_tell_pictures_apart(name: str, tmp_path: Path) -> None:
    write_shop(tmp_path / "shop", count=6, seed=2, size=(60, 80), layout="flat")
    manifest = read_source(tmp_path / "shop")
    vectors = picture_vectors.compute_vectors(name, manifest, Bundle.open(TINY), threads=1)
    assert len(vectors) == len(manifest) == 6
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert len(np.unique(vectors.round(4), axis=0)) == 6


def test_colours_of_a_histogram_are_shares_of_what_is_not_white() -> None:
    picture = np.full((10, 10, 3), 255, np.uint8)
    picture[:2], picture[2:3] = (200, 10, 10), (10, 10, 200)
    shares = picture_vectors._count_colours(picture) ** 2
    assert sorted(shares[shares > 0].tolist()) == pytest.approx([1 / 3, 2 / 3], abs=1e-4)

"""Each bench of the server in a small form, with a real server: nothing fails there, and its tables can be written."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from modiste.bench import Setting
from modiste.bench.serving.asking import list_operations
from modiste.bench.serving.contract import measure_contract
from modiste.bench.serving.explanations import measure_explanations
from modiste.bench.serving.hostile import measure_uploads
from modiste.bench.serving.load import measure_serving
from modiste.bench.serving.shop import copy_shop, draw_catalogue
from modiste.bench.serving.soak import measure_soak
from modiste.bench.serving.uploads import KINDS
from modiste.bundle import Bundle
from modiste.evaluation import Report, write_report
from modiste.readers import read_source
from tests.conftest import REPOSITORY

TINY = REPOSITORY / "tests" / "golden" / "tiny"
SETTING = Setting(TINY, threads=1, replicates=50, say=lambda line: None)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("benches"), Bundle.open(TINY), 40, threads=1)


def check_written(report: Report, folder: Path) -> dict[str, float]:
    """Write a report as `modiste bench accept` does; return its targets' figures."""
    _, data = write_report(report, folder, "report")
    seen = {target["name"]: target["seen"] for target in json.loads(data.read_text(encoding="utf-8"))["targets"]}
    assert None not in seen.values()
    return seen


@pytest.mark.slow
def test_load(place: Path, tmp_path: Path) -> None:
    report = measure_serving(SETTING, place, rounds=2, pictures=40, seconds=0.5, flood=1.5, clients=200)
    seen = check_written(report, tmp_path)
    assert seen["requests that failed, below overload"] == 0
    assert seen["tagging, 16 clients, share of the batch pipeline"] > 0 and seen["search by words"] > 0
    flooded = [name for name in seen if name.startswith("200 clients that come back at once: ")]
    assert [seen[name] for name in flooded][:3] == [0, 0, 0]


@pytest.mark.slow
def test_soak(place: Path, tmp_path: Path) -> None:
    seen = check_written(measure_soak(SETTING, place, minutes=0.1, warm=0.02, pictures=40, haste=20), tmp_path)
    assert not {name for name, figure in seen.items() if figure and not name.startswith(("drift", "files"))}


@pytest.mark.slow
def test_hostile_uploads(tmp_path: Path) -> None:
    seen = check_written(measure_uploads(SETTING, count=2 * len(KINDS), limit=2), tmp_path)
    assert seen["uploads"] == 2 * len(KINDS)
    bounded = ("uploads", "the most memory", "the longest", "files and connections", "the server's memory")
    assert not {name for name, figure in seen.items() if figure and not name.startswith(bounded)}


@pytest.mark.slow
def test_explanations(place: Path, tmp_path: Path) -> None:
    products = read_source(place.parent / "pictures")
    products = type(products)(products.taxonomy, products.items.with_columns(pl.col("item_id").alias("title")))
    field = next(iter(Bundle.open(TINY).taxonomy)).name
    seen = check_written(measure_explanations(SETTING, products, place, fields=[field]), tmp_path)
    assert 0 < seen["the slowest explanation"] < 60


@pytest.mark.slow
def test_contract(tmp_path: Path) -> None:
    report = measure_contract(SETTING, cases=4)
    assert [target.met for target in report.targets] == [True] * 4
    check_written(report, tmp_path)
    assert len(report.sections[0].data) == 2 * len(list_operations())


def test_a_copy_of_a_shop_has_nothing_that_people_left(place: Path, tmp_path: Path) -> None:
    (place / "serving").mkdir()
    (place / "serving" / "opinions.sqlite").write_bytes(b"x")
    copy = copy_shop(place, tmp_path)
    assert (copy / "catalogue.sqlite").is_file() and not (copy / "serving").exists()

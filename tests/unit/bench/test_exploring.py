"""The acceptance of exploring, on a drawn shop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modiste.bench import Setting
from modiste.bench.exploring import Explored, Source, measure_exploring
from modiste.bench.processes import Finished
from modiste.synthetic import write_shop
from tests.conftest import REPOSITORY


def test_it_measures_a_page_its_cost_and_that_its_numbers_repeat(tiny_setting: Setting, tmp_path: Path) -> None:
    write_shop(tmp_path / "shop", count=40, seed=1, size=(60, 80))
    report = measure_exploring(tiny_setting, [Source("shop", tmp_path / "shop", 40)])
    told = report.to_json()
    figures = told["sections"]["shop"]
    assert (figures["items"], figures["pictures read"], figures["pictures on the map"]) == (40, 40, 40)
    assert 0 < figures["page, MB"] < 8 and figures["seconds of processors"] > 0 and figures["exit code"] == 0
    missed = {target.name for target in report.targets if not target.met}
    # Starting Python is most of the work for forty pictures.
    assert missed <= {"shop: processor time a thousand pictures"}
    assert "data:image" not in json.dumps(told) + report.to_markdown()  # numbers, never a photograph


def test_a_picture_less_is_a_target_missed(tiny_setting: Setting, tmp_path: Path) -> None:
    write_shop(tmp_path / "shop", count=6, seed=1, size=(60, 80))
    next((tmp_path / "shop").rglob("*.jpg")).write_bytes(b"broken")
    report = measure_exploring(tiny_setting, [Source("shop", tmp_path / "shop", 6)])
    assert "shop: pictures read" in {target.name for target in report.targets if not target.met}


@pytest.mark.parametrize(
    ("page", "outside", "repeated"), [(0, 0, True), (9_000_000, 0, True), (1, 1, True), (1, 0, False)]
)
def test_what_the_page_promises_is_a_target(page: int, outside: int, repeated: bool) -> None:
    numbers = {"pictures": {"opened": 1, "unreadable": []}}
    done = Finished(0, 1.0, "", 1, stopped=False, work=0.001)
    targets = Explored(Source("x", Path(), 1), done, page, outside, numbers, repeated).list_targets()
    assert sum(not target.met for target in targets) == 1


def test_the_page_on_exploring_quotes_what_was_measured() -> None:
    told = json.loads((REPOSITORY / "results" / "exploring.json").read_text(encoding="utf-8"))
    text = " ".join((REPOSITORY / "docs" / "exploring.md").read_text(encoding="utf-8").split())
    for figures in told["sections"].values():
        assert f"{figures['pictures read']:,}" in text
        assert f"{figures['seconds of processors']:.0f} seconds" in text
        assert f"{figures['peak memory, MB']:.0f} MB" in text and f"{figures['page, MB']:.1f} MB" in text

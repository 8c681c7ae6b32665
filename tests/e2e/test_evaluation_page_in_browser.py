"""The report of an evaluation in a real browser: nothing juts out, fields change, tables sort, cells tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bundle import Bundle
from modiste.evaluation import judge, predict_items, select_part
from modiste.explore.judged import JudgedReport, write_evaluation_page
from modiste.readers import read_source
from modiste.synthetic import write_shop
from tests.e2e.test_pages_in_browser import CHROMIUM, WIDE, look

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    write_shop(folder / "shop", count=80, seed=2, size=(60, 80))
    part = select_part(read_source(folder / "shop"), None)
    told = predict_items(Bundle.open(), part.rows, threads=1).predictions
    report = JudgedReport("Shop", part.rows, told, judge(part, told, replicates=20), {"data": "shop"})
    return write_evaluation_page(folder / "page.html", report)


@pytest.mark.parametrize("width", [1440, 768, 390, 360])
def test_report_fits_the_window(judged: Path, width: int) -> None:
    parts = {
        "wide": WIDE,
        "page": "document.documentElement.scrollWidth - innerWidth",
        "asked": "performance.getEntriesByType('resource').length",
        "panels": 'document.querySelectorAll("#classes .panel:not([hidden])").length',
    }
    found = look(judged, width, "{" + ",".join(f"{name}: {value}" for name, value in parts.items()) + "}")
    assert found["wide"] == [] and found["page"] <= 0 and found["asked"] == 0 and found["panels"] == 1


def test_report_answers(judged: Path) -> None:
    steps = """(() => {
      document.querySelectorAll("#fields input")[3].click();
      const shown = document.querySelector("#classes .panel:not([hidden])");
      const list = (at) => [...shown.querySelectorAll("tbody tr")].map(
        (row) => row.cells[at].dataset.sort ?? row.cells[at].textContent);
      const rows = list(1), heads = [...shown.querySelectorAll("thead button")];
      heads[5].click(); const down = list(5); heads[5].click(); const up = list(5);
      heads[0].click(); const names = list(0);
      const cell = document.querySelector("#confusion .panel:not([hidden]) [data-cell]");
      cell.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      const told = document.querySelector("#confusion .panel:not([hidden]) .told").textContent;
      document.querySelector('#kinds [value="right"]').click();
      const kinds = [...document.querySelectorAll(".examples > li:not([hidden])")].map((card) => card.dataset.kind);
      return { title: shown.querySelector("h3").textContent, rows, down, up, names, told, kinds };
    })()"""
    found = look(judged, 1440, steps)
    assert found["title"] == "article type"
    assert found["rows"] == sorted(found["rows"], key=lambda number: -float(number))
    assert found["down"] == sorted(found["down"], key=lambda number: -float(number))
    assert found["up"] == sorted(found["up"], key=float)
    assert found["names"] == sorted(found["names"], key=str.casefold)
    assert " of " in found["told"] and set(found["kinds"]) == {"right"}

"""The report of a check: self-contained, bounded, safe against what strangers write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.collect.checking import CheckOptions, CheckResult, check_manifest
from modiste.explore.check_report import render_check_report, write_check_report
from modiste.manifest import Manifest


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, tiny: Bundle) -> CheckResult:
    folder = tmp_path_factory.mktemp("report")
    rows = []
    for number in range(9):
        path = folder / f"{number}.png"
        Image.new("RGB", (60, 80), (200, 30 * (number // 2), 10)).save(path)
        rows.append({"item_id": f"<b>{number}</b>", "image": str(path), "source": "t", "title": '"><script>'})
    (folder / "8.png").write_bytes(b"<html></html>")
    options = CheckOptions(checks=("blank", "exact-copy", "not-a-picture", "tiny"))
    return check_manifest(Manifest.from_rows(rows), bundle=tiny, options=options)


def test_the_page_holds_everything_and_asks_for_nothing(result: CheckResult, tmp_path: Path) -> None:
    page = write_check_report(tmp_path / "out.html", result, source="shop & co").read_text(encoding="utf-8")
    assert "Check of shop &amp; co" in page and "9 items, 9 with a finding" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page and "<b>0</b>" not in page and "&lt;b&gt;0&lt;/b&gt;" in page
    assert page.count("no picture</span>") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_pictures_are_bounded(result: CheckResult) -> None:
    page = render_check_report(result, source="shop", examples=2)
    assert page.count('class="card') == 2 + 2 + 1
    assert "the first 2 are shown" in page
    assert 'id="blank"' in page and 'id="tiny"' not in page

"""The contact sheet: right counts, nothing from outside, nothing of a stranger's name taken for markup."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from modiste.explore import FieldScore, SheetRow, SheetTag, score_rows, write_contact_sheet
from modiste.runtime import Tag, Tags

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\n../../etc'
PICTURE = Image.new("RGB", (600, 800), (10, 80, 160))


def _row(name: str = "a.jpg", *, value: str = "Red", truth: str | None = "Red", doubtful: bool = False) -> SheetRow:
    return SheetRow(name, PICTURE, (SheetTag("baseColour", value, 0.734, doubtful, truth),))


def _write(tmp_path: Path, *rows: SheetRow, title: str = "Sheet", note: str = "") -> str:
    return write_contact_sheet(tmp_path / "sheet.html", rows, title, note=note).read_text(encoding="utf-8")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _parse(page: str) -> _Elements:
    parser = _Elements()
    parser.feed(page)
    return parser


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    row = SheetRow(HOSTILE, PICTURE, (SheetTag(HOSTILE, HOSTILE, 0.5, True, HOSTILE + "!"),))
    page = _parse(_write(tmp_path, row, title=HOSTILE, note=HOSTILE))
    assert sum(tag == "script" for tag, _ in page.found) == 1
    assert [tag for tag, _ in page.found].count("img") == 1
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
    assert any(HOSTILE in text for text in page.text)


def test_nothing_is_asked_for_from_anywhere(tmp_path: Path) -> None:
    page = _write(tmp_path, _row("http://example.org/a.jpg"))
    elements = _parse(page).found
    for _, attributes in elements:
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            assert (attributes.get(name) or "data:").startswith("data:")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert "url(" not in style.group(1)
    assert "@import" not in style.group(1)
    policy = next(a["content"] for tag, a in elements if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_pictures_are_bounded_thumbnails(tmp_path: Path) -> None:
    image = next(a for tag, a in _parse(_write(tmp_path, _row())).found if tag == "img")
    data = base64.b64decode(str(image["src"]).partition(",")[2])
    with Image.open(io.BytesIO(data)) as thumbnail:
        assert thumbnail.size == (240, 320)
    assert (image["width"], image["height"]) == ("240", "320")
    assert image["alt"] == "Picture tagged Red"


def test_right_wrong_and_doubtful_are_told_by_words(tmp_path: Path) -> None:
    page = _write(tmp_path, _row(), _row(value="Blue", truth="Red"), _row(doubtful=True, truth=None))
    text = " ".join(_parse(page).text)
    assert "✓" in text
    assert "wrong, is Red" in text
    assert "doubtful" in text
    assert "73 %" in text
    marks = [a["data-marks"] for tag, a in _parse(page).found if "data-marks" in a]
    assert marks == ["", "wrong", "doubtful"]
    assert "3 pictures, 1 with a doubtful tag, 1 with a wrong one" in text


def test_a_picture_of_no_product_is_told_as_such(tmp_path: Path) -> None:
    tag = Tag("Red", ("Red",), 0.9, (), doubtful=True)
    rows = [
        SheetRow.from_tags(name, PICTURE, Tags({"baseColour": tag}, stranger=name == "face"))
        for name in ["shirt", "face"]
    ]
    assert [row.stranger for row in rows] == [False, True]
    assert _write(tmp_path, *rows).count("looks like no product") == 1


def test_scores_against_a_majority_baseline() -> None:
    truths = ["Red", "Red", "Blue", "Red", None]
    said = ["Red", "Blue", "Blue", "Blue", "Red"]
    rows = [_row(value=value, truth=truth) for value, truth in zip(said, truths, strict=True)]
    score = FieldScore("baseColour", right=2, total=4, baseline=3)
    assert score_rows(rows) == [score]
    assert (score.share, score.baseline_share) == (0.5, 0.75)


def test_without_truth_there_is_no_table_and_no_filter_for_wrong(tmp_path: Path) -> None:
    page = _write(tmp_path, _row(truth=None))
    assert "<table" not in page
    assert 'value="wrong"' not in page
    assert 'value="doubtful"' in page


def test_an_empty_sheet_is_a_page(tmp_path: Path) -> None:
    assert "0 pictures" in _write(tmp_path)


def test_rows_from_tags() -> None:
    tags = Tags(
        {
            "season": Tag("Summer", ("Summer",), 0.6, (), doubtful=True),
            "style": Tag("a", ("a", "b"), 0.9, (), doubtful=False, kind="multi"),
        }
    )
    row = SheetRow.from_tags("x", PICTURE, tags, {"season": "Winter"})
    assert row.tags == (SheetTag("season", "Summer", 0.6, True, "Winter"), SheetTag("style", "a, b", 0.9))
    assert row.doubtful
    assert row.wrong


def test_the_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _write(tmp_path, _row())

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk is full"):
        _write(tmp_path, _row(), _row())
    assert (tmp_path / "sheet.html").read_text(encoding="utf-8") == first


def test_searches_stand_before_the_pictures(tmp_path: Path) -> None:
    from modiste.explore import SheetSearch

    picture = Image.new("RGB", (60, 80), "red")
    searches = [
        SheetSearch("Find <it>", picture, ((picture, "hit & run · 0.75"),), "a note"),
        SheetSearch("Find words", None, ()),
    ]
    page = write_contact_sheet(tmp_path / "s.html", [], "Mine", searches=searches).read_text(encoding="utf-8")
    assert "Find &lt;it&gt;" in page and "hit &amp; run · 0.75" in page and "a note" in page
    assert page.count("<figure") == 2 and "Nothing fits." in page
    assert page.index("Find words") < page.index('id="cards"')

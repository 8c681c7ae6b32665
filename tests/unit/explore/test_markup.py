"""What all pages share: one head, that asks for nothing and takes nobody's words for markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from modiste.explore.markup import render_head
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "src" / "modiste"
PAGES = (
    "catalogue/search/page.py",
    "explore/check_report.py",
    "explore/contact_sheet.py",
    "explore/judged/page.py",
    "explore/page/document.py",
)


class Reader(HTMLParser):
    """Notes the tags with their attributes, and the text of the title."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "title":
            self.title += data.strip()


@pytest.mark.parametrize("scripts", [False, True])
def test_the_head_is_what_a_page_needs(scripts):
    reader = Reader()
    reader.feed(render_head("<script> & co", "b { color: red }", scripts=scripts))
    assert [tag for tag, _ in reader.tags] == ["html", "head", *["meta"] * 4, "title", "style", "body"]
    assert reader.tags[0][1] == {"lang": "en"} and reader.title == "<script> & co"
    metas = [attributes for tag, attributes in reader.tags if tag == "meta"]
    assert metas[0] == {"charset": "utf-8"}
    assert metas[1] == {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    policy = {part.strip() for part in str(metas[3]["content"]).split(";")}
    own = {"default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"}
    assert policy == own | ({"script-src 'unsafe-inline'"} if scripts else set())


@pytest.mark.parametrize("name", PAGES)
def test_pages_with_scripts_let_them_run_and_others_do_not(name):
    source = (PACKAGE / name).read_text(encoding="utf-8")
    assert '_PAGE = """{head}' in source and "<!doctype" not in source
    assert ("scripts=True" in source) == ("<script" in source)

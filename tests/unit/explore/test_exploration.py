"""Whole explorations: data sets of every odd shape give a sensible page, numbers that agree, and safe texts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from modiste.errors import UsageError
from modiste.explore import (
    EmbeddingMap,
    Exploration,
    ExploreOptions,
    explore_manifest,
    list_findings,
    list_numbers,
    render_exploration,
    write_exploration,
    write_numbers,
)
from modiste.explore.markup import read_asset
from modiste.explore.page.abridging import Limits, abridge, list_limits
from modiste.manifest import Manifest

SECTIONS = ["overview", "fields", "hierarchy", "missing", "parts", "pairs", "sizes", "histograms", "classes", "map"]
NASTY = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\">\u2028 & 'q' {braces} %s 🙂 " + "long" * 80


class Page(HTMLParser):
    """Collects what a browser would make of a page: elements, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and self.scripts:
            self.scripts[-1] += data

    @property
    def ids(self) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get("id"))]


def paint(folder: Path, count: int, *, size: tuple[int, int] = (12, 16)) -> list[dict[str, Any]]:
    rng, rows = np.random.default_rng(count), []
    for at in range(count):
        path = folder / f"{at}.png"
        Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)).save(path)
        rows.append({"item_id": f"i{at}", "image": str(path), "source": "flat"})
    return rows


def explore(rows: list[dict[str, Any]], *, parents: dict[str, str] | None = None, **options: Any) -> Exploration:
    manifest = Manifest.from_rows(rows, parents=parents)
    return explore_manifest(manifest, source="shop", options=ExploreOptions(**({"embeddings": False} | options)))


def check(found: Exploration) -> Page:
    """Check what every page owes, and return it."""
    text = render_exploration(found)
    page = Page(text)
    assert [name for name in page.ids if name in SECTIONS] == SECTIONS
    assert len(page.ids) == len(set(page.ids))
    links = [attributes["href"] or "" for tag, attributes in page.tags if tag == "a"]
    assert all(link.startswith("#") and link[1:] in page.ids for link in links)
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text) and "url(http" not in text
    assert not [tag for tag, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert len(page.scripts) == 2 and len(text.encode()) < 8_000_000
    json.loads(page.scripts[0])
    json.dumps(list_numbers(found), allow_nan=False)
    return page


def test_shop_with_everything(tmp_path: Path) -> None:
    rows = paint(tmp_path, 40)
    for at, row in enumerate(rows):
        row |= {"label.top": f"t{at % 2}", "label.low": f"l{at % 4}", "label.style": [f"s{at % 3}", f"s{at % 5}"]}
        row |= {"split": "test" if at >= 30 else "train", "title": f"Item {at}", "meta.price": at or None}
    found = explore(rows, parents={"low": "top"}, embeddings=True)
    check(found)
    assert not found.reasons
    numbers = list_numbers(found)
    assert [field["name"] for field in numbers["fields"]] == ["top", "low", "style"]
    assert numbers["fields"][0]["values"] == [{"value": "t0", "count": 20}, {"value": "t1", "count": 20}]
    assert numbers["hierarchy"][0]["roots"][0]["children"][0] == {"value": "l0", "count": 10, "children": ()}
    assert [pair["first"] for pair in numbers["cooccurrence"]] == ["style", "top", "top", "low"]
    assert numbers["pictures"]["sizes"]["sizes"] == ({"width": 12, "height": 16, "count": 40},)
    assert numbers["map"]["method"] == "neighbours" and len(numbers["map"]["points"]) == 40
    classes = {(item["field"], item["value"]): item for item in numbers["pictures"]["classes"]}
    assert classes["top", "t0"]["pictures"] == 20 and classes["top", "t0"]["examples"]
    assert set(numbers["parts"][0]["parts"][1]) >= {"distance", "chance", "departs", "absent"}


def test_no_labels(tmp_path: Path) -> None:
    found = explore(paint(tmp_path, 5), embeddings=True)
    check(found)
    assert {"fields", "hierarchy", "pairs", "classes", "parts"} <= set(found.reasons)
    assert found.map is not None and found.map.method == "components" and found.pictures.portraits


def test_only_multi_labels(tmp_path: Path) -> None:
    rows = [row | {"label.style": ["a", "b"][: at % 3]} for at, row in enumerate(paint(tmp_path, 9))]
    found = explore(rows)
    check(found)
    assert found.counts[0].per_item == (3, 3, 3) and found.pairs[0].first == found.pairs[0].second == "style"


def test_addresses_that_nobody_fetched() -> None:
    rows = [
        {"item_id": str(at), "image": f"https://shop.example/{at}.jpg", "source": "table", "label.a": "xy"[at % 2]}
        for at in range(4)
    ]
    found = explore(rows, embeddings=True)
    check(found)
    assert "modiste data fetch" in found.reasons["sizes"] == found.reasons["map"]
    assert not found.pictures.failures and found.pictures.addresses == 4
    assert any("4 pictures have not been fetched" in finding.text for finding in list_findings(found))


def test_nothing_can_be_read() -> None:
    rows = [{"item_id": str(at), "image": f"absent/{at}.jpg", "source": "table", "label.a": "x"} for at in range(3)]
    found = explore(rows, embeddings=True)
    page = check(found)
    assert len(found.pictures.failures) == 3 and "could be read" in found.reasons["histograms"]
    assert "problems" in page.ids and found.map is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_three_items_and_one_class(tmp_path: Path, count: int) -> None:
    found = explore([row | {"label.a": "only"} for row in paint(tmp_path, count)], embeddings=True)
    check(found)
    assert found.counts[0].effective == 1 and "two fields" in found.reasons["pairs"]
    assert (found.map is not None) == (count >= 3)


def test_field_that_nobody_filled(tmp_path: Path) -> None:
    rows = [row | {"label.a": None, "label.b": "x"} for row in paint(tmp_path, 3)]
    found = explore(rows)
    check(found)
    text = render_exploration(found)
    assert found.counts[0].imbalance is None and "No item has a value" in text
    assert "No picture has a value of this field" in text


def test_five_thousand_classes(tmp_path: Path) -> None:
    (row,) = paint(tmp_path, 1)
    rows = [
        row | {"item_id": str(at), "label.a": f"class {at % 5000}", "label.tags": [f"t{at % 4999}", f"t{at % 7}"]}
        for at in range(6000)
    ]
    found = explore(rows, sample=40)
    check(found)
    assert found.pictures.sampled and found.pictures.opened == 40
    assert len(list_numbers(found)["fields"][0]["values"]) == 5000


def test_texts_are_escaped_wherever_they_stand(tmp_path: Path) -> None:
    rows = [
        row | {f"label.{NASTY}": NASTY + str(at % 2), "label.b": NASTY, f"meta.{NASTY}": NASTY, "title": NASTY}
        for at, row in enumerate(paint(tmp_path, 4))
    ]
    rows[0]["item_id"] = rows[0]["split"] = NASTY
    rows[1]["image"] = NASTY
    found = explore(rows, parents={NASTY: "b"}, embeddings=True)
    page = check(found)
    assert "alert(1)" not in page.scripts[1] and not [tag for tag, _ in page.tags if tag == "img"]
    payload = json.loads(page.scripts[0])
    assert payload["fields"] == ["b", NASTY]


def test_noisy_pictures_keep_the_page_small(tmp_path: Path) -> None:
    rows = paint(tmp_path, 30, size=(120, 120))
    many = [
        rows[at % 30] | {"item_id": str(at), "label.a": f"a{at % 40}", "label.b": f"b{at % 37}"} for at in range(2200)
    ]
    found = explore(many, sample=600)
    check(found)
    assert len(found.pictures.portraits) > 300


def explore_wide(folder: Path, *, fields: int, longest: int, columns: int = 0) -> Exploration:
    """Explore noise with texts of four bytes a letter, and put two thousand pictures on its map."""
    noise, rng = paint(folder, 30, size=(120, 120)), np.random.default_rng(6)
    rows = []
    for at in range(450):
        labels = {f"label.f{field}": f"{rng.integers(300)} " + "\U0001f457" * longest for field in range(fields)}
        free = {f"meta.c{column}": "x" for column in range(columns)}
        named = {
            "item_id": f"{at} " + "\U0001f45f" * longest,
            "title": "\U0001f456" * longest,
            "split": f"part {at % 90}",
        }
        rows.append(noise[at % 30] | named | labels | free)
    found = explore(rows)
    drawn = [portrait for portrait in found.pictures.portraits for _ in range(4)][:2000]
    small = tuple(portrait._replace(picture=portrait.picture[:48, :48]) for portrait in drawn)
    return replace(found, map=EmbeddingMap(rng.random((len(small), 2)), small, "neighbours", "noise"))


@pytest.mark.parametrize(("fields", "longest", "columns"), [(2, 30, 3), (30, 120, 300)])
def test_many_fields_and_long_texts_keep_the_page_small_and_it_says_so(
    tmp_path: Path, fields: int, longest: int, columns: int
) -> None:
    found = explore_wide(tmp_path, fields=fields, longest=longest, columns=columns)
    assert ("too many fields, or too long texts" in check(found).text) == (fields > 2)
    assert len(list_numbers(found)["fields"]) == fields  # the numbers are never cut down


def test_the_last_limits_fit_whatever_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.explore.page.document.list_limits", lambda: list_limits()[-1:])
    check(explore_wide(tmp_path, fields=6, longest=500, columns=20))


def test_abridged_hierarchies_keep_their_counts(tmp_path: Path) -> None:
    rows = [
        row | {"label.a": "x", "label.b": f"b{at % 2}", "label.c": f"c{at % 4}"}
        for at, row in enumerate(paint(tmp_path, 8))
    ]
    found = abridge(explore(rows, parents={"b": "a", "c": "b"}), Limits(16, 4, 10, 4, 2))
    (tree,) = found.trees
    assert tree.fields == ("a", "b") and [node.count for node in tree.roots[0].children] == [4, 4]
    assert not tree.roots[0].children[0].children


def test_sample_and_seed_choose_the_pictures(tmp_path: Path) -> None:
    rows = paint(tmp_path, 20)
    first, again, other = (explore(rows, sample=5, seed=seed) for seed in (1, 1, 2))
    drawn = [{portrait.row for portrait in found.pictures.portraits} for found in (first, again, other)]
    assert drawn[0] == drawn[1] != drawn[2] and first.pictures.opened == 5


def test_numbers_are_the_same_each_time_whatever_the_threads(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        row | {name: f"v{rng.integers(0, size)}" for name, size in (("label.a", 7), ("label.b", 23), ("label.c", 41))}
        for row in paint(tmp_path, 150)
    ]
    texts = {json.dumps(list_numbers(explore(rows, embeddings=True, threads=threads))) for threads in (1, 3)}
    assert len(texts) == 1


@pytest.mark.parametrize("sheet", ["house.css", "exploration.css", "check_report.css", "contact_sheet.css"])
def test_paper_is_light_whatever_the_screen_is(sheet: str) -> None:
    text = read_asset(sheet)
    assert text.count("prefers-color-scheme: dark") == text.count("@media screen and (prefers-color-scheme: dark)")


def test_small_shares_are_never_called_nothing(tmp_path: Path) -> None:
    rows = paint(tmp_path, 1)
    many = [rows[0] | {"item_id": str(at)} for at in range(1200)]
    Image.new("RGB", (9, 9)).save(tmp_path / "odd.png")
    many[0] = many[0] | {"image": str(tmp_path / "odd.png")}
    text = render_exploration(explore(many))
    assert "&lt;0.1 %" in text or "<0.1 %" in text
    assert "0.0 %" not in text


def test_files_are_written_whole(tmp_path: Path) -> None:
    found = explore(paint(tmp_path, 3))
    write_exploration(tmp_path / "out.html", found)
    write_numbers(tmp_path / "out.json", found)
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["data_set"]["items"] == 3
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("options", [{"sample": 0}, {"threads": 0}, {"seed": -1}])
def test_wrong_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="expected"):
        ExploreOptions(**options)


def test_no_items_are_refused() -> None:
    with pytest.raises(UsageError, match="no items"):
        explore([])

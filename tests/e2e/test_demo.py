"""``modiste demo`` as a stranger runs it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.cli.main import build_app
from modiste.errors import BundleError, UsageError
from modiste.runtime import Tag, Tags
from modiste.synthetic import write_shop


class FakeTagger:
    """Says the same of every picture."""

    def __init__(self, bundle: Path | None = None) -> None:
        self.bundle = SimpleNamespace(spec=SimpleNamespace(name="fake"))

    def tag(self, images: list[object]) -> list[Tags]:
        said = {"masterCategory": "Apparel", "articleType": "Ties", "baseColour": "Black", "season": "Summer"}
        return [Tags({name: Tag(value, (value,), 0.8, (), False) for name, value in said.items()}) for _ in images]


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "shipped" not in request.node.name:
        monkeypatch.setattr("modiste.runtime.Tagger", FakeTagger)


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(build_app("demo"), [str(word) for word in words], catch_exceptions=True)


def test_it_draws_tags_and_shows(tmp_path: Path) -> None:
    result = _run("--out", tmp_path / "demo", "--count", "12")
    assert result.exit_code == 0, result.exception
    assert "masterCategory" in result.output
    assert " of 12" in result.output
    assert "always the most frequent" in result.output
    assert "modiste tag" in result.output
    assert len(list((tmp_path / "demo" / "images").glob("*.jpg"))) == 12
    assert "no drawing among them" in (tmp_path / "demo" / "contact-sheet.html").read_text(encoding="utf-8")


def test_nothing_is_claimed_of_what_another_bundle_has_learnt_from(tmp_path: Path) -> None:
    result = _run("--out", tmp_path / "demo", "--count", "3", "--bundle", Bundle.open().path)
    assert result.exit_code == 0, result.exception
    page = (tmp_path / "demo" / "contact-sheet.html").read_text(encoding="utf-8")
    assert "tagged by the bundle" in page and "no drawing among them" not in page


def test_it_looks_through_the_shop_by_picture_and_by_words(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    result = _run("--out", out, "--count", "12")
    assert "Find by picture" in result.output and "Find by words" in result.output
    page = (out / "contact-sheet.html").read_text(encoding="utf-8")
    assert page.count('<figure class="asked">') == 1 and 6 <= page.count('<figure class="found">') <= 12
    assert _run("--out", out, "--count", "9", "--seed", "1").exit_code == 0
    with Catalogue.open(out / "shop.catalogue") as shop:
        assert len(shop) == 9 and shop.search(image=out / "images" / "10003.jpg", k=1).item_ids == ["10003"]
    assert _run("--out", out, "--count", "3").exit_code == 0  # too few to look through
    assert not (out / "shop.catalogue").exists()


def test_a_catalogue_in_the_way_is_not_removed(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    _run("--out", out, "--count", "1")
    (out / "shop.catalogue").mkdir()
    (out / "shop.catalogue" / "mine.txt").write_text("keep me")
    result = _run("--out", out, "--count", "9")
    assert isinstance(result.exception, UsageError)
    assert (out / "shop.catalogue" / "mine.txt").read_text() == "keep me"


def test_a_second_run_replaces_only_what_the_first_drew(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    _run("--out", out, "--count", "6")
    (out / "mine.txt").write_text("keep me")
    (out / "images" / "mine.jpg").write_bytes(b"keep me too")
    assert _run("--out", out, "--count", "3", "--seed", "1").exit_code == 0
    names = sorted(path.name for path in (out / "images").iterdir())
    assert names == ["10001.jpg", "10002.jpg", "10003.jpg", "mine.jpg"]
    assert (out / "mine.txt").read_text() == "keep me"


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    _run("--out", out, "--count", "1")
    stranger = out / "images" / "10002.jpg"
    stranger.write_bytes(b"mine")
    result = _run("--out", out, "--count", "3")
    assert isinstance(result.exception, UsageError)
    assert stranger.read_bytes() == b"mine"


def test_a_list_that_points_elsewhere_removes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    _run("--out", out, "--count", "1")
    victim = tmp_path / "victim.jpg"
    victim.write_bytes(b"mine")
    (out / "modiste-demo.json").write_text(json.dumps({"files": ["../../victim.jpg", str(victim), "images/10001.jpg"]}))
    assert _run("--out", out, "--count", "1").exit_code == 0
    assert victim.read_bytes() == b"mine"


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    result = _run("--out", tmp_path)
    assert isinstance(result.exception, UsageError)
    assert "--out ANOTHER" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert isinstance(_run("--out", tmp_path / "x").exception, UsageError)


def test_ones_own_pictures_have_no_accuracy(tmp_path: Path) -> None:
    shop = write_shop(tmp_path / "shop", 3, layout="flat", size=(60, 80))
    result = _run("--images", shop, "--out", tmp_path / "demo", "--count", "2")
    assert result.exit_code == 0, result.exception
    assert "How often it was right" not in result.output
    assert "10001.jpg" in result.output
    assert "10003.jpg" not in result.output
    page = (tmp_path / "demo" / "contact-sheet.html").read_text(encoding="utf-8")
    assert str(tmp_path) not in page


def test_a_picture_that_can_not_be_read_is_listed(tmp_path: Path) -> None:
    shop = write_shop(tmp_path / "shop", 1, layout="flat", size=(60, 80))
    (shop / "broken.jpg").write_bytes(b"no picture")
    result = _run("--images", shop, "--out", tmp_path / "demo")
    assert result.exit_code == 1
    assert "broken.jpg" in result.output + result.stderr


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = _run("--images", tmp_path / "empty", "--out", tmp_path / "demo")
    assert isinstance(result.exception, UsageError)


def test_names_with_terminal_escapes_are_printed_harmlessly(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    try:
        Image.new("RGB", (30, 40), "red").save(tmp_path / "own" / "a\x1b[31mb.jpg")
    except OSError:
        pytest.skip("this file system does not take such names")
    result = _run("--images", tmp_path / "own", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.exception
    assert "\x1b[31m" not in result.output


def test_the_shipped_bundle_knows_drawings_by_category(tmp_path: Path) -> None:
    try:
        Bundle.open()
    except BundleError:
        pytest.skip("no bundle is shipped yet")
    from modiste.runtime import Tagger
    from modiste.synthetic import draw_shop

    shop = list(draw_shop(66, seed=0, size=(180, 240)))
    said = Tagger().tag([item.picture for item in shop])
    right = [
        tags["masterCategory"].value == item.labels["masterCategory"] for tags, item in zip(said, shop, strict=True)
    ]
    assert sum(right) / len(right) >= 0.85

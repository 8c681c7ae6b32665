"""``modiste data explore``: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modiste.cli.main import main
from modiste.synthetic import write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "shop"
    write_shop(folder, count=24, seed=1, size=(60, 80))
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["data", "explore", *map(str, words)])
    return int(left.value.code or 0)


def test_page_and_numbers(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, numbers = tmp_path / "out.html", tmp_path / "numbers.json"
    assert run(shop, "--report", page, "--json", numbers, "--sample", "20", "--seed", "3") == 0
    told = capsys.readouterr().out
    assert "out.html: the page" in told and "numbers.json: the numbers" in told
    data = json.loads(numbers.read_text(encoding="utf-8"))
    assert (data["data_set"]["items"], data["pictures"]["opened"], len(data["map"]["points"])) == (24, 20, 20)
    assert "articleType" in page.read_text(encoding="utf-8")


def test_reader_options_and_no_embeddings(shop: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    assert run(shop, "--reader", "flat", "--json", numbers, "--no-embeddings") == 0
    data = json.loads(numbers.read_text(encoding="utf-8"))
    assert data["fields"] == [] and data["map"] is None and "--no-embeddings" in data["reasons"]["map"]


def test_unreadable_pictures_exit_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_shop(tmp_path / "shop", count=6, seed=1, size=(60, 80))
    next((tmp_path / "shop").rglob("*.jpg")).write_bytes(b"broken")
    assert run(tmp_path / "shop", "-r", tmp_path / "out.html") == 1
    assert "1 of 6 pictures could not be read" in capsys.readouterr().out
    assert (tmp_path / "out.html").is_file()


def test_figures(shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert run(shop, "--reader", "flat", "--figures", tmp_path / "figures", "--no-embeddings", "--sample", "8") == 0
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"missing.png", "sizes.png", "histograms.png"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "needs something to write. Type: modiste data explore SOURCE --report out.html"),
        (["--report", "absent/out.html"], "there is no folder"),
        (["--report", "."], "is a folder; give the name of a file"),
        (["--report", "out.html", "--bundle", "nowhere"], "nowhere"),
    ],
)
def test_wrong_use_exits_with_2(
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(shop, *words) == 2
    told = capsys.readouterr().err
    assert text in told and "Traceback" not in told


@pytest.mark.data
def test_the_real_set(shared_data: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    archive = shared_data / "fashion-product-images-small.zip"
    assert run(archive, "--json", numbers, "--sample", "200", "--no-embeddings") == 0
    data = json.loads(numbers.read_text(encoding="utf-8"))
    counts = {field["name"]: field for field in data["fields"]}
    assert counts["masterCategory"]["values"][0] == {"value": "Apparel", "count": 19252}
    assert len(counts["articleType"]["values"]) == 142

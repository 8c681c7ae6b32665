"""``modiste data check``, ``clean`` and ``audit``, as a user types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from modiste.cli.main import main
from modiste.manifest import Manifest
from modiste.synthetic import write_shop
from tests.unit.conftest import GOLDEN


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check") / "shop"
    write_shop(folder, count=24, seed=1, size=(60, 80))
    images = sorted((folder / "images").glob("*.jpg"))
    shutil.copy(images[0], images[9])
    return folder


def run(*words: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as left:
        main(["data", *map(str, words), "--bundle", str(GOLDEN)])
    assert left.value.code == code


def test_check_writes_a_table_and_a_page(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, page = tmp_path / "f.csv", tmp_path / "out.html"
    run("check", shop, "-o", table, "--report", page, "--work", tmp_path / "seen")
    shown = capsys.readouterr().out
    assert "24 items checked" in shown and "exact-copy" in shown
    assert pl.read_csv(table).filter(check="exact-copy").select("item_id", "partner").rows() == [(10001, 10010)]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    run("check", shop, "--json", "--checks", "exact-copy", "--work", tmp_path / "seen")
    assert json.loads(capsys.readouterr().out)["checks"] == {"exact-copy": 1}


def test_clean_writes_a_manifest_and_touches_nothing(shop: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(shop.rglob("*")) if path.is_file()}
    run("clean", shop, tmp_path / "out", "--conflicts", "blank")
    assert len(Manifest.read(tmp_path / "out")) == 23
    changes = pl.read_csv(tmp_path / "out.changes.csv")
    assert changes.filter(action="dropped")["check"].to_list() == ["exact-copy"]
    assert before == {path: path.read_bytes() for path in sorted(shop.rglob("*")) if path.is_file()}
    run("clean", shop, tmp_path / "out", code=2)
    run("clean", shop, tmp_path / "all", "--drop", "none", "--conflicts", "keep")
    assert len(Manifest.read(tmp_path / "all")) == 24


def test_audit_writes_a_queue(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("audit", shop, "--details", "-o", tmp_path / "q.jsonl", "--work", tmp_path / "seen")
    assert "audited by gender" in capsys.readouterr().out and (tmp_path / "q.jsonl").exists()
    run("audit", shop, "--json", "--work", tmp_path / "seen")
    assert json.loads(capsys.readouterr().out)["items"] == 24


def test_unreadable_pictures_give_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_shop(tmp_path / "shop", count=3, seed=2, size=(60, 80))
    damaged = next((tmp_path / "shop" / "images").glob("*.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:200])
    run("check", tmp_path / "shop", code=1)
    run("clean", tmp_path / "shop", tmp_path / "out", code=1)
    assert "1 pictures could not be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["check", "SHOP", "--checks", "blanks"], "did you mean 'blank'"),
        (["check", "SHOP", "-o", "f.txt"], "there is no output format"),
        (["clean", "SHOP", "out", "--drop", "label-conflict"], "which 'conflicts' decides"),
        (["audit", "SHOP", "--price", "cost"], "there is no column 'cost'"),
        (["check", "missing"], "there is no file or folder 'missing'"),
    ],
)
def test_wrong_use_is_told(shop: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str) -> None:
    run(*(word.replace("SHOP", str(shop)) for word in words), code=2)
    assert text in capsys.readouterr().err

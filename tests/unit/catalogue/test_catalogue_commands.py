"""modiste catalogue, as it is typed: exit codes, what is printed, what is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from modiste.cli.catalogue import app
from modiste.cli.main import main
from modiste.synthetic import write_shop


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def fail(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit) as leaving:
        main(["catalogue", *map(str, words)])
    assert leaving.value.code == 2
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_path: Path) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    write_shop(folder / "shop", count=12, seed=2)
    shown = run("build", folder / "shop", folder / "s.cat", "--bundle", tiny_path)
    assert shown.exit_code == 0, shown.output
    assert "built from 12 pictures" in shown.stdout and "12 items" in shown.stdout
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "own"))


def test_build_says_what_could_not_be_read_and_exits_with_1(folder: Path, tiny_path: Path) -> None:
    (folder / "shop" / "images" / "10002.jpg").write_bytes(b"x")
    shown = run("build", folder / "shop", folder / "t.cat", "--bundle", tiny_path, "--errors", folder / "e.csv")
    assert shown.exit_code == 1
    assert "e.csv: 1 that could not be used" in shown.stdout and "10002" in (folder / "e.csv").read_text()


def test_build_refuses_what_is_there(built: Path, tiny_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = fail(capsys, "build", built / "shop", built / "s.cat", "--bundle", tiny_path)
    assert "modiste catalogue add SOURCE" in told


def test_info(built: Path) -> None:
    shown = run("info", built / "s.cat")
    assert shown.exit_code == 0
    assert "12 items" in shown.stdout and "golden tiny" in shown.stdout and "Sleeve Length" in shown.stdout
    said = json.loads(run("info", built / "s.cat", "--json").stdout)
    assert said["items"] == 12 and said["columns"]["price"] == "number" and said["rebuild"] is None
    assert said["bytes"]["catalogue"] > 10_000 and "exact" in said["index"]


def test_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is whole" in run("verify", folder / "s.cat").stdout
    import sqlite3

    connection = sqlite3.connect(folder / "s.cat" / "catalogue.sqlite")
    with connection:
        connection.execute("DELETE FROM vectors WHERE item_key = 1")
    connection.close()
    shown = run("verify", folder / "s.cat")
    assert shown.exit_code == 1 and shown.stdout.strip()
    assert "no catalogue" in fail(capsys, "verify", folder / "nowhere")
    assert "server" in fail(capsys, "verify", "milvus://x/y")


def test_update_remove_and_sync(folder: Path, tiny_path: Path) -> None:
    place = folder / "s.cat"
    shown = run("update", place, "10001", "10002", "price=5", "colour=Red")
    assert (shown.exit_code, shown.stdout) == (0, "2 items updated\n")
    assert run("update", place, "--where", "price = 5", "campaign=spring").stdout == "2 items updated\n"
    shown = run("update", place, "nope", "price=5")
    assert shown.exit_code == 1 and "not there: nope" in shown.stderr
    (folder / "stock.csv").write_text("id,size,stock\n10001,XXS,44\nzz,M,1\n")
    shown = run("update", place, "--from", folder / "stock.csv")
    assert shown.exit_code == 1 and "1 items updated" in shown.stdout and "not there: zz" in shown.stderr
    would = run("remove", place, "--where", "campaign = 'spring' and stock > 40", "--dry-run")
    assert (would.exit_code, would.stdout) == (0, f"1 items would be removed; {place}: 12 items\n")
    shown = run("remove", place, "10001", "nope")
    assert shown.exit_code == 1 and f"1 items removed; {place}: 11 items" in shown.stdout
    shown = run("sync", folder / "shop", place, "--bundle", tiny_path)
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    # The copy is somewhere else, so every picture's place changed; none was embedded but the new one.
    assert ["new", "1"] in [line[:2] for line in lines] and ["changed", "11"] in [line[:2] for line in lines]


def test_add_and_remove_missing(folder: Path, tiny_path: Path) -> None:
    (folder / "more").mkdir()
    shutil.copy(folder / "shop" / "images" / "10001.jpg", folder / "more" / "extra.jpg")
    assert "13 items" in run("add", folder / "more", folder / "s.cat", "--bundle", tiny_path).stdout
    kept = run("sync", folder / "shop", folder / "s.cat", "--bundle", tiny_path)
    assert "1 items are not in the feed and were kept" in kept.stdout
    gone = run("sync", folder / "shop", folder / "s.cat", "--bundle", tiny_path, "--remove-missing")
    assert "no longer in the source" in gone.stdout and "12 items" in gone.stdout


def test_rebuild(folder: Path, built: Path, capsys: pytest.CaptureFixture[str], tiny_path: Path) -> None:
    from modiste.bundle import Bundle, write_bundle

    tiny = Bundle.open(tiny_path)
    spec = tiny.spec.model_copy(update={"temperatures": {"kind": 3.0}, "name": "other"})
    write_bundle(folder / "other", spec=spec, onnx=tiny.read_weights(), card="x")
    run("sync", folder / "shop", folder / "s.cat", "--bundle", tiny_path)  # the copy's pictures are the copy's
    (folder / "shop" / "images" / "10003.jpg").unlink()
    shown = run("rebuild", folder / "s.cat", "--bundle", folder / "other")
    assert shown.exit_code == 1 and "the old bundle still serves" in shown.stdout
    shown = run("rebuild", folder / "s.cat", "--bundle", folder / "other", "--remove-unreadable")
    assert shown.exit_code == 0 and "11 items, served by the new bundle; 1 removed" in shown.stdout
    assert "already" in fail(capsys, "rebuild", folder / "s.cat", "--bundle", folder / "other")
    assert "catalogue rebuild" in fail(capsys, "add", folder / "shop", folder / "s.cat", "--bundle", tiny_path)


def test_duplicates(folder: Path, tiny_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "more").mkdir()
    shutil.copy(folder / "shop" / "images" / "10001.jpg", folder / "more" / "extra.jpg")
    run("add", folder / "more", folder / "s.cat", "--bundle", tiny_path)
    shown = run("duplicates", folder / "s.cat", "--kinds", "exact", "-o", folder / "d.csv")
    assert shown.exit_code == 0 and "10001, extra" in shown.stdout
    assert pl.read_csv(folder / "d.csv")["item_id"].to_list() == ["10001", "extra"]
    (group,) = json.loads(run("duplicates", folder / "s.cat", "--kinds", "exact", "--json").stdout)
    assert group == {"kind": "exact", "score": 1.0, "item_ids": ["10001", "extra"]}
    assert "did you mean 'exact'" in fail(capsys, "duplicates", folder / "s.cat", "--kinds", "exakt")
    assert "exists already" in fail(capsys, "duplicates", folder / "s.cat", "-o", folder / "d.csv")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("remove", "s.cat"), "--where FILTER"),
        (("update", "s.cat", "10001"), "price=799"),
        (("update", "s.cat", "price=3"), "price=799"),
        (("update", "s.cat", "10001", "--from", "t.csv"), "--from takes items"),
        (("remove", "s.cat", "--where", "price <"), "price <"),
        (("info", "nowhere"), "catalogue build SOURCE nowhere"),
        (("build", "nowhere", "t.cat"), "no file or folder"),
        (("sync", "shop", "s.cat"), "catalogue rebuild"),
    ],
)
def test_wrong_use_is_told_in_words(
    words: tuple[str, ...], says: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(built)
    assert says in fail(capsys, *words)
    assert not (built / "t.cat").exists()

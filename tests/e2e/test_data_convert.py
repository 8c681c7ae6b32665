"""``modiste data convert``: what it says before it writes, what it asks, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modiste.cli.data import app
from modiste.errors import UsageError
from modiste.readers import ReaderOptions, read_source
from modiste.synthetic import write_shop
from modiste.writers import list_writers


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop", count=4, seed=1, size=(30, 40))
    return tmp_path / "shop"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["convert", *map(str, words)], catch_exceptions=False)


def test_list_shows_every_format() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert all(writer.name in result.output for writer in list_writers())


def test_losses_are_told_and_need_a_yes(shop: Path, tmp_path: Path) -> None:
    words = (shop, "--to", "class-folders", tmp_path / "out", "--keep", "masterCategory,subCategory")
    with pytest.raises(UsageError, match="add --yes"):
        run(*words)
    assert not (tmp_path / "out").exists()
    result = run(*words, "--yes")
    assert result.exit_code == 0
    assert "4 titles: lost" in result.output and "5 of 7 fields: lost: gender" in result.output
    assert "--reader class-folders --fields masterCategory,subCategory" in result.output
    found = read_source(tmp_path / "out", options=ReaderOptions(fields=("masterCategory", "subCategory")))
    assert len(found) == 4


def test_nothing_is_asked_where_nothing_is_lost(shop: Path, tmp_path: Path) -> None:
    result = run(shop, "--to", "manifest", tmp_path / "out")
    assert result.exit_code == 0 and "manifest keeps everything" in result.output


def test_pictures_that_cannot_be_read_give_exit_code_1(shop: Path, tmp_path: Path) -> None:
    next((shop / "images").rglob("*.jpg")).write_bytes(b"")
    result = run(shop, "--to", "table", tmp_path / "out.csv", "--yes")
    assert result.exit_code == 1
    assert "3 items" in result.output and "out.csv.errors.csv: 1 that could not be read" in result.output


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "--to FORMAT OUT"),
        (("shop", "out", "--to", "kagle"), "did you mean 'kaggle'"),
        (("shop", "out", "--to", "kaggle", "--rename", "a"), "--rename articleType=category"),
    ],
)
def test_wrong_use_is_told_what_to_type(words: tuple[str, ...], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        run(*words)

"""``modiste data inspect``: what a person reads, what a program reads, and what wrong use is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modiste.cli.data import app
from modiste.cli.main import main

STYLES = """id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
1,Men,Apparel,Topwear,Tshirts,Blue,Summer,2011,Sports,A jersey, blue
2,Women,Apparel,Topwear,Tops,Blue,NA,2012,,A [red] top
3,Women,Footwear,Shoes,Heels,Red,Winter,2012,Casual,No picture
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop" / "images").mkdir(parents=True)
    (tmp_path / "shop" / "styles.csv").write_text(STYLES)
    for number in (1, 2):
        (tmp_path / "shop" / "images" / f"{number}.jpg").write_bytes(b"")
    return tmp_path / "shop"


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["inspect", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_plain_text_says_what_was_understood(shop: Path) -> None:
    lines = [" ".join(line.split()) for line in run(str(shop)).splitlines()]
    assert {"reader kaggle", "rows 3", "items 2", "products 2", "problems 1", "pictures .jpg 2 (2 files)"} <= set(lines)
    assert "season single 1 1 1 Summer 1" in lines
    assert "articleType (in subCategory) single 2 2 0 Tops 1, Tshirts 1" in lines
    assert "year Int32 2" in lines
    assert "1 no picture with this id styles.csv line 4 (id 3)" in lines


def test_json_is_one_document(shop: Path) -> None:
    described = json.loads(run(str(shop), "--json"))
    assert (described["source"], described["readers"]) == (str(shop), ["kaggle"])
    assert (described["rows"], described["items"], described["problems"]["count"]) == (3, 2, 1)
    fields = {field["name"]: field for field in described["fields"]}
    assert fields["baseColour"]["values"] == [{"value": "Blue", "count": 2}]


def test_numbers_shown_can_be_chosen(shop: Path) -> None:
    text = run(str(shop), "--values", "1", "--examples", "0")
    assert "Tops 1, ..." in text and "line 4" not in text


def test_options_reach_the_reader(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"")
    (tmp_path / "t.csv").write_text("p,q,who,b,w\n1.jpg,a|b,ann,1 2 3 4,x\n1.jpg,b,bob,1 2 3 4,x\n")
    words = ["--image-column", "p", "--fields", "q", "--separator", "|", "--multi-fields", "q", "--box-columns", "b"]
    described = json.loads(run(str(tmp_path / "t.csv"), *words, "--annotator-column", "who", "--json"))
    assert described["fields"][0]["values"] == [{"value": "b", "count": 1}]
    assert described["boxes"] == 1
    assert described["opinions"] == {"count": 3, "annotators": 2}
    plain = run(str(tmp_path / "t.csv"), *words, "--annotator-column", "who")
    assert "3 of 2 annotators" in plain


def test_a_terminal_gets_drawn_tables(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.chdir(shop.parent)  # so that no digit of a path is in what is printed
    with pytest.raises(SystemExit) as left:
        main(["data", "inspect", shop.name])
    assert left.value.code == 0
    drawn = capsys.readouterr().out
    assert "─" in drawn and "39" not in drawn and "articleType" in drawn


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["missing"], "error: there is no file or folder 'missing'; check the spelling"),
        (["SHOP", "--reader", "kagle"], "error: there is no reader 'kagle'; did you mean 'kaggle'"),
        (["SHOP", "--reader", "flat", "--details"], "error: the reader 'flat' does not take details"),
        (["SHOP", "--box-columns", "a,b"], "error: box_columns names 2 columns; give four"),
        (["SHOP/images/1.jpg", "--reader", "kaggle"], "error: .*lacks a file styles.csv or labels.csv"),
    ],
)
def test_wrong_use_is_told_in_words(
    shop: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    import re

    with pytest.raises(SystemExit) as left:
        main(["data", "inspect", *(word.replace("SHOP", str(shop)) for word in words)])
    assert left.value.code == 2
    shown = capsys.readouterr().err
    assert re.search(text, shown) and "Traceback" not in shown


@pytest.mark.data
def test_the_real_set(shared_data: Path) -> None:
    described = json.loads(run(str(shared_data / "fashion-product-images-small.zip"), "--json"))
    assert (described["rows"], described["items"], described["problems"]["count"]) == (39996, 39990, 6)
    assert '"items": 39990' in json.dumps(described)
    assert described["pictures"]["in_archives"] == 39990

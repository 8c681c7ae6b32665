"""``modiste evaluate`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from modiste.cli.main import main
from modiste.evaluation import PREDICTION_SCHEMA

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tiny"
WRITTEN = {"evaluation.md", "evaluation.json", "predictions.parquet", "verdicts.parquet"}
QUICK = ["--replicates", "20"]


@pytest.fixture
def source(tmp_path, shop):
    shop.write(tmp_path / "shop")
    return tmp_path / "shop"


def run(*words):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *map(str, words)])
    return left.value.code


def test_a_bundle_is_judged(source, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(GOLDEN, "--data", source, "--split", "test", "--out", out, *QUICK) == 0
    shown = capsys.readouterr().out
    assert "golden tiny, fingerprint" in shown
    assert "4, part 'test'" in shown
    assert "60x80 (100.0%)" in shown
    assert {path.name for path in out.iterdir()} == WRITTEN
    table = pl.read_parquet(out / "predictions.parquet")
    assert table.columns == [*PREDICTION_SCHEMA, "chosen"]
    assert pl.read_parquet(out / "verdicts.parquet").height == 4 * 4  # items and fields


def test_what_was_written_is_judged_alike(source, tmp_path, capsys):
    run(GOLDEN, "--data", source, "--out", tmp_path / "out", "--json", *QUICK)
    first = json.loads(capsys.readouterr().out)
    assert run(tmp_path / "out" / "predictions.parquet", "--data", source, "--json", *QUICK) == 0
    second = json.loads(capsys.readouterr().out)
    assert first["sections"] == second["sections"]


def test_a_protocol_of_ones_own(source, tmp_path, capsys):
    (tmp_path / "split.csv").write_text("id,split\nitem0,judge\nitem1,judge\n")
    (tmp_path / "own.toml").write_text(
        'name = "own"\ntitle = "My own"\ndescription = "Two rows."\nsplit_file = "split.csv"\npart = "judge"\n'
        'fields = ["kind"]\n[classes]\nkind = ["Bags", "Shoes"]\n'
    )
    assert run(GOLDEN, "--data", source, "--protocol", tmp_path / "own.toml", "--json", *QUICK) == 0
    report = json.loads(capsys.readouterr().out)
    assert next(iter(report["sections"])) == "My own"
    assert report["facts"]["rows"] == "2, part 'judge'"


def test_unreadable_pictures_are_listed(source, shop, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    images = [str(tmp_path / "broken.jpg"), *shop.items["image"][1:]]
    type(shop)(shop.taxonomy, shop.items.with_columns(image=pl.Series(images))).write(tmp_path / "broken")
    assert run(GOLDEN, "--data", tmp_path / "broken", "--fields", "kind,colour", *QUICK) == 1
    captured = capsys.readouterr()
    assert "item0: " in captured.err
    assert "1 of them have no prediction" in captured.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([GOLDEN], "needs --data"),
        ([GOLDEN, "--data", "SOURCE", "--split", "exam"], "no item belongs to the part 'exam'"),
        ([GOLDEN, "--data", "SOURCE", "--protocol", "nonsense"], "there is no protocol 'nonsense'"),
        ([GOLDEN, "--data", "SOURCE", "--protocol", "condition-cnn", "--fields", "kind"], "leave out --fields"),
        ([GOLDEN, "--data", "SOURCE", "--fields", "price"], "'price'"),
        (["absent.csv", "--data", "SOURCE"], "absent.csv can't be read"),
    ],
)
def test_wrong_use_is_explained(source, capsys, words, text):
    assert run(*(source if word == "SOURCE" else word for word in words)) == 2
    assert text in capsys.readouterr().err

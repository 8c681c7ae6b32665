"""``modiste compare`` from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from modiste.cli.main import main

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tiny"


@pytest.fixture
def source(tmp_path, shop):
    pytest.importorskip("onnx")
    shop.write(tmp_path / "shop")
    return tmp_path / "shop"


def run(command, *words):
    with pytest.raises(SystemExit) as left:
        main([command, *map(str, words), "--replicates", "20"])
    return left.value.code


def test_bundles_and_tables_stand_side_by_side(source, tmp_path, capsys):
    run("evaluate", GOLDEN, "--data", source, "--out", tmp_path / "said")
    table = pl.read_parquet(tmp_path / "said" / "predictions.parquet")
    worse = table.with_columns(score=1 - pl.col("score"), chosen=~pl.col("chosen"))
    worse.filter(pl.col("field") == "kind").drop("chosen").write_csv(tmp_path / "worse.csv")
    capsys.readouterr()
    out = tmp_path / "out"
    assert run("compare", GOLDEN, tmp_path / "worse.csv", "--data", source, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    rows = told["sections"]["What they get right"]
    assert [row["system"] for row in rows] == ["tiny", "worse.csv"]
    assert rows[0]["parameters"] > 0 and rows[1]["parameters"] is None
    assert set(told["sections"]["Against tiny"]["worse.csv"]) == {"kind"}
    written = pl.read_csv(out / "comparison.csv")
    assert written["system"].to_list() == ["tiny", "worse.csv"]
    assert written["kind"].to_list() == [row["kind"] for row in rows]
    assert {path.name for path in out.iterdir()} == {"comparison.md", "comparison.json", "comparison.csv"}


def test_files_of_one_name_are_told_apart(source, tmp_path, capsys):
    twin = shutil.copytree(GOLDEN, tmp_path / "other" / "tiny")
    assert run("compare", GOLDEN, twin, "--data", source, "--fields", "kind,colour") == 0
    told = capsys.readouterr().out
    assert f"Against {GOLDEN}" in told and "equally good" in told and "material" not in told


def test_wrong_use_is_explained(source, tmp_path, capsys):
    for words, text in (
        ([GOLDEN], "needs --data SOURCE"),
        ([GOLDEN, GOLDEN, "--data", source], "is named twice"),
        ([GOLDEN, "absent", "--data", source], "nothing to judge at 'absent'"),
        ([GOLDEN, "--data", source, "--out", __file__], "is a file; name another"),
    ):
        assert run("compare", *words) == 2
        assert text in capsys.readouterr().err

"""Looks at sealed parts are noted, where one expects it."""

from __future__ import annotations

import csv
import dataclasses
import subprocess

import pytest

from modiste.errors import UsageError
from modiste.evaluation import Opening, find_openings_file, is_sealed, load_protocol, record_opening

LINE = Opening("2026-01-02T03:04:05+00:00", "abc", "mine, fingerprint 1", "shop.zip", "", "control", 3, "modiste ...")


def test_what_is_sealed():
    protocol = load_protocol("condition-cnn")
    assert not protocol.sealed and load_protocol("product-tagger-test").sealed
    sealed = dataclasses.replace(protocol, sealed=True)
    for part, plainly, under in (
        ("sealed", 1, 1),
        ("control", 1, 1),
        ("test", 0, 1),
        ("validation", 0, 0),
        (None, 0, 0),
    ):
        assert (is_sealed(part, None), is_sealed(part, protocol)) == (bool(plainly), bool(plainly))
        assert is_sealed(part, sealed) == bool(under)


def test_where_openings_are_noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given, out = tmp_path / "mine.csv", tmp_path / "out"
    assert find_openings_file(None, None) is None
    assert find_openings_file(None, out) == out / "openings.csv"
    (tmp_path / "results").mkdir()
    assert str(find_openings_file(None, out)) == "results/openings.csv"
    assert find_openings_file(given, out) == given


def test_lines_are_appended(tmp_path):
    path = tmp_path / "new" / "openings.csv"
    record_opening(path, LINE)
    record_opening(path, dataclasses.replace(LINE, data='a "b", c', rows=4))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rows"] for row in rows] == ["3", "4"] and rows[1]["data"] == 'a "b", c'


def test_another_table_is_left_alone(tmp_path):
    path = tmp_path / "openings.csv"
    path.write_text("id,price\n1,2\n")
    with pytest.raises(UsageError, match="--openings FILE"):
        record_opening(path, LINE)
    assert path.read_text() == "id,price\n1,2\n"
    with pytest.raises(UsageError, match="can't be recorded"):
        record_opening(path / "below.csv", LINE)


def test_the_commit_is_that_of_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = {"system": "s", "data": "d", "protocol": None, "part": "control", "rows": 1, "command": "c"}
    assert Opening.now(**words).commit == ""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    assert len(Opening.now(**words).commit) == 40

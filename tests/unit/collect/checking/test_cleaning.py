"""What cleaning drops, keeps and corrects; tables on disk."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from modiste.collect.checking import CheckResult, CleanOptions, clean_manifest
from modiste.collect.checking.tables import choose_format, write_table
from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import Manifest


def test_defaults_drop_what_is_useless_and_all_copies_but_one(checked: CheckResult) -> None:
    before = checked.evidence.manifest.items
    cleaned = clean_manifest(checked)
    gone = set(before["item_id"]) - set(cleaned.manifest.items["item_id"])
    useless = {"cut", "missing", "address", "page", "blank", "tiny"}
    assert gone == {*useless, "same-bytes", "same-pixels", "good-02"}
    assert cleaned.dropped == len(gone) and checked.evidence.manifest.items.equals(before)


def test_the_copy_that_stays_gets_the_label_it_lacks(checked: CheckResult) -> None:
    cleaned = clean_manifest(checked)
    kept = cleaned.manifest.items.filter(item_id="larger")["label.colour"][0]
    assert kept == checked.evidence.manifest.items.filter(item_id="good-02")["label.colour"][0]


@pytest.mark.parametrize(("choice", "blank"), [("majority", True), ("blank", True), ("keep", False)])
def test_conflicts_are_settled(checked: CheckResult, choice: str, blank: bool) -> None:
    cleaned = clean_manifest(checked, CleanOptions(conflicts=choice))
    assert (cleaned.manifest.items.filter(item_id="good-01")["label.colour"][0] is None) == blank


def test_nothing_is_dropped_unless_asked(checked: CheckResult) -> None:
    cleaned = clean_manifest(checked, CleanOptions(drop=(), conflicts="keep"))
    assert cleaned.manifest.items.equals(checked.evidence.manifest.items) and cleaned.changes.is_empty()


def test_suspects_are_blanked_on_demand(checked: CheckResult) -> None:
    suspects = pl.DataFrame(
        [{"item_id": "good-05", "check": "wrong-label", "field": "colour", "stated": "x", "score": 0.9}],
        schema=checked.findings.schema,
    )
    result = CheckResult(pl.concat([checked.findings, suspects]), checked.evidence)
    cleaned = clean_manifest(result, CleanOptions(suspects="blank"))
    assert cleaned.manifest.items.filter(item_id="good-05")["label.colour"][0] is None


def test_the_cleaned_manifest_is_written_and_read(checked: CheckResult, tmp_path: Path) -> None:
    cleaned = clean_manifest(checked)
    cleaned.manifest.write(tmp_path / "out")
    assert Manifest.read(tmp_path / "out").items.equals(cleaned.manifest.items)
    for suffix in (".csv", ".xlsx", ".parquet", ".jsonl"):
        assert write_table(cleaned.changes, tmp_path / f"t{suffix}").stat().st_size
    assert pl.read_parquet(tmp_path / "t.parquet").equals(cleaned.changes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "t.csv", "t.jsonl", "t.parquet", "t.xlsx"]


def test_wrong_use_is_told(checked: CheckResult, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="exact-copy"):
        CleanOptions(drop=("exact",))
    with pytest.raises(UsageError, match="'conflicts' decides"):
        CleanOptions(drop=("label-conflict",))
    with pytest.raises(UsageError, match="majority, blank or keep"):
        CleanOptions(conflicts="most")
    with pytest.raises(UsageError, match="keep or blank"):
        CleanOptions(suspects="drop")
    everything = checked.findings.clear().vstack(
        pl.DataFrame(
            [{"item_id": item, "check": "blank"} for item in checked.evidence.manifest.items["item_id"]],
            schema=checked.findings.schema,
        )
    )
    with pytest.raises(UsageError, match="nothing would be left"):
        clean_manifest(CheckResult(everything, checked.evidence))
    with pytest.raises(UnknownNameError, match="output format"):
        choose_format(tmp_path / "x.txt")
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(UsageError, match="exists already"):
        choose_format(tmp_path / "x.csv")
    with pytest.raises(UsageError, match="there is no folder"):
        choose_format(tmp_path / "no" / "x.csv")

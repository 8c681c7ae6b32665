"""Judging a part, and the tables and files that come of it."""

from __future__ import annotations

import dataclasses
import json
import math
import re

import polars as pl
import pytest

from modiste.errors import UsageError
from modiste.evaluation import (
    ALL_CLASSES,
    ALL_ROWS,
    UNSEEN_ROWS,
    Protocol,
    Published,
    Report,
    Section,
    Target,
    check_targets,
    judge,
    list_sections,
    predict_items,
    render_table,
    render_targets,
    select_part,
    write_report,
)


@pytest.fixture
def protocol():
    return Protocol(
        name="tiny",
        title="The tiny protocol",
        description="Four rows.",
        split_file="split.csv",
        part="test",
        fields=("kind", "article"),
        targets={"kind": 0.0, "mean": 1.1, "all_right": 0.0},
        classes={"article": ("Totes", "Heels")},
        published=Published("Others", "a paper", {"kind": 0.5, "mean": 0.4}, {"kind": 0.3}),
    )


@pytest.fixture
def told(tiny_bundle, shop):
    return predict_items(tiny_bundle, shop).predictions


def test_a_part_knows_what_is_outside(shop):
    part = select_part(shop, "test")
    assert part.rows.items["item_id"].to_list() == ["item0", "item1", "item2", "item3"]
    assert part.training.items["item_id"].to_list() == ["item4", "item5"]
    # item0 shares its title, item3 its picture, with a row outside.
    assert part.unseen.tolist() == [False, True, True, False]


def test_training_is_the_part_of_that_name(shop):
    parts = pl.Series(["test", "test", None, "validation", "train", "train"])
    split = dataclasses.replace(shop, items=shop.items.with_columns(split=parts))
    part = select_part(split, "test", digests={})
    assert part.training.items["item_id"].to_list() == ["item4", "item5"]
    assert part.unseen.tolist() == [False, True]
    other = select_part(split, "train", digests={})
    assert other.training.items["item_id"].to_list() == ["item0", "item1", "item2", "item3"]


def test_everything_is_a_part(shop):
    part = select_part(shop, None)
    assert len(part.rows) == 6
    assert not len(part.training)


def test_absent_parts_are_refused(shop):
    with pytest.raises(UsageError, match="'exam'; the data has test, train"):
        select_part(shop, "exam")


def test_judging_gives_the_tables(shop, told, protocol):
    plain = judge(select_part(shop, "test"), told, replicates=10)
    assert list(plain) == [ALL_ROWS, UNSEEN_ROWS]
    assert [table.rows for table in plain.values()] == [4, 2]
    assert [result.field for result in plain[ALL_ROWS].results] == ["kind", "article", "colour", "material"]
    restricted = judge(select_part(shop, "test"), told, protocol=protocol, replicates=10)
    assert list(restricted) == [ALL_ROWS, UNSEEN_ROWS, ALL_CLASSES]
    assert list(judge(select_part(shop, None), told, fields=["kind"], replicates=10)) == [ALL_ROWS]


def test_targets_are_checked(shop, told, protocol):
    tables = judge(select_part(shop, "test"), told, protocol=protocol, replicates=10)
    targets = check_targets(protocol, tables[ALL_ROWS])
    assert [target.met for target in targets] == [True, False, True]
    assert targets[1].name == "tiny: mean of the fields"
    unmeasured = check_targets(
        dataclasses.replace(protocol, fields=("colour",), classes={}, targets={"colour": 0.5}), tables[ALL_ROWS]
    )
    assert math.isnan(unmeasured[0].seen)
    assert not unmeasured[0].met


@pytest.mark.parametrize(
    ("wanted", "seen", "at_least", "met"),
    [
        (1, 1, True, True),
        (1, 0.9, True, False),
        (1, 1, False, True),
        (1, 1.1, False, False),
        (1, math.nan, False, False),
    ],
)
def test_a_target_is_a_bound(wanted, seen, at_least, met):
    target = Target("x", wanted, seen, at_least=at_least, unit="s")
    assert target.met is met
    assert target.to_json()["met"] is met
    assert ("**missed**" in render_targets([target])) is not met


def test_reports_are_written_whole(tmp_path, shop, told, protocol):
    tables = judge(select_part(shop, "test"), told, protocol=protocol, replicates=10)
    targets = check_targets(protocol, tables[ALL_ROWS])
    report = Report("Tiny", {"data": "six | rows"}, list_sections(tables, protocol), targets)
    markdown, data = write_report(report, tmp_path / "results", "tiny")
    text, plain = markdown.read_text(), json.loads(data.read_text())
    assert not report.passed
    assert not plain["passed"]
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["tiny.json", "tiny.md"]
    assert "six \\| rows" in text
    assert "**missed**" in text
    assert "Published: Others (a paper)." in text
    assert plain["sections"][ALL_ROWS]["fields"]["kind"]["rows"] == 4
    for line in re.findall(r"^\|.*$", text, flags=re.MULTILINE):
        assert line.endswith("|")


def test_what_is_no_json_is_not_written(tmp_path):
    report = Report("Tiny", {}, [Section("x", "y", float("nan"))])
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(report, tmp_path, "tiny")
    assert not list(tmp_path.iterdir())


def test_tables_are_aligned():
    table = render_table(("a", "b"), [("long cell", 1), ("|", 22)])
    assert len({len(line) for line in table.splitlines()}) == 1
    assert "\\|" in table

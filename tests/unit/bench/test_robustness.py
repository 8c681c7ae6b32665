"""A hundred mutated files through the command, and the judge that compares rows with files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modiste.bench import Setting, robustness
from modiste.bench.mutations import Mutation
from modiste.bench.processes import Finished
from modiste.bench.robustness import Case, compare_rows, measure_robustness

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")

CASES = {
    (Path("a.jpg"), ""): Case("in folders", Mutation(Path("a.jpg"), "sound", 1, "result")),
    (Path("b.zip"), ""): Case("by name", Mutation(Path("b.zip"), "archive", 2, "result")),
    (Path("all.zip"), "c.jpg"): Case("in a zip", Mutation(Path("c.jpg"), "empty", 1, "error")),
    (Path("all.zip"), "d.jpg"): Case("in a zip", Mutation(Path("d.jpg"), "bits flipped", 1, "either")),
}
RESULTS = ["a.jpg", "b.zip::1.jpg", "b.zip::2.jpg", "all.zip::d.jpg"]
ERRORS = ["all.zip::c.jpg"]


def test_a_hundred_mutated_files_give_their_rows(tiny_setting: Setting) -> None:
    report = measure_robustness(tiny_setting, count=100, suffixes=[".parquet"], time_limit=120)
    assert report.passed, report.to_markdown()
    kinds = report.sections[1].data
    assert sum(kind["files"] for kind in kinds.values()) == 100
    assert len(kinds) == 17
    assert report.sections[0].data[".parquet"]["code"] == 1


def test_rows_that_fit_are_good() -> None:
    assert compare_rows(CASES, RESULTS, ERRORS).is_good
    assert compare_rows(CASES, RESULTS[:-1], [*ERRORS, RESULTS[-1]]).is_good


@pytest.mark.parametrize(
    ("results", "errors", "finding"),
    [
        (RESULTS[1:], ERRORS, "rows lost or doubled: sound, in folders: 'a.jpg'"),
        (RESULTS[:2] + RESULTS[3:], ERRORS, "rows lost or doubled: archive, by name: 'b.zip'"),
        ([*RESULTS, "a.jpg"], ERRORS, "more than one row: 'a.jpg'"),
        (RESULTS, [*ERRORS, "a.jpg"], "rows lost or doubled: sound, in folders: 'a.jpg'"),
        (RESULTS[1:], [*ERRORS, "a.jpg"], "wrong kind: sound, in folders: 'a.jpg'"),
        ([*RESULTS, *ERRORS], [], "wrong kind: empty, in a zip: 'c.jpg'"),
        ([*RESULTS, "e.jpg"], ERRORS, "a row of no picture: 'e.jpg'"),
        ([*RESULTS, "all.zip::e.jpg"], ERRORS, "a row of no picture: 'all.zip::e.jpg'"),
    ],
)
def test_rows_that_do_not_fit_are_found(results: list[str], errors: list[str], finding: str) -> None:
    verdict = compare_rows(CASES, results, errors)
    assert not verdict.is_good
    assert finding in verdict.list_findings()


@pytest.mark.parametrize(
    ("finished", "missed"),
    [
        (Finished(-9, 1.0, "", 1, stopped=True), ["runs that hang", "runs that crash"]),
        (Finished(0, 1.0, "", 1, stopped=False), ["runs that crash"]),
        (Finished(1, 1.0, "Traceback (most recent call last)", 1, stopped=False), ["runs that crash"]),
        (Finished(1, 1.0, "", 1, stopped=False), []),
    ],
)
def test_hangs_and_crashes_are_told(
    tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch, finished: Finished, missed: list[str]
) -> None:
    monkeypatch.setattr(robustness, "run_modiste", lambda words, *, folder, time_limit: finished)
    report = measure_robustness(tiny_setting, count=8, suffixes=[".csv"])
    found = [target.name for target in report.targets if not target.met]
    assert found[-1] == "files without exactly one row a picture"
    assert [name.partition(":")[0] for name in found[:-1]] == missed
    assert not report.passed


def test_a_member_that_escapes_is_seen(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    def escape(words: list[str], *, folder: Path, time_limit: float) -> Finished:
        (folder / "escaped.jpg").write_bytes(b"")
        return Finished(1, 1.0, "", 1, stopped=False)

    monkeypatch.setattr(robustness, "run_modiste", escape)
    report = measure_robustness(tiny_setting, count=8, suffixes=[".csv"])
    assert {target.name: target.seen for target in report.targets}["files written elsewhere"] == 1

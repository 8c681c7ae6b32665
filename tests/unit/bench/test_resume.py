"""Jobs that are really killed, and the judge of what they give."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modiste.bench import Setting, resume
from modiste.bench.material import Material, pack_pictures
from modiste.bench.processes import Finished
from modiste.bench.resume import measure_resume
from modiste.errors import UsageError

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")


def test_killed_jobs_give_the_bytes_of_a_clean_run(tiny_setting: Setting, tmp_path: Path) -> None:
    material = pack_pictures(tiny_setting, tmp_path / "pictures.zip", 300, damaged_every=50)
    report = measure_resume(tiny_setting, material, kills=3, suffixes=[".csv"])
    assert report.passed, report.to_markdown()
    assert report.sections[0].data[".csv"]["kills"] == 3
    assert report.sections[0].data[".csv"]["jobs"] >= 2


class FakeJob:
    """A command that works for one second and, where it goes on after a kill, does so as it is told."""

    def __init__(self, resumed_rows: str = "image\na\nb\n", *, clean_rows: str = "image\na\nb\n") -> None:
        self.resumed_rows = resumed_rows
        self.clean_rows = clean_rows

    def __call__(self, words: list[str], *, folder: Path, time_limit: float) -> Finished:
        begun = folder / "begun"
        if time_limit < 1:
            begun.touch()
            return Finished(-9, time_limit, "", 1, stopped=True)
        (folder / "tags.csv").write_text(self.resumed_rows if begun.exists() else self.clean_rows)
        (folder / "tags.errors.csv").write_text("image,reason\nc,broken\n")
        begun.unlink(missing_ok=True)
        return Finished(1, 1.0, "done", 1, stopped=False)


def measure(setting: Setting, monkeypatch: pytest.MonkeyPatch, job: object) -> dict[str, float]:
    monkeypatch.setattr(resume, "run_modiste", job)
    material = Material(Path("pictures.zip"), 3, "three", "small")
    report = measure_resume(setting, material, kills=6, suffixes=[".csv"])
    return {target.name: target.seen for target in report.targets}


def test_equal_outputs_pass(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(measure(tiny_setting, monkeypatch, FakeJob()).values()) == [6, 0, 0]


@pytest.mark.parametrize("rows", ["image\na\n", "image\na\nb\nb\n", "image\nb\na\n"])
def test_other_bytes_after_a_kill_are_seen(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    assert list(measure(tiny_setting, monkeypatch, FakeJob(rows)).values()) == [6, 3, 0]


@pytest.mark.parametrize(("rows", "unequal"), [("image\na\n", 1), ("image\na\nb\nb\n", 1), ("image\na\nc\n", 2)])
def test_rows_that_the_clean_run_loses_or_doubles_are_seen(
    tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch, rows: str, unequal: int
) -> None:
    seen = measure(tiny_setting, monkeypatch, FakeJob(rows, clean_rows=rows))
    assert list(seen.values()) == [6, 0, unequal]


def test_something_left_behind_is_seen(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    class Litter(FakeJob):
        def __call__(self, words: list[str], *, folder: Path, time_limit: float) -> Finished:
            if folder.name == "killed":
                (folder / ".tags.csv.modiste").mkdir(exist_ok=True)
                (folder / ".tags.csv.modiste" / "plan.json").touch()
            return super().__call__(words, folder=folder, time_limit=time_limit)

    assert measure(tiny_setting, monkeypatch, Litter())["outputs that differ from the clean run"] == 3


@pytest.mark.parametrize(("code", "differing"), [(2, 0), (1, 3)])
def test_a_finished_output_is_to_be_refused(
    tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch, code: int, differing: int
) -> None:
    class Late(FakeJob):
        """Always killed after the work is done; the next call must change nothing, and say so."""

        def __call__(self, words: list[str], *, folder: Path, time_limit: float) -> Finished:
            finished = (folder / "tags.csv").exists()
            done = super().__call__(words, folder=folder, time_limit=2)
            if time_limit < 1:
                return Finished(-9, time_limit, "", 1, stopped=True)
            return Finished(code, 0.1, "exists already", 1, stopped=False) if finished else done

    assert list(measure(tiny_setting, monkeypatch, Late()).values()) == [6, differing, 0]


def test_a_job_that_is_done_too_early_is_killed_earlier(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    class Quick(FakeJob):
        def __call__(self, words: list[str], *, folder: Path, time_limit: float) -> Finished:
            return super().__call__(words, folder=folder, time_limit=time_limit if time_limit < 0.3 else 2)

    assert list(measure(tiny_setting, monkeypatch, Quick()).values()) == [6, 0, 0]


def test_a_job_that_hangs_after_a_kill_is_seen(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(FakeJob):
        def __call__(self, words: list[str], *, folder: Path, time_limit: float) -> Finished:
            stuck = (folder / "begun").exists()
            done = super().__call__(words, folder=folder, time_limit=time_limit)
            return Finished(-9, time_limit, "", 1, stopped=True) if stuck else done

    seen = measure(tiny_setting, monkeypatch, Hanging())
    assert seen["outputs that differ from the clean run"] == 3


def test_a_clean_run_that_fails_ends_it(tiny_setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Finished(2, 0.1, "error: no bundle", 1, stopped=False)
    with pytest.raises(UsageError, match="ended with 2:\nerror: no bundle"):
        measure(tiny_setting, monkeypatch, lambda words, *, folder, time_limit: failed)

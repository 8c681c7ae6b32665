from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.batch.workspace import Workspace
from modiste.errors import UsageError

ITEMS = pl.DataFrame({"image": ["a", "b"]})
ERRORS = pl.DataFrame({"image": ["b"], "reason": ["bad"]})


class Stop(BaseException):
    """What a kill looks like from within."""


def begin(output: Path, request: dict[str, Any], *, overwrite: bool = False, finish: bool = False) -> bool:
    """Begin a job and stop it after its first part, or finish it; return whether the pictures were listed anew."""
    listed: list[bool] = []

    def list_items() -> pl.DataFrame:
        listed.append(True)
        return ITEMS

    with suppress(Stop), Workspace(output) as workspace:
        assert workspace.begin(request, list_items, overwrite=overwrite).equals(ITEMS)
        assert workspace.is_done(0) != bool(listed)
        workspace.write_part(0, ITEMS, ERRORS)
        if not finish:
            raise Stop
        final = workspace.folder / "final"
        final.write_text("done")
        workspace.finish(iter([(final, output)]))
    return bool(listed)


def test_the_same_request_goes_on_and_then_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "tags.csv"
    assert begin(output, {"--top-k": 1, "PATHS": ("a",)})
    assert not begin(output, {"--top-k": 1, "PATHS": ("a",)})
    assert not begin(output, {"--top-k": 1, "PATHS": ("a",)}, finish=True)
    assert output.read_text() == "done"
    assert [path.name for path in tmp_path.iterdir()] == ["tags.csv"]


def test_a_changed_request_is_refused_with_what_changed(tmp_path: Path) -> None:
    output = tmp_path / "tags.csv"
    begin(output, {"--top-k": 1, "PATHS": ["a"]})
    with pytest.raises(
        UsageError, match=r"(?s)is unfinished and was begun differently:\n  --top-k: it was 1, now it is 2"
    ) as e:
        begin(output, {"--top-k": 2, "PATHS": ["a"]})
    assert "add --overwrite to begin anew" in str(e.value)
    assert begin(output, {"--top-k": 2, "PATHS": ["a"]}, overwrite=True)


def test_overwriting_goes_on_only_where_it_was_begun_so(tmp_path: Path) -> None:
    output = tmp_path / "tags.csv"
    begin(output, {})
    assert begin(output, {}, overwrite=True)
    assert not begin(output, {}, overwrite=True)
    assert not begin(output, {})


def test_a_finished_output_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "tags.csv"
    begin(output, {}, finish=True)
    with pytest.raises(UsageError, match="exists already; choose another name, or add --overwrite"):
        begin(output, {})
    assert [path.name for path in tmp_path.iterdir()] == ["tags.csv"]
    assert begin(output, {}, overwrite=True, finish=True)
    (tmp_path / "b.errors.csv").write_text("")
    with (
        pytest.raises(UsageError, match=r"b\.errors\.csv exists"),
        Workspace(tmp_path / "b", (tmp_path / "b.errors.csv",)) as w,
    ):
        w.begin({}, lambda: ITEMS, overwrite=False)


def test_a_listing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> pl.DataFrame:
        raise UsageError("no pictures")

    with pytest.raises(UsageError, match="no pictures"), Workspace(tmp_path / "tags.csv") as workspace:
        workspace.begin({}, fail, overwrite=False)
    assert not list(tmp_path.iterdir())


def test_half_written_files_do_not_count(tmp_path: Path) -> None:
    with Workspace(tmp_path / "tags.csv") as workspace:
        workspace.begin({}, lambda: ITEMS, overwrite=False)
        (workspace.folder / "part-00000.parquet.new").write_bytes(b"half")
        (workspace.folder / "part-00000.errors.parquet").write_bytes(b"half")
        assert not workspace.is_done(0)
        workspace.write_part(0, ITEMS, ERRORS)
        assert pl.read_parquet(workspace.find_parts(1)[0]).equals(ITEMS)
        assert pl.read_parquet(workspace.find_parts(1, errors=True)[0]).equals(ERRORS)


def test_a_damaged_plan_is_named(tmp_path: Path) -> None:
    begin(tmp_path / "tags.csv", {})
    (tmp_path / ".tags.csv.modiste" / "plan.json").write_text("{")
    with pytest.raises(UsageError, match=r"plan.json is damaged.*remove"):
        begin(tmp_path / "tags.csv", {})


def test_two_processes_cannot_write_one_output(tmp_path: Path) -> None:
    output = tmp_path / "tags.csv"
    code = (
        "import sys; from pathlib import Path; from modiste.batch.workspace import Workspace\n"
        f"with Workspace(Path({str(output)!r})): pass"
    )
    with Workspace(output):
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "another modiste is writing" in result.stderr
        with pytest.raises(UsageError, match="another modiste is writing"), Workspace(output):
            pass
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from modiste.bench import Setting
from modiste.bench.processes import list_options, run_modiste
from modiste.errors import UsageError

posix = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")


@posix
def test_the_end_of_a_process_is_told(tmp_path: Path) -> None:
    done = run_modiste(["tag", "nothing", "-o", "x.csv"], folder=tmp_path, time_limit=60)
    assert (done.code, done.stopped) == (2, False)
    assert "'nothing'" in done.output or "bundle" in done.output
    assert done.seconds > 0
    assert 5e6 < done.peak_memory < 5e9


@posix
def test_a_process_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    done = run_modiste(["--help"], folder=tmp_path, time_limit=0)
    assert done.code == -signal.SIGKILL
    assert done.stopped


def test_a_system_that_tells_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "wait4", raising=False)
    with pytest.raises(UsageError, match=f"{sys.platform} does not tell"):
        run_modiste(["--help"], folder=tmp_path, time_limit=1)


def test_a_setting_becomes_options(tmp_path: Path) -> None:
    assert list_options(Setting()) == []
    assert list_options(Setting(tmp_path, threads=3)) == ["--bundle", str(tmp_path.resolve()), "--threads", "3"]


@posix
def test_the_memory_of_this_process_is_not_counted(tmp_path: Path) -> None:
    held = np.ones(400_000_000, np.uint8)
    # Long enough to be looked at however busy the machine is: what has ended cannot be asked any more.
    done = run_modiste(["bench", "accept", "--list"], folder=tmp_path, time_limit=60)
    assert held[-1] == 1
    assert done.code == 0
    assert (done.peak_memory < 200e6) == sys.platform.startswith("linux")

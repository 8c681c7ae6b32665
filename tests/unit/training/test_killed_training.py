"""Killed with SIGKILL at any moment and called again, a training gives the same weights to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from modiste.manifest import Manifest
from tests.conftest import REPOSITORY


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_any_moment_it_ends_with_the_same_bits(squares: Manifest, tmp_path: Path) -> None:
    """At random moments, in the middle of writing a checkpoint, and between two stages."""
    squares.write(tmp_path / "squares")
    words = [sys.executable, "-m", "tests.unit.training.killed_training", str(tmp_path)]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    trials = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(trials) == 9
    assert [trial for trial in trials if not trial["same"] or trial["left"]] == []
    accidents = {trial["what"]: trial["kills"] for trial in trials if trial["sure"]}
    assert len(accidents) == 6
    assert all(accidents.values()), accidents
    assert sum(trial["kills"] for trial in trials if not trial["sure"])

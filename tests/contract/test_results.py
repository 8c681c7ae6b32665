"""The committed tables speak of the bundle that ships, and the README's figures are theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from modiste.bundle import Bundle
from tests.conftest import REPOSITORY

RESULTS = sorted((REPOSITORY / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_table_was_measured_on_the_shipped_bundle(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))["facts"]
    assert Bundle.open().fingerprint in facts["bundle"]
    assert facts["command"]


def test_every_acceptance_run_has_its_table() -> None:
    from modiste.bench.accept import RUNS

    assert {path.stem for path in RESULTS} == {entry.name for entry in RUNS}


def test_readme_quotes_the_measured_accuracy() -> None:
    data = json.loads((REPOSITORY / "results" / "accuracy.json").read_text(encoding="utf-8"))
    measured = {target["name"]: target["seen"] for target in data["targets"]}
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| ([^|]+?) \| \*\*(0?\.\d+)\*\* ", readme, flags=re.MULTILINE)
    assert len(quoted) >= 7
    for name, figure in quoted:
        assert any(f"{seen:.4f}".lstrip("0") == figure.lstrip("0") for key, seen in measured.items() if name in key), (
            name
        )

"""The committed tables speak of the bundle that ships, and the README's figures are theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from modiste.bench.accept import RUNS, find_run
from modiste.bundle import Bundle
from tests.conftest import REPOSITORY

RESULTS = sorted((REPOSITORY / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_table_was_measured_on_the_shipped_bundle(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))["facts"]
    assert facts["command"]
    if find_run(path.stem).judges_bundle:
        assert Bundle.open().fingerprint in facts["bundle"]


def test_every_acceptance_run_has_its_table() -> None:
    assert {path.stem for path in RESULTS} == {entry.name for entry in RUNS}


def test_readme_quotes_the_measured_accuracy() -> None:
    data = json.loads((REPOSITORY / "results" / "accuracy.json").read_text(encoding="utf-8"))
    table = data["sections"]["product-tagger-test: all rows"]
    measured = {name: result["accuracy"]["value"] for name, result in table["fields"].items()}
    measured["mean of seven"] = table["whole"]["mean_accuracy"]["value"]
    measured["all seven right"] = table["whole"]["all_right"]["value"]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    quoted = dict(re.findall(r"^\| ([^|]+?) \| \*\*(\.\d{4})\*\* ", readme, flags=re.MULTILINE))
    assert quoted == {name: f"{value:.4f}".lstrip("0") for name, value in measured.items()}


def test_readme_quotes_the_measured_speed() -> None:
    data = json.loads((REPOSITORY / "results" / "speed.json").read_text(encoding="utf-8"))
    share = next(target["seen"] for target in data["targets"] if "onnxruntime alone" in target["name"])
    assert f"| {share:.2f} (" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_page_quotes_what_explanations_are_worth() -> None:
    data = json.loads((REPOSITORY / "results" / "explanations.json").read_text(encoding="utf-8"))
    means = data["sections"]["articleType: the score of the answer"]["padding"]["means"]
    page = (REPOSITORY / "docs" / "page.md").read_text(encoding="utf-8")
    quoted = re.search(
        r"from (\.\d+) to (\.\d+) on average.*?to (\.\d+), and hiding the centre to (\.\d+)", page, re.DOTALL
    )
    expected = [f"{means[kind]:.3f}".lstrip("0") for kind in ("whole", "top of the map", "random", "centre")]
    assert quoted is not None and list(quoted.groups()) == expected


def test_serving_page_quotes_what_hostile_uploads_cost() -> None:
    data = json.loads((REPOSITORY / "results" / "hostile-uploads.json").read_text(encoding="utf-8"))
    seen = {target["name"]: target["seen"] for target in data["targets"]}
    page = (REPOSITORY / "docs" / "serving.md").read_text(encoding="utf-8")
    assert f"\n{seen['uploads']:,.0f} hostile uploads (" in page
    assert f"up to {seen['the most memory that an upload cost']:.0f} MB while they were decoded" in page
    unchanged = ("answers of 5xx but 503", "files outside the server's folders", "answers that differ from before")
    assert [seen[name] for name in unchanged] == [0, 0, 0]

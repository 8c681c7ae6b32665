"""The committed tables speak of the bundle that ships, and the README's figures are theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from modiste.bench.accept import RUNS, find_run
from modiste.bundle import Bundle
from tests.conftest import REPOSITORY

_BY = ("vector", "item", "words")
_SPEED = "docs/speed.md"
RESULTS = sorted((REPOSITORY / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_table_was_measured_on_the_shipped_bundle(path: Path) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))["facts"]
    assert facts["command"]
    if find_run(path.stem).judges_bundle:
        is_older = path.stem in list_named_runs("Of the bundle before:")
        assert (Bundle.open().fingerprint in facts["bundle"]) is not is_older


def list_named_runs(beginning: str) -> set[str]:
    """Return the runs that a line beside the tables names: what is not as it should be is said there."""
    told = (REPOSITORY / "results" / "README.md").read_text(encoding="utf-8")
    lines = [line for line in told.splitlines() if line.startswith(beginning)]
    return {name for line in lines for name in re.findall("`([a-z-]+)`", line)}


def test_every_acceptance_run_has_its_table() -> None:
    """Those that were never run to their end are named as such beside the tables."""
    unmeasured = list_named_runs("No table yet:")
    tables = {path.stem for path in RESULTS}
    assert tables | unmeasured == {entry.name for entry in RUNS}
    assert not tables & unmeasured


def test_readme_quotes_the_measured_accuracy() -> None:
    data = json.loads((REPOSITORY / "results" / "accuracy.json").read_text(encoding="utf-8"))
    table = data["sections"]["product-tagger-test: all rows"]
    measured = {name: result["accuracy"]["value"] for name, result in table["fields"].items()}
    measured["mean of seven"] = table["whole"]["mean_accuracy"]["value"]
    measured["all seven right"] = table["whole"]["all_right"]["value"]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    quoted = dict(re.findall(r"^\| ([^|]+?) \| \*\*(\.\d{4})\*\* ", readme, flags=re.MULTILINE))
    assert quoted == {name: f"{value:.4f}".lstrip("0") for name, value in measured.items()}


def test_readme_quotes_the_measured_protocols() -> None:
    data = json.loads((REPOSITORY / "results" / "protocols.json").read_text(encoding="utf-8"))["sections"]
    rows = [("autocatalog", "mean"), ("autocatalog", "all_right"), ("grouped", "mean"), ("grouped", "all_right")]
    rows += [("condition-cnn", name) for name in ("masterCategory", "subCategory", "articleType")]
    rows += [("year-shift", "articleType")]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"\| (\.\d{4}) \[(\.\d{4})–(\.\d{4})\] \| (\.\d{4}) \|", readme)
    measured = [list_seeds(data, protocol, figure) for protocol, figure in rows]
    # The table's six digits are rounded, too.
    assert [[float(value) for value in row] for row in quoted] == [pytest.approx(row, abs=5.1e-5) for row in measured]
    together = [shorten(data["Seeds"]["autocatalog"][figure]["together"]) for figure in ("mean", "all_right")]
    assert f"answers would reach {together[0]} and {together[1]} on" in readme


def list_seeds(data: dict[str, Any], protocol: str, figure: str) -> list[float]:
    """Return the first network's figure with its interval, and the mean of all networks."""
    seen = data[f"{protocol}: all rows"]
    whole = {"mean": "mean_accuracy", "all_right": "all_right"}
    first = seen["whole"][whole[figure]] if figure in whole else seen["fields"][figure]["accuracy"]
    mean = data["Seeds"][protocol][figure]["mean"]
    return [first["value"], first["low"], first["high"], mean]


def test_readme_quotes_what_was_measured_on_the_condition_cnn_rows() -> None:
    data = json.loads((REPOSITORY / "results" / "accuracy.json").read_text(encoding="utf-8"))["sections"]
    fields = data["condition-cnn: all rows"]["fields"]
    seen = [quote(fields[name]["accuracy"]) for name in ("masterCategory", "subCategory", "articleType")]
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    assert f"4 / 21 / 45 classes) it reaches {' / '.join(seen)} from 60x80 thumbnails" in readme


def quote(figure: dict[str, float]) -> str:
    return shorten(figure["value"])


def shorten(value: float) -> str:
    return f"{value:.4f}".lstrip("0")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "results").iterdir()), ids=lambda path: path.name)
def test_table_names_no_folder_of_one_machine(path: Path) -> None:
    told = path.read_text(encoding="utf-8")
    assert not re.search(r"[` ](--work|--results) |[` =\"](/home|/root|/tmp|/work|/Users)/", told)


def test_readme_quotes_the_measured_catalogue() -> None:
    data = json.loads((REPOSITORY / "results" / "catalogue.json").read_text(encoding="utf-8"))
    seen = {target["name"]: target["seen"] for target in data["targets"]}
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    share = seen["building, share of the rate of 'modiste embed'"]
    assert f"({share:.2f} of `modiste embed`" in readme
    assert f"opened in {seen['opening in a fresh process, to the first answer']:.2f} s" in readme
    assert f"index is {seen['the default index, times faster than exact search']:.0f} times as fast" in readme


def test_docs_quote_the_measured_server() -> None:
    rows = (REPOSITORY / "results" / "serving.md").read_text(encoding="utf-8").splitlines()
    table = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows if row.count("|") == 11]
    measured = {cells[0]: cells[1:] for cells in table}
    quoted = (REPOSITORY / "docs" / "serving.md").read_text(encoding="utf-8")
    for name, written in (("tagging", "tagging pictures of 60x80"), *[(f"search by {by}",) * 2 for by in _BY]):
        clients, rate, _, median, _, most, core, *_ = measured[name]
        times = [f"{float(cell.removesuffix(' ms')):.0f} ms" for cell in (median, most)]
        assert f"| {written} | {clients} | {rate} | {' | '.join(times)} | {core} |" in quoted


def test_readme_quotes_the_measured_speed() -> None:
    data = json.loads((REPOSITORY / "results" / "speed.json").read_text(encoding="utf-8"))
    share = next(target["seen"] for target in data["targets"] if "onnxruntime alone" in target["name"])
    assert f"| {share:.2f} (" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_pages_quote_what_integers_are_worth() -> None:
    data = json.loads((REPOSITORY / "results" / "ingredients.json").read_text(encoding="utf-8"))
    parts = data["sections"]["Part by part"]
    floats = parts["what ships, in floats"]
    share = next(target["seen"] for target in data["targets"] if target["name"].startswith("in integers: time"))
    told = f"{share:.2f}".lstrip("0")
    texts = {name: " ".join((REPOSITORY / name).read_text(encoding="utf-8").split()) for name in ("README.md", _SPEED)}
    assert f"{told} of the time that the same network takes in floats" in texts["README.md"]
    assert f"{told} of the time that the same weights take in floats" in texts[_SPEED]
    ships = parts["with an eye for strangers: what ships"]["bytes"]
    assert f"{ships / 1e6:.1f} MB instead of {floats['bytes'] / 1e6:.1f}" in texts[_SPEED]
    for figure, words in (("mean accuracy", "the mean accuracy"), ("all right", "all seven right")):
        value, low, high = (
            f"{floats['gains'][figure][end]:.4f}".replace("0.", ".") for end in ("value", "low", "high")
        )
        assert f"{value} of {words} [{low}, {high}]" in texts[_SPEED]


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


def test_readme_quotes_the_measured_attributes_and_strangers() -> None:
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    rows = (REPOSITORY / "results" / "attributes.md").read_text(encoding="utf-8").splitlines()
    table = [
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in rows
        if row.startswith("| ") and row.count(" / ") == 6 and "mAP" not in row
    ]
    assert len(table) == 8
    for name, _, _, _, accuracies, *_ in table:
        ours, of_the_kind, _ = (f".{value.strip().partition('.')[2]}" for value in accuracies.split("/"))
        words = {"sleeveLength": "sleeve length"}
        assert re.search(rf"{words.get(name, name)} \**{re.escape(ours)}\** \({re.escape(of_the_kind)}\)", readme), name
    data = json.loads((REPOSITORY / "results" / "strangers.json").read_text(encoding="utf-8"))
    seen = {target["name"]: f"{target['seen']:.3f}".lstrip("0") for target in data["targets"]}
    flagged, held_out = seen["products that are flagged"], seen["kinds that were held out"]
    assert f"marked as strangers: {held_out} of eleven kinds" in readme and f"and {flagged} of the products" in readme


def test_speed_page_quotes_what_the_parts_of_the_bundle_gain() -> None:
    data = json.loads((REPOSITORY / "results" / "ingredients.json").read_text(encoding="utf-8"))
    part = data["sections"]["Part by part"]["with labelled neighbours"]
    value, low, high = (
        f"{part['gains']['mean accuracy'][end]:.4f}".replace("0.", ".") for end in ("value", "low", "high")
    )
    page = " ".join((REPOSITORY / "docs" / "speed.md").read_text(encoding="utf-8").split())
    assert f"gain {value} of the mean accuracy [{low}, {high}] for {100 * (part['time'] - 1):.0f} %" in page


def test_readme_quotes_the_measured_master_category() -> None:
    table = (REPOSITORY / "results" / "master-category.md").read_text(encoding="utf-8")
    found = re.search(r"control accuracy \| 0(\.\d{4}) \[0(\.\d{4}), 0(\.\d{4})\], Student", table)
    assert found is not None
    value, low, high = found.groups()
    assert f"{value} [{low}, {high}] on the control parts" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_shipped_bundle_has_at_most_26_megabytes() -> None:
    assert sum(path.stat().st_size for path in Bundle.open().path.iterdir()) <= 26_000_000

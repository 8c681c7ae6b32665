"""The measures of the paper are those of scikit-learn, and every table holds every system."""

from __future__ import annotations

import json

import numpy as np
import pytest

from modiste.bench.structured_output import tables
from modiste.bench.structured_output.training import KINDS, System, Variant
from modiste.evaluation import Epoch, Part, Predictions
from modiste.manifest import Manifest

ROWS = 120
CATEGORIES, TYPES = ("Bags", "Shoes"), {"Flats": "Shoes", "Heels": "Shoes", "Purses": "Bags"}
SEASONS = ("Fall", "Summer")


@pytest.fixture(scope="module")
def part() -> Part:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(2 * ROWS):
        kind = sorted(TYPES)[int(rng.integers(3))]
        rows.append(
            {
                "item_id": str(at),
                "image": f"{at}.jpg",
                "source": "x",
                "title": f"title {at // 2}",
                "split": "test" if at < ROWS else "train",
                "label.masterCategory": "Footwear" if TYPES[kind] == "Shoes" else "Accessories",
                "label.subCategory": TYPES[kind],
                "label.articleType": kind,
                "label.attributes": [SEASONS[int(rng.integers(2))], *(["Casual"] if rng.random() < 0.7 else [])],
            }
        )
    manifest = Manifest.from_rows(rows, parents={"articleType": "subCategory"})
    unseen = np.arange(ROWS) % 3 > 0
    return Part("test", manifest.of_split("test"), manifest.of_split("train"), unseen)


def make_system(kind: str, part: Part, seed: int) -> System:
    rng = np.random.default_rng(seed)
    taxonomy = part.rows.taxonomy.select(("subCategory", "articleType", "attributes"))
    scores = {field.name: rng.random((ROWS, len(field)), dtype=np.float32) for field in taxonomy}
    limits = {"attributes": dict.fromkeys(taxonomy["attributes"].values, 0.75)}
    told = Predictions.from_scores(taxonomy, part.rows.items["item_id"].to_list(), scores, thresholds=limits)
    return System(Variant(kind), told, 1000, (Epoch("heads", 1, 0.0, 2.0, 1.0, 1.1, 0.5, 1e-3),))


@pytest.fixture(scope="module")
def judged(part: Part) -> list[tables.Judged]:
    systems = [make_system(kind, part, seed) for seed, kind in enumerate(KINDS)]
    return [tables.judge_system(system, part, replicates=20) for system in systems]


def read_rows(text: str) -> dict[str, list[str]]:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {cells[0]: cells[1:] for cells in reversed(lines)}


def test_the_measures_are_those_of_scikit_learn(judged: list[tables.Judged], part: Part) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    first, second = tables.show_measures(judged).text.split("Attributes, answered")
    for entry in judged:
        overall, told = read_rows(first)[entry.name], entry.system.told
        for start, name in ((0, "subCategory"), (3, "articleType")):
            truth = part.rows.labels(name).to_list()
            said = [told.taxonomy[name].values[at] for at in told.chosen[name].argmax(axis=1)]
            expected = metrics.precision_recall_fscore_support(truth, said, average="weighted", zero_division=0)[:3]
            assert overall[start : start + 3] == [f"{figure:.4f}" for figure in expected]
        values = told.taxonomy["attributes"].values
        table = np.array([[value in row for value in values] for row in part.rows.labels("attributes").to_list()])
        scores = told.scores["attributes"]
        expected = metrics.precision_recall_fscore_support(table, scores >= 0.75, average="weighted", zero_division=0)[
            :3
        ]
        ranked = [np.mean(row[np.argsort(-score)[: row.sum()]]) for row, score in zip(table, scores, strict=True)]
        micro, macro = (metrics.average_precision_score(table, scores, average=name) for name in ("micro", "macro"))
        figures = [*expected, *([np.mean(ranked)] * 3), micro, macro]
        assert read_rows(second)[entry.name][:8] == [f"{figure:.4f}" for figure in figures]


def test_the_headline_holds_every_system_and_the_majority(judged: list[tables.Judged], part: Part) -> None:
    section = tables.show_headline(judged)
    rows = read_rows(section.text)
    assert set(KINDS.values()) <= set(rows)
    truth, training = (items.labels("articleType") for items in (part.rows, part.training))
    common = training.mode().sort()[0]
    assert rows["majority"][2] == f"{(truth == common).mean():.4f}"
    hits = judged[0].system.told.chosen["subCategory"].argmax(axis=1)
    said = np.array(judged[0].system.told.taxonomy["subCategory"].values)[hits]
    assert rows["message passing"][1].startswith(f"{(said == np.array(part.rows.labels('subCategory'))).mean():.4f} (")
    assert json.loads(json.dumps(section.data, allow_nan=False)) == section.data


def test_published_figures_stand_beside_apparel_and_footwear_alone(judged: list[tables.Judged], part: Part) -> None:
    rows = read_rows(tables.list_published(judged).text)
    assert rows["flat"][0] == str((part.rows.labels("subCategory") == "Shoes").sum())
    assert (rows["published, structured"][3], rows["published, decoupled"][3]) == (".788", ".839")


def test_the_grouped_table_is_of_unseen_rows(judged: list[tables.Judged], part: Part) -> None:
    assert read_rows(tables.show_unseen(judged).text)["conditional"][0] == str(int(part.unseen.sum()))


def test_each_pair_is_compared_once(judged: list[tables.Judged], part: Part) -> None:
    headings = [section.heading for section in tables.pair_systems(judged, part, replicates=20)]
    assert headings == [
        "message passing against conditional",
        "message passing against flat",
        "conditional against flat",
    ]

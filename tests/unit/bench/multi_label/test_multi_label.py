"""Acceptance of the multi-label system: attributes as labels, thresholds and micro-F1 beside scikit-learn."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from modiste.bench.accept import Setting
from modiste.bench.multi_label import material, measuring, scores
from modiste.manifest import Manifest


@pytest.fixture
def shop() -> Manifest:
    rows = [
        {
            "item_id": str(number),
            "image": f"nowhere/{number}.jpg",
            "source": "x",
            "title": f"product {number // 2}",
            "label.season": "Fall",
            "meta.attribute.Neck": [None, "Round", "V"][number % 3],
            "meta.attribute.Fit": "Slim" if number % 2 else None,
        }
        for number in range(60)
    ]
    return Manifest.from_rows(rows)


def test_attributes_are_counted_and_kept_as_labels(shop: Manifest) -> None:
    assert material.count_labels(shop) == {"Fit: Slim": 30, "Neck: Round": 20, "Neck: V": 20}
    labelled = material.label_products(shop, ["Neck: V", "Fit: Slim"])
    assert labelled.taxonomy.names == (material.FIELD,)
    assert labelled.taxonomy[material.FIELD].values == ("Fit: Slim", "Neck: V")
    kept = dict(zip(labelled.items["item_id"], labelled.labels(material.FIELD), strict=True))
    assert kept["5"].to_list() == ["Fit: Slim", "Neck: V"]
    assert "4" not in kept  # its only label is not asked for
    parts = labelled.items.group_by("title").agg(pl.col("split").n_unique())
    assert parts["split"].max() == 1


def draw(rows: int, labels: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, labels)) < 0.3
    return truth, (0.5 * rng.random((rows, labels)) + 0.4 * truth).astype(np.float32)


def test_micro_f1_and_its_interval_are_scikit_learns() -> None:
    truth, told = draw(80, 6, seed=1)
    answer = told > 0.4
    found = scores.measure_f1(truth, answer, groups=np.arange(80) // 2, replicates=300)
    assert found.value == pytest.approx(f1_score(truth, answer, average="micro"))
    assert found.low < found.value < found.high
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        units = rng.integers(40, size=40)
        rows = np.concatenate([[2 * unit, 2 * unit + 1] for unit in units])
        drawn.append(f1_score(truth[rows], answer[rows], average="micro"))
    # Of other draws, or of a percentile that is corrected, the ends differ a little.
    np.testing.assert_allclose([found.low, found.high], np.quantile(drawn, [0.025, 0.975]), atol=0.01)


def test_differences_are_paired() -> None:
    truth, told = draw(60, 5, seed=2)
    one, two = told > 0.4, told > 0.6
    gain = scores.compare_f1(truth, one, two, groups=np.arange(60), replicates=200)
    expected = f1_score(truth, one, average="micro") - f1_score(truth, two, average="micro")
    assert gain.value == pytest.approx(expected)
    same = scores.compare_f1(truth, one, one, groups=np.arange(60), replicates=200)
    assert (same.low, same.high) == (0, 0)


def test_thresholds_are_the_best_of_the_validation_part() -> None:
    truth, told = draw(90, 4, seed=3)
    limits = scores.find_limits(truth, told)
    assert list(limits) == list(scores.THRESHOLDS)

    def best(true: NDArray[np.bool_], ranked: NDArray[np.float32]) -> float:
        return max(float(f1_score(true.ravel(), (ranked >= limit).ravel())) for limit in np.unique(ranked))

    everything = f1_score(truth, told >= limits["one global"], average="micro")
    assert everything == pytest.approx(best(truth, told))
    for at, limit in enumerate(limits["one a label"]):
        assert f1_score(truth[:, at], told[:, at] >= limit) == pytest.approx(best(truth[:, at], told[:, at]))
    judged = scores.judge_scores("x", (truth, told), told)
    assert judged.find_best() in ("one global", "one a label")
    assert judged.chosen_by["at .5"] == pytest.approx(f1_score(truth, told >= 0.5, average="micro"))
    np.testing.assert_array_equal(judged.answers["at .75"], told >= 0.75)


def test_the_commonest_labels_are_as_many_as_serve_best() -> None:
    train, _ = draw(200, 6, seed=4)
    train[:, 2] = True
    validation = np.zeros((10, 6), np.bool_)
    validation[:, 2] = True
    count, answer = scores.answer_commonest(train, validation, rows=3)
    assert count == 1
    assert answer.tolist() == [[False, False, True, False, False, False]] * 3


def test_the_best_is_chosen_by_the_validation_part_and_gains_over_plain_entropy() -> None:
    truth, told = draw(60, 4, seed=5)
    parts = measuring._Parts({"test": truth}, np.arange(60), ("a", "b", "c", "d"))
    plain = scores.judge_scores(measuring._PLAIN, (truth, told), told)
    other = scores.Judged("other", {"at .5": truth}, {"at .5": 0.0})  # perfect, which the validation part does not say
    best, kind = measuring._find_best([other, plain])
    assert best is plain
    setting = Setting(replicates=50, say=str)
    gain = measuring._gain((other, "at .5"), [plain], parts, setting)
    assert gain.value == pytest.approx(1 - f1_score(truth, told >= 0.5, average="micro"))
    text = measuring._show_gains([other, plain], parts, setting).text
    assert f"**{measuring._PLAIN}, {kind}**" in text


def test_every_row_is_a_recipe_that_can_be_carried_out() -> None:
    pytest.importorskip("torch")
    from modiste.bench.trainings import read_recipe

    recipe = read_recipe("multi-label")
    rows = {name: change(recipe) for name, change in measuring.SYSTEMS.items()}
    assert {row.loss.multi for row in rows.values()} == {"bce", "focal", "asymmetric"}
    frozen = [row for name, row in rows.items() if name.startswith("frozen trunk")]
    assert all(row.stages[0].caches_features and len(row.stages) == 1 for row in frozen)
    assert len({(row.stages[0].height, row.stages[0].epochs) for row in frozen}) == 1
    assert [stage.name for stage in rows["frozen, a part, all: BCE"].stages] == ["frozen", "part", "all"]

"""The figures of a small shop, counted by hand."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest

from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import Predictions, share_interval, wilson_interval
from modiste.evaluation import score_predictions as score_with_many_draws
from modiste.manifest import Manifest

ROWS = [
    # item, title, kind, article, colour, fabric
    ("a", "one", "Shoes", "Heels", "red", ["silk"]),
    ("b", "one", "Shoes", "Flats", "red", ["cotton", "silk"]),
    ("c", "two", "Bags", "Totes", None, []),
    ("d", None, "Shoes", "Heels", "blue", None),
]
TRAINING = [
    ("t", "x", "Shoes", "Flats", "blue", ["silk"]),
    ("u", "y", "Shoes", "Heels", "red", ["silk"]),
    ("v", "z", "Shoes", "Flats", "red", ["cotton"]),
    ("w", "z", "Bags", "Totes", "red", ["silk"]),
]
score_predictions = functools.partial(score_with_many_draws, replicates=20)
NAMES = ("kind", "article", "colour", "fabric")


@pytest.fixture
def manifest():
    rows = [
        {"item_id": item, "image": item, "title": title, "source": "test", "split": split}
        | {f"label.{name}": value for name, value in zip(NAMES, labels, strict=True)}
        for split, part in (("test", ROWS), ("train", TRAINING))
        for item, title, *labels in part
    ]
    return Manifest.from_rows(rows, parents={"article": "kind"})


@pytest.fixture
def told(manifest):
    """Right but for b's article and colour, and nothing said of d."""
    answers = {
        "kind": ["Shoes", "Shoes", "Bags"],
        "article": ["Heels", "Heels", "Totes"],
        "colour": ["red", "blue", "blue"],
        "fabric": [["silk"], ["silk"], ["cotton"]],
    }
    scores = {}
    for name, column in answers.items():
        field = manifest.taxonomy[name]
        scores[name] = np.zeros((3, len(field)), np.float32)
        for row, given in enumerate(column):
            for value in [given] if isinstance(given, str) else given:
                scores[name][row, field.index(value)] = 0.75
    return Predictions.from_scores(manifest.taxonomy, list("abc"), scores)


def test_single_fields(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told, training=manifest.of_split("train"))
    kind, article, colour = figures["kind"], figures["article"], figures["colour"]
    assert (kind.rows, kind.classes, kind.unanswered) == (4, 2, 1)
    assert kind.accuracy == share_interval([1, 1, 1, 0], groups=["one", "one", "two", "d"])
    assert kind.macro_f1.value == pytest.approx((0.8 + 1) / 2)
    assert kind.balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert kind.top_3 == 1  # two classes only
    assert article.accuracy.value == 0.5
    assert (colour.rows, colour.accuracy.value) == (3, pytest.approx(1 / 3))
    # Three answers of 0.75 of which all are right, one of 0 that is wrong.
    assert kind.calibration_error == pytest.approx(0.75 * 0.25)
    assert article.calibration_error == pytest.approx(0.75 * abs(0.75 - 2 / 3))


def test_baselines_come_from_the_training_part(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told, training=manifest.of_split("train"))
    assert figures["kind"].majority == 0.75  # always Shoes
    assert figures["article"].majority == 0.25  # always Flats
    assert figures["article"].majority_given_parent == 0.5  # Flats of Shoes, Totes of Bags
    assert figures["kind"].majority_given_parent is None
    assert figures["colour"].majority == pytest.approx(2 / 3)  # always red
    assert figures.whole.majority_mean == pytest.approx((0.75 + 0.25 + 2 / 3) / 3)
    assert figures.whole.majority_all_right == pytest.approx(1 / 3)  # b alone, of a, b and d
    assert figures["fabric"].majority == pytest.approx(2 * 2 / (3 + 3))  # always silk
    without = score_predictions(manifest.of_split("test"), told)
    assert without["kind"].majority is None
    assert without.whole.majority_mean is None


def test_whole(manifest, told):
    whole = score_predictions(manifest.of_split("test"), told).whole
    assert whole.fields == ("kind", "article", "colour")
    assert (whole.rows, whole.complete_rows) == (4, 3)
    assert whole.mean_accuracy.value == pytest.approx((0.75 + 0.5 + 1 / 3) / 3)
    assert whole.all_right == share_interval([1, 0, 0], groups=["one", "one", "d"])
    assert whole.all_known_right == share_interval([1, 0, 1, 0], groups=["one", "one", "two", "d"])
    alone = score_predictions(manifest.of_split("test"), told, group_by="none").whole
    assert (alone.all_right, alone.all_known_right) == (wilson_interval(1, 3), wilson_interval(2, 4))


def test_multi_fields(manifest, told):
    fabric = score_predictions(manifest.of_split("test"), told)["fabric"]
    assert (fabric.rows, fabric.values) == (3, 2)
    assert (fabric.precision, fabric.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert fabric.micro_f1.value == pytest.approx(2 / 3)
    assert fabric.macro_f1 == pytest.approx((0 + 1) / 2)
    assert fabric.exact == share_interval([1, 0, 0], groups=["one", "one", "two"])
    # a: silk first, right; b: both, right; c has no true value.
    assert fabric.f1_at_k == 1


def test_missing_items_are_counted_and_wrong(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told)
    assert (figures.rows, figures.missing) == (4, 1)
    assert "d" not in told.item_ids


def test_headline_figures(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told)
    assert figures.figure("kind") == figures["kind"].accuracy
    assert figures.figure("mean") == figures.whole.mean_accuracy
    assert figures.figure("all_right") == figures.whole.all_right
    assert figures.figure("price") is None
    with pytest.raises(UnknownNameError, match="'price'"):
        _ = figures["price"]


def test_classes_restrict_the_answers(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told, classes={"article": ["Flats", "Totes"]})
    # The only score of a and b speaks of Heels, so nothing is left to answer.
    assert figures["article"].unanswered == 3
    assert figures["article"].accuracy.value == 0.25


def test_groups_matter(manifest, told):
    rows = manifest.of_split("test")
    figures = {by: score_predictions(rows, told, fields=["kind"], group_by=by) for by in ("title", "product", "none")}
    assert figures["title"].whole.mean_accuracy.method == "grouped bootstrap"
    assert figures["none"].whole.mean_accuracy.method == "bootstrap"
    # Every item is a product of its own here.
    assert figures["product"].whole.mean_accuracy.low == figures["none"].whole.mean_accuracy.low


def test_json_is_json(manifest, told):
    figures = score_predictions(manifest.of_split("test"), told, training=manifest.of_split("train"))
    plain = json.loads(json.dumps(figures.to_json(), allow_nan=False))
    assert plain["fields"]["kind"]["accuracy"]["value"] == 0.75
    assert plain["whole"]["fields"] == ["kind", "article", "colour"]


def test_fields_without_labels_are_named(manifest, told):
    rows = manifest.of_split("test")
    silent = rows.where(rows.items["item_id"].is_in(["c"]))
    assert score_predictions(silent, told, fields=["kind", "colour"]).unlabelled == ("colour",)
    with pytest.raises(UsageError, match="no item has a known label"):
        score_predictions(silent, told, fields=["colour"])

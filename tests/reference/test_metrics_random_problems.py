"""Every metric on 200 random problems, against scikit-learn or loops: among them one class, no positives, ties."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from modiste import evaluation as ours
from modiste.evaluation import retrieval

PROBLEMS = 200


def draw_classes(seed):
    """Return truth, answers, scores and weights; every fifth problem has one class, every third coarse scores."""
    draw = np.random.default_rng(seed)
    rows, classes = int(draw.integers(1, 60)), 1 if seed % 5 == 0 else int(draw.integers(2, 8))
    truth = draw.integers(0, classes, rows)
    answer = np.where(draw.random(rows) < 0.6, truth, draw.integers(0, classes, rows))
    scores = draw.random((rows, classes))
    return truth, answer, np.round(scores, 1) if seed % 3 == 0 else scores


def draw_values(seed):
    """Return a table of true values, answers and scores; every fourth problem has no positive in some column."""
    draw = np.random.default_rng(1000 + seed)
    rows, values = int(draw.integers(1, 40)), 1 if seed % 7 == 0 else int(draw.integers(2, 7))
    truth = draw.random((rows, values)) < draw.random()
    if seed % 4 == 0:
        truth[:, int(draw.integers(values))] = False
    if seed % 20 == 1:
        truth[:] = False
    answer = truth ^ (draw.random(truth.shape) < 0.3)
    scores = np.round(draw.random(truth.shape), 1 if seed % 3 == 0 else 12)
    return truth, answer, scores


def average(truth, answer, labels, kind):
    options = {"labels": labels, "average": kind, "zero_division": 0}
    return reference.precision_recall_fscore_support(truth, answer, **options)[:3]


def told(scores):
    return scores.precision, scores.recall, scores.f1


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_fields_with_one_value(seed):
    truth, answer, scores = draw_classes(seed)
    present = np.unique(truth)
    assert ours.accuracy(truth, answer) == pytest.approx(reference.accuracy_score(truth, answer))
    everything = range(scores.shape[1])
    assert told(ours.average_classes(truth, answer, average="micro")) == pytest.approx(
        average(truth, answer, everything, "micro")
    )
    for kind in ("macro", "weighted"):
        assert told(ours.average_classes(truth, answer, average=kind)) == pytest.approx(
            average(truth, answer, present, kind)
        )
    assert ours.macro_f1(truth, answer) == pytest.approx(average(truth, answer, present, "macro")[2])
    recalls = reference.recall_score(truth, answer, labels=present, average="macro")
    assert ours.balanced_accuracy(truth, answer) == pytest.approx(recalls)
    matrix = reference.confusion_matrix(truth, answer, labels=range(9))
    np.testing.assert_array_equal(ours.confusion_matrix(truth, answer, classes=9), matrix)
    for k in (1, 2, 5):
        loop = [sorted(everything, key=lambda c, row=row: (-row[c], c))[:k] for row in scores]
        expected = np.mean([true in best for true, best in zip(truth, loop, strict=True)])
        assert ours.top_k_accuracy(truth, scores, k=k) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_fields_with_any_number_of_values(seed):
    truth, answer, scores = draw_values(seed)
    present = np.flatnonzero(truth.any(axis=0))
    # scikit-learn takes a table of one column for a problem of two classes.
    wide, given = (np.column_stack([table, np.zeros(len(table), bool)]) for table in (truth, answer))
    assert told(ours.average_values(truth, answer, average="micro")) == pytest.approx(
        average(wide, given, None, "micro")
    )
    assert told(ours.score_values(truth, answer)) == pytest.approx(average(wide, given, None, "micro"))
    for kind in ("macro", "weighted"):
        found = told(ours.average_values(truth, answer, average=kind))
        expected = average(wide, given, present, kind) if len(present) else (math.nan,) * 3
        assert found == pytest.approx(expected, nan_ok=True)
    assert ours.multilabel_macro_f1(truth, answer) == pytest.approx(
        average(wide, given, present, "macro")[2] if len(present) else math.nan, nan_ok=True
    )
    figures = []
    for column in range(truth.shape[1]):
        precision = ours.average_precision(truth[:, column], scores[:, column])
        if column not in present:
            assert math.isnan(precision)
            continue
        figures.append(reference.average_precision_score(truth[:, column], scores[:, column]))
        assert precision == pytest.approx(figures[-1])
    expected = np.mean(figures) if figures else math.nan
    assert ours.mean_average_precision(truth, scores) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_at_k(seed):
    truth, _, scores = draw_values(seed)
    if not truth.any():
        with pytest.raises(ValueError, match="row with a true value"):
            ours.score_at_k(truth, scores)
        return
    for k in (None, 1, truth.shape[1]):
        rows = []
        for wanted, row in zip(truth, scores, strict=True):
            if wanted.any():
                count = int(wanted.sum()) if k is None else k
                best = sorted(range(len(row)), key=lambda c, row=row: (-row[c], c))[:count]
                hits = sum(bool(wanted[c]) for c in best)
                rows.append((hits / count, hits / wanted.sum(), 2 * hits / (count + wanted.sum())))
        assert told(ours.score_at_k(truth, scores, k=k)) == pytest.approx(tuple(np.mean(rows, axis=0)))


def climb(node, parents):
    return {node}.union(*(climb(above, parents) for above in parents[node]))


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_hierarchies(seed):
    """Random hierarchies, trees and others, and rows that may lack an answer."""
    draw = np.random.default_rng(2000 + seed)
    nodes, rows = int(draw.integers(1, 9)), int(draw.integers(1, 30))
    parents = [draw.choice(at, size=min(at, int(draw.integers(0, 3))), replace=False).tolist() for at in range(nodes)]
    truth, answer = draw.integers(0, nodes, rows), draw.integers(-1, nodes, rows)
    both = true = given = 0
    for one, other in zip(truth, answer, strict=True):
        wanted, found = climb(one, parents), climb(other, parents) if other >= 0 else set()
        both, true, given = both + len(wanted & found), true + len(wanted), given + len(found)
    tables = [column[:, None] == np.arange(nodes) for column in (truth, answer)]
    expected = (both / given if given else 0.0, both / true, 2 * both / (true + given))
    assert told(ours.score_hierarchy(*tables, parents=parents)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_curves(seed):
    draw = np.random.default_rng(3000 + seed)
    rows = int(draw.integers(1, 60))
    sure = np.round(draw.random(rows), 1 if seed % 2 else 9)
    right = draw.random(rows) < (sure if seed % 10 else 0)
    curve = ours.risk_coverage_curve(sure, right)
    points = [(right[sure >= cut].mean(), (sure >= cut).mean(), cut) for cut in sorted(set(sure), reverse=True)]
    found = list(zip(curve.accuracy, curve.coverage, curve.thresholds, strict=True))
    np.testing.assert_allclose(found, points)
    for share in (0.1, 0.5, 0.7, 0.95, 1.0):
        enough = next(accuracy for accuracy, coverage, _ in points if coverage >= share - 1e-12)
        assert curve.at(share) == pytest.approx(enough)
    if right.any():
        found_curve = ours.precision_recall_curve(right, sure)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            precision, recall, cuts = reference.precision_recall_curve(right, sure)
        np.testing.assert_allclose(found_curve.precision[::-1], precision[:-1])
        np.testing.assert_allclose(found_curve.recall[::-1], recall[:-1])
        np.testing.assert_allclose(found_curve.thresholds[::-1], cuts)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_reliability(seed):
    draw = np.random.default_rng(4000 + seed)
    rows, bins = int(draw.integers(1, 80)), int(draw.integers(1, 20))
    sure = np.round(draw.random(rows), 1 if seed % 2 else 9)
    right = draw.random(rows) < 0.5
    table, error = [], 0.0
    for at in range(bins):
        inside = [i for i in range(rows) if min(max(math.ceil(sure[i] * bins) - 1, 0), bins - 1) == at]
        if inside:
            table.append((len(inside), np.mean(sure[inside]), np.mean(right[inside])))
            error += len(inside) / rows * abs(table[-1][1] - table[-1][2])
    found = [
        (entry.rows, entry.confidence, entry.accuracy) for entry in ours.list_calibration_bins(sure, right, bins=bins)
    ]
    np.testing.assert_allclose(found, table)
    assert ours.expected_calibration_error(sure, right, bins=bins) == pytest.approx(error)


NAN = [0.0, math.nan]


@pytest.mark.parametrize(
    "call",
    [
        lambda: ours.accuracy(NAN, [0, 1]),
        lambda: ours.accuracy([0, 1], NAN),
        lambda: ours.accuracy([0, 1], [0, 1], weights=NAN),
        lambda: ours.macro_f1([0, 1], NAN),
        lambda: ours.balanced_accuracy(NAN, [0, 1]),
        lambda: ours.score_classes(NAN, [0, 1]),
        lambda: ours.confusion_matrix(NAN, [0, 1]),
        lambda: ours.top_k_accuracy([0, 1], [NAN, NAN], k=1),
        lambda: ours.average_classes(NAN, [0, 1], average="macro"),
        lambda: ours.average_values([NAN], [[0, 1]], average="macro"),
        lambda: ours.score_values([[0, 1]], [NAN]),
        lambda: ours.multilabel_macro_f1([NAN], [[0, 1]]),
        lambda: ours.score_at_k([[1, 1]], [NAN]),
        lambda: ours.average_precision([1, 0], NAN),
        lambda: ours.mean_average_precision([[1, 0]], [NAN]),
        lambda: ours.score_hierarchy([NAN], [[0, 1]]),
        lambda: ours.mean_accuracy([NAN], [[1, 1]]),
        lambda: ours.exact_match([[1, 1]], [NAN]),
        lambda: ours.risk_coverage_curve(NAN, [1, 0]),
        lambda: ours.risk_coverage_curve([0.1, 0.2], NAN),
        lambda: ours.precision_recall_curve([1, 0], NAN),
        lambda: ours.list_calibration_bins(NAN, [1, 0]),
        lambda: ours.expected_calibration_error([0.5, 0.5], NAN),
        lambda: ours.choose_doubt_threshold(NAN, [1, 0], precision=0.9),
        lambda: ours.fit_temperature([NAN], [0]),
        lambda: ours.fit_multi_temperature([NAN], [[1, 0]]),
        lambda: ours.choose_f1_threshold([1, 0], NAN),
        lambda: ours.choose_f1_thresholds([[1, 0]], [NAN], ["a", "b"]),
        lambda: ours.bootstrap_mean(NAN, replicates=2),
        lambda: ours.bootstrap_macro_f1(NAN, [0, 1], replicates=2),
        lambda: ours.paired_difference(NAN, [0, 1], replicates=2),
        lambda: ours.compare_hits(NAN, [0, 1]),
        lambda: ours.answer_majority(NAN, 1),
        lambda: ours.answer_majority_multi([NAN], 1),
        lambda: ours.score_rankings(np.array([NAN]), k=1),
        lambda: retrieval.rank_gallery(np.array([NAN], np.float32), np.eye(2, dtype=np.float32)),
    ],
)
def test_what_is_no_number_is_refused(call):
    with pytest.raises(ValueError, match="finite numbers"):
        call()

"""Metrics of single fields against scikit-learn and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from modiste.evaluation import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    exact_match,
    macro_f1,
    mean_accuracy,
    score_classes,
    top_k_accuracy,
)


@st.composite
def labelled(draw, lowest=0):
    """Truth in [0, classes), answers from ``lowest``, weights of which at least one is above 0."""
    rows, classes = draw(st.integers(1, 40)), draw(st.integers(1, 6))
    truth = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, classes - 1)))
    answer = draw(hnp.arrays(np.int64, rows, elements=st.integers(lowest, classes - 1)))
    weights = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, 4)))
    weights[draw(st.integers(0, rows - 1))] += 1
    return truth, answer, weights


@settings(deadline=None)
@given(labelled())
def test_accuracy_is_sklearns(case):
    truth, answer, weights = case
    assert accuracy(truth, answer) == pytest.approx(reference.accuracy_score(truth, answer))
    expected = reference.accuracy_score(truth, answer, sample_weight=weights)
    assert accuracy(truth, answer, weights=weights) == pytest.approx(expected)


@settings(deadline=None)
@given(labelled())
def test_macro_f1_is_sklearns_over_the_classes_present(case):
    truth, answer, weights = case
    options = {"labels": np.unique(truth), "average": "macro", "zero_division": 0}
    assert macro_f1(truth, answer) == pytest.approx(reference.f1_score(truth, answer, **options))
    drawn = weights > 0
    options["labels"] = np.unique(truth[drawn])
    expected = reference.f1_score(truth[drawn], answer[drawn], sample_weight=weights[drawn], **options)
    assert macro_f1(truth, answer, weights=weights) == pytest.approx(expected)


@settings(deadline=None)
@given(labelled(lowest=-1))
def test_weights_are_repetitions(case):
    truth, answer, weights = case
    repeated, said = np.repeat(truth, weights), np.repeat(answer, weights)
    for metric in (accuracy, macro_f1, balanced_accuracy):
        assert metric(truth, answer, weights=weights) == pytest.approx(metric(repeated, said))


@settings(deadline=None)
@given(labelled())
def test_class_scores_are_sklearns(case):
    truth, answer, _ = case
    scores = score_classes(truth, answer, classes=6)
    options = {"labels": range(6), "zero_division": 0}
    expected = reference.precision_recall_fscore_support(truth, answer, **options)
    for ours, theirs in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    weighted = reference.precision_recall_fscore_support(truth, answer, average="weighted", **options)
    assert scores.weighted() == pytest.approx(weighted[:3])


@settings(deadline=None)
@given(labelled())
def test_balanced_accuracy_is_mean_recall(case):
    truth, answer, _ = case
    expected = reference.recall_score(truth, answer, labels=np.unique(truth), average="macro")
    assert balanced_accuracy(truth, answer) == pytest.approx(expected)


@settings(deadline=None)
@given(labelled())
def test_confusion_matrix_is_sklearns(case):
    truth, answer, _ = case
    expected = reference.confusion_matrix(truth, answer, labels=range(6))
    np.testing.assert_array_equal(confusion_matrix(truth, answer, classes=6), expected)


def test_rows_without_answer_are_wrong_and_in_no_cell():
    truth, answer = [0, 0, 1], [0, -1, -1]
    assert accuracy(truth, answer) == pytest.approx(1 / 3)
    assert macro_f1(truth, answer) == pytest.approx((2 / 3 + 0) / 2)
    assert confusion_matrix(truth, answer).tolist() == [[1, 0], [0, 0]]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(2, 6), st.integers(1, 7), st.integers(0, 2**32 - 1), st.booleans())
def test_top_k_is_counting(rows, classes, k, seed, ties):
    random = np.random.default_rng(seed)
    truth = random.integers(classes, size=rows)
    scores = random.integers(3, size=(rows, classes)) if ties else random.random((rows, classes))
    hits = [
        label in sorted(range(classes), key=lambda c: (-row[c], c))[:k]
        for label, row in zip(truth, scores, strict=True)
    ]
    assert top_k_accuracy(truth, scores, k=k) == pytest.approx(np.mean(hits))
    if not ties and classes > 2 and k < classes:
        expected = reference.top_k_accuracy_score(truth, scores, k=k, labels=range(classes))
        assert top_k_accuracy(truth, scores, k=k) == pytest.approx(expected)


@settings(deadline=None)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 5))), st.integers(0, 2**32 - 1))
def test_several_fields_are_counted_row_by_row(hits, seed):
    random = np.random.default_rng(seed)
    known = random.random(hits.shape) < 0.7
    columns = [column[told].mean() for column, told in zip(hits.T, known.T, strict=True) if told.any()]
    ours = mean_accuracy(hits, known)
    assert ours == pytest.approx(np.mean(columns)) if columns else np.isnan(ours)
    complete = [all(row) for row, told in zip(hits, known, strict=True) if all(told)]
    ours = exact_match(hits, known)
    assert ours == pytest.approx(np.mean(complete)) if complete else np.isnan(ours)
    partial = [all(row[told]) for row, told in zip(hits, known, strict=True) if any(told)]
    ours = exact_match(hits, known, rows="any")
    assert ours == pytest.approx(np.mean(partial)) if partial else np.isnan(ours)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: accuracy([], []), "at least 1"),
        (lambda: accuracy([0, 1], [0]), "one length"),
        (lambda: accuracy([-1], [0]), "unknown labels"),
        (lambda: accuracy([0], [0], weights=[-1]), "weights"),
        (lambda: accuracy([0], [0], weights=[0]), "weights"),
        (lambda: confusion_matrix([2], [0], classes=2), "only 2 classes"),
        (lambda: top_k_accuracy([0], [[0.5, 0.5]], k=0), "k of at least 1"),
        (lambda: top_k_accuracy([2], [[0.5, 0.5]], k=1), "scores"),
        (lambda: mean_accuracy([[True]], [[True, False]]), "fields"),
        (lambda: exact_match([True], [True]), "fields"),
    ],
)
def test_guards_fire(call, text):
    with pytest.raises(ValueError, match=text):
        call()

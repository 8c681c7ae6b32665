"""From truth and answers to figures: one result a field, and what all fields give together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.evaluation.answers import (
    MultiAnswers,
    SingleAnswers,
    align_answers,
    encode_multi_labels,
    encode_single_labels,
)
from modiste.evaluation.averages import AVERAGES, average_classes, average_values, score_hierarchy
from modiste.evaluation.baselines import answer_majority, answer_majority_given_parent, answer_majority_multi
from modiste.evaluation.bootstrap import bootstrap_macro_f1, bootstrap_micro_f1, bootstrap_sums
from modiste.evaluation.calibration import expected_calibration_error
from modiste.evaluation.coverage import risk_coverage_curve
from modiste.evaluation.intervals import Interval, share_interval
from modiste.evaluation.metrics import (
    accuracy,
    balanced_accuracy,
    exact_match,
    mean_accuracy,
    score_classes,
    top_k_accuracy,
)
from modiste.evaluation.multilabel import (
    MultiScores,
    mean_average_precision,
    multilabel_macro_f1,
    score_at_k,
    score_values,
)
from modiste.evaluation.predictions import Predictions
from modiste.evaluation.results import Evaluation, MultiResult, SingleResult, WholeResult
from modiste.manifest import Manifest
from modiste.splits import group_rows

__all__ = ["Grouping", "find_groups", "score_predictions"]

Grouping = Literal["title", "product", "none"]
Answers = SingleAnswers | MultiAnswers
_COVERAGES = (0.95, 0.9, 0.8, 0.5)


@dataclass(frozen=True)
class _Draws:
    """How intervals are drawn: the groups of the rows, the number of replicates, the seed."""

    groups: NDArray[np.int64] | None
    replicates: int
    seed: int

    def of_rows(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        groups = None if self.groups is None else self.groups[rows]
        return {"groups": groups, "replicates": self.replicates, "seed": self.seed}

    def bound_share(self, hits: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Interval:
        """Return the share of ``rows`` that are right, by their ``hits``, with Wilson's interval."""
        return share_interval(hits, groups=None if self.groups is None else self.groups[rows])


def score_predictions(
    manifest: Manifest,
    predictions: Predictions,
    *,
    training: Manifest | None = None,
    fields: Sequence[str] | None = None,
    classes: Mapping[str, Collection[str]] | None = None,
    group_by: Grouping = "title",
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Judge predictions on the items of a manifest.

    Args:
        manifest: The items to judge on, with their labels; copies (column ``meta.copy_of``) are never judged.
        predictions: What the system said of them.
        training: The part the majority baselines are taken from; without it there are none.
        fields: The fields to judge, by default all that data and predictions share.
        classes: Field -> the values that may be answered (`SingleAnswers.restrict`), for protocols with fewer classes.
        group_by: What bootstrap draws keep together: rows of one title, of one product, or none.
        replicates: Bootstrap draws an interval.
        seed: The draws repeat with it.

    Returns:
        The figures.

    Raises:
        UsageError: Nothing can be judged: no shared item or field, or no label known.
        UnknownNameError: A wanted field or class is not there.

    Example:
        >>> rows = [{"item_id": i, "image": i, "source": "x", "label.hue": h} for i, h in (("a", "red"), ("b", "blue"))]
        >>> shop = Manifest.from_rows(rows)
        >>> scores = {"hue": np.array([[0.1, 0.9], [0.3, 0.7]], dtype=np.float32)}  # columns: blue, red
        >>> told = Predictions.from_scores(shop.taxonomy, ["a", "b"], scores)
        >>> score_predictions(shop, told)["hue"].accuracy.value
        0.5
    """
    manifest = manifest.without_copies()
    answers = align_answers(manifest, predictions, fields=fields)
    answers = [_restrict(entry, classes or {}) for entry in answers]
    draws = _Draws(find_groups(manifest, group_by), replicates, seed)
    labelled = [entry for entry in answers if entry.known.any()]
    if not labelled:
        raise UsageError("no item has a known label of the fields to judge, so there is nothing to judge by")
    majority = [None if training is None else _answer_majority(entry, training) for entry in labelled]
    pairs = list(zip(labelled, majority, strict=True))
    single = [(entry, base) for entry, base in pairs if isinstance(entry, SingleAnswers)]
    multi = [(entry, base) for entry, base in pairs if isinstance(entry, MultiAnswers)]
    told = set(predictions.item_ids)
    return Evaluation(
        rows=len(manifest),
        missing=sum(item not in told for item in manifest.items["item_id"]),
        single=tuple(_score_single(entry, base, labelled, training, draws) for entry, base in single),
        multi=tuple(_score_multi(entry, base, draws) for entry, base in multi),
        whole=_score_whole([entry for entry, _ in single], [base for _, base in single], draws) if single else None,
        unlabelled=tuple(entry.field.name for entry in answers if not entry.known.any()),
    )


def _restrict(entry: Answers, classes: Mapping[str, Collection[str]]) -> Answers:
    if isinstance(entry, SingleAnswers) and entry.field.name in classes:
        return entry.restrict(classes[entry.field.name])
    return entry


def find_groups(manifest: Manifest, group_by: Grouping) -> NDArray[np.int64] | None:
    """Return the group of each row that bootstrap draws keep together, int64 [n]; None where every row stands alone."""
    if group_by == "none":
        return None
    return group_rows(manifest.items["title" if group_by == "title" else "product_id"].to_list())


def _answer_majority(entry: Answers, training: Manifest) -> Answers:
    """Return the same rows with the answers of the majority system."""
    labels = training.labels(entry.field.name)
    if isinstance(entry, MultiAnswers):
        known, table = encode_multi_labels(labels, entry.field)
        answers = answer_majority_multi(table[known], len(entry.known))
        return MultiAnswers(entry.field, entry.known, entry.truth, answers, entry.scores)
    answer = answer_majority(encode_single_labels(labels, entry.field), len(entry.truth))
    return SingleAnswers(entry.field, entry.truth, answer, entry.scores)


def _score_parent(entry: SingleAnswers, answers: Sequence[Answers], training: Manifest | None) -> float | None:
    """Return the accuracy of the majority system that is told the true class of the parent field."""
    parent = next((other for other in answers if other.field.name == entry.field.parent), None)
    if training is None or not isinstance(parent, SingleAnswers):
        return None
    child_labels = encode_single_labels(training.labels(entry.field.name), entry.field)
    parent_labels = encode_single_labels(training.labels(parent.field.name), parent.field)
    answer = answer_majority_given_parent(child_labels, parent_labels, parent.truth)
    return accuracy(entry.truth[entry.known], answer[entry.known])


def _score_single(
    entry: SingleAnswers,
    base: Answers | None,
    answers: Sequence[Answers],
    training: Manifest | None,
    draws: _Draws,
) -> SingleResult:
    rows = entry.known
    told = entry.of_rows(rows)
    confidence = np.clip(told.confidence, 0, 1)
    curve = risk_coverage_curve(confidence, told.hits)
    return SingleResult(
        field=entry.field.name,
        rows=len(told.truth),
        classes=len(np.unique(told.truth)),
        unanswered=int((told.answer < 0).sum()),
        accuracy=draws.bound_share(told.hits, rows),
        macro_f1=bootstrap_macro_f1(told.truth, told.answer, **draws.of_rows(rows)),
        weighted_f1=score_classes(told.truth, told.answer).weighted()[2],
        balanced_accuracy=balanced_accuracy(told.truth, told.answer),
        top_3=top_k_accuracy(told.truth, told.scores, k=3),
        calibration_error=expected_calibration_error(confidence, told.hits),
        majority=None if base is None else float(base.hits[rows].mean()),
        majority_given_parent=_score_parent(entry, answers, training),
        top_5=top_k_accuracy(told.truth, told.scores, k=5),
        averages={name: average_classes(told.truth, told.answer, average=name) for name in AVERAGES},
        hierarchical=_score_lineage(entry, answers),
        covered={share: curve.at(share) for share in _COVERAGES},
    )


def _score_lineage(entry: SingleAnswers, answers: Sequence[Answers]) -> MultiScores | None:
    """Score a field together with its parents: a row's classes of all levels are the nodes it belongs to.

    The levels' own labels and answers are taken, and no parents are derived: shops file one type under two parents.
    """
    lineage = [entry]
    while lineage[-1].field.parent is not None and len(lineage) <= len(answers):
        above = [other for other in answers if other.field.name == lineage[-1].field.parent]
        lineage += [other for other in above if isinstance(other, SingleAnswers)]
        if not above:
            break
    if len(lineage) == 1:
        return None
    truth = [level.truth[entry.known, None] == np.arange(len(level.field)) for level in lineage]
    answer = [level.answer[entry.known, None] == np.arange(len(level.field)) for level in lineage]
    return score_hierarchy(np.concatenate(truth, axis=1), np.concatenate(answer, axis=1))


def _score_multi(entry: MultiAnswers, base: Answers | None, draws: _Draws) -> MultiResult:
    rows = entry.known
    told = entry.of_rows(rows)
    truth, answer = told.truth, told.answer
    micro = score_values(truth, answer)
    return MultiResult(
        field=entry.field.name,
        rows=len(truth),
        values=int(truth.any(axis=0).sum()),
        micro_f1=bootstrap_micro_f1(truth, answer, **draws.of_rows(rows)),
        precision=micro.precision,
        recall=micro.recall,
        macro_f1=multilabel_macro_f1(truth, answer),
        f1_at_k=score_at_k(truth, told.scores).f1 if truth.any() else float("nan"),
        mean_average_precision=mean_average_precision(truth, told.scores),
        exact=draws.bound_share(told.hits, rows),
        majority=None if base is None else score_values(truth, np.asarray(base.answer)[rows]).f1,
        averages={name: average_values(truth, answer, average=name) for name in AVERAGES},
    )


def _score_whole(entries: list[SingleAnswers], bases: list[Answers | None], draws: _Draws) -> WholeResult:
    known = np.stack([entry.known for entry in entries], axis=1)
    hits = np.stack([entry.hits for entry in entries], axis=1)
    asked: NDArray[np.bool_] = np.asarray(known.any(axis=1), dtype=np.bool_)
    complete = np.asarray(known.all(axis=1))
    right = np.asarray((hits | ~known).all(axis=1))
    columns = np.concatenate([(hits & known)[asked], known[asked]], axis=1)
    base_hits = [base.hits for base in bases if base is not None]
    base = np.stack(base_hits, axis=1) if base_hits else None
    return WholeResult(
        fields=tuple(entry.field.name for entry in entries),
        rows=int(asked.sum()),
        complete_rows=int(complete.sum()),
        mean_accuracy=bootstrap_sums(columns, _average_ratios, **draws.of_rows(asked)),
        all_right=draws.bound_share(right[complete], complete) if complete.any() else None,
        all_known_right=draws.bound_share(right[asked], asked),
        majority_mean=None if base is None else mean_accuracy(base, known),
        majority_all_right=None if base is None else exact_match(base, known),
    )


def _average_ratios(sums: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return the mean of the fields' accuracies from hits and known rows, [..., 2 * fields] -> [...]."""
    hits, known = np.split(sums, 2, axis=-1)
    ratios = np.divide(hits, known, out=np.zeros_like(hits), where=known > 0)
    return np.asarray(ratios.sum(axis=-1) / (known > 0).sum(axis=-1))

"""What the report of an evaluation shows of each field: classes, confusions, errors, suspects and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.evaluation import (
    CalibrationBin,
    CoverageCurve,
    Epoch,
    Evaluation,
    MultiAnswers,
    MultiResult,
    PairedField,
    PrecisionRecall,
    Predictions,
    Protocol,
    SingleAnswers,
    SingleResult,
    align_answers,
    average_precision,
    confusion_matrix,
    list_calibration_bins,
    list_verdicts,
    precision_recall_curve,
    risk_coverage_curve,
)
from modiste.explore.judged.label_errors import find_label_errors
from modiste.manifest import Manifest

__all__ = ["ALL_VALUES", "ClassRow", "ConfusedPair", "FieldView", "JudgedReport", "Mistake", "build_views"]

ALL_VALUES = "all values together"
_PAIRS, _SHOWN, _GALLERY = 8, 5, 18
_LONGEST = 80  # letters of a value
_CURVES = 40  # classes of a field whose curve the page can draw, the commonest ones


@dataclass(frozen=True)
class JudgedReport:
    """All that the report of an evaluation is made of.

    Args:
        title: The heading.
        rows: The items that were judged, with their labels; copies are left out.
        predictions: What the system said of them.
        tables: Heading -> figures, as `modiste.evaluation.judge` gives them; the first is the one that counts.
        facts: What the figures are about: system, data, rows, command.
        protocol: The protocol they were judged under.
        doubt: Field -> the confidence below which the system calls an answer doubtful.
        names: What this system and the one it is compared with are called.
        paired: The comparison field by field, each with its verdict in words; empty without another system.
        history: The epochs of the training that made the system, where they are known.
    """

    title: str
    rows: Manifest
    predictions: Predictions
    tables: Mapping[str, Evaluation]
    facts: Mapping[str, str]
    protocol: Protocol | None = None
    doubt: Mapping[str, float] = field(default_factory=dict)
    names: tuple[str, str] = ("", "")
    paired: tuple[tuple[PairedField, str], ...] = ()
    history: tuple[Epoch, ...] = ()

    @property
    def evaluation(self) -> Evaluation:
        """The figures that count."""
        return next(iter(self.tables.values()))


class ClassRow(NamedTuple):
    """One class: how many rows have it and were answered it, its scores, and what it is most often taken for."""

    value: str
    rows: int
    answered: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    taken_for: tuple[str, int] | None


class ConfusedPair(NamedTuple):
    """A class that is taken for another: how often, which share of its rows, and some of them, the surest first."""

    truth: str
    answer: str
    times: int
    share: float
    rows: tuple[int, ...]


class Mistake(NamedTuple):
    """A row (of the manifest) whose label and answer differ, with the confidence of the answer."""

    row: int
    truth: str
    answer: str
    confidence: float


@dataclass(frozen=True)
class FieldView:
    """What the report shows of one field.

    Args:
        result: Its figures.
        values: The classes of the confusion matrix, brothers side by side; empty for a field of many values.
        confusion: int64 [classes, classes]; a row a true class.
        classes: One entry a class that occurs among labels or answers, the commonest first.
        pairs: The most frequent confusions.
        worst: The surest wrong answers.
        suspects: The rows whose label is likely wrong, by confident learning; ``answer`` is what it should be.
        bins: The reliability table.
        coverage: Accuracy against coverage.
        recalls: `ALL_VALUES` and the commonest values -> precision against recall.
    """

    result: SingleResult | MultiResult
    values: tuple[str, ...]
    confusion: NDArray[np.int64]
    classes: tuple[ClassRow, ...]
    pairs: tuple[ConfusedPair, ...]
    worst: tuple[Mistake, ...]
    suspects: tuple[Mistake, ...]
    bins: tuple[CalibrationBin, ...]
    coverage: CoverageCurve
    recalls: Mapping[str, PrecisionRecall]

    @property
    def rows(self) -> set[int]:
        """The rows whose pictures it shows."""
        shown = {row for pair in self.pairs for row in pair.rows}
        return shown | {mistake.row for mistake in (*self.worst, *self.suspects)}


def build_views(report: JudgedReport) -> tuple[FieldView, ...]:
    """Work out what the report shows, field by field, in the order of the figures.

    Args:
        report: What was judged.
    """
    names = [result.field for result in report.evaluation.results]
    answers = align_answers(report.rows, report.predictions, fields=names)
    classes = {} if report.protocol is None else report.protocol.classes
    views = []
    for result, entry in zip(report.evaluation.results, answers, strict=True):
        if isinstance(entry, SingleAnswers) and isinstance(result, SingleResult):
            allowed = classes.get(entry.field.name)
            views.append(_view_single(result, entry if allowed is None else entry.restrict(allowed)))
        elif isinstance(entry, MultiAnswers) and isinstance(result, MultiResult):
            views.append(_view_multi(result, entry, report))
    return tuple(views)


def _view_single(result: SingleResult, entry: SingleAnswers) -> FieldView:
    rows = np.flatnonzero(entry.known)
    told = entry.of_rows(entry.known)
    sure = np.clip(told.confidence.astype(np.float64), 0, 1)
    wide = told.truth[:, None] == np.arange(len(entry.field))
    matrix = confusion_matrix(told.truth, told.answer, classes=len(entry.field))
    order = _order_classes(entry, matrix)
    given = told.answer[:, None] == np.arange(len(entry.field))
    names = _shorten(entry.field.values)
    return FieldView(
        result=result,
        values=tuple(names[at] for at in order),
        confusion=matrix[np.ix_(order, order)],
        classes=_list_classes(names, wide, given, told.scores, matrix),
        pairs=_list_pairs(names, matrix, told, rows, sure),
        worst=_list_worst(names, told, rows, sure),
        suspects=_list_suspects(names, told, rows),
        bins=tuple(list_calibration_bins(sure, told.hits)),
        coverage=risk_coverage_curve(sure, told.hits),
        recalls=_list_recalls(names, wide, told.scores),
    )


def _view_multi(result: MultiResult, entry: MultiAnswers, report: JudgedReport) -> FieldView:
    told = entry.of_rows(entry.known)
    verdicts = list_verdicts(report.rows, report.predictions, fields=[entry.field.name])
    sure = verdicts["confidence"].to_numpy()[entry.known]
    rows = np.flatnonzero(entry.known)
    wrong = [at for at in np.argsort(-sure, kind="stable") if not told.hits[at]][:_GALLERY]
    texts = verdicts.select("truth", "prediction").rows()
    worst = []
    for at in wrong:
        truth, answer = _shorten([text or "–" for text in texts[rows[at]]])
        worst.append(Mistake(int(rows[at]), truth, answer, float(sure[at])))
    return FieldView(
        result=result,
        values=(),
        confusion=np.zeros((0, 0), dtype=np.int64),
        classes=_list_classes(_shorten(entry.field.values), told.truth, told.answer, told.scores, None),
        pairs=(),
        worst=tuple(worst),
        suspects=(),
        bins=tuple(list_calibration_bins(np.clip(told.scores.ravel(), 0, 1), told.truth.ravel())),
        coverage=risk_coverage_curve(sure, told.hits),
        recalls=_list_recalls(_shorten(entry.field.values), told.truth, told.scores) if told.truth.any() else {},
    )


def _shorten(values: Sequence[str]) -> tuple[str, ...]:
    """Cut long values; those that would then be the same are told apart by their number."""
    names = [value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…" for value in values]
    if len(set(names)) < len(names):
        names = [f"{name} {at}" if len(values[at]) > _LONGEST else name for at, name in enumerate(names)]
    return tuple(names)


def _order_classes(entry: SingleAnswers, matrix: NDArray[np.int64]) -> list[int]:
    """Order the classes that occur: those of one parent side by side, the commonest parents and classes first."""
    support, answered = matrix.sum(axis=1), matrix.sum(axis=0)
    support = np.maximum(support, np.bincount(entry.truth[entry.known], minlength=len(support)))
    values = entry.field.values
    parents = [(entry.field.allowed.get(value) or ("",))[0] for value in values]
    sizes = {parent: sum(support[at] for at, name in enumerate(parents) if name == parent) for parent in set(parents)}
    present = np.flatnonzero((support > 0) | (answered > 0)).tolist()
    return sorted(present, key=lambda at: (-sizes[parents[at]], parents[at], -support[at], values[at]))


def _list_classes(
    values: Sequence[str],
    truth: NDArray[np.bool_],
    answer: NDArray[np.bool_],
    scores: NDArray[np.float32],
    matrix: NDArray[np.int64] | None,
) -> tuple[ClassRow, ...]:
    support, answered, hits = truth.sum(axis=0), answer.sum(axis=0), (truth & answer).sum(axis=0)
    rows = []
    for at in np.flatnonzero((support > 0) | (answered > 0)).tolist():
        total, given, right = int(support[at]), int(answered[at]), int(hits[at])
        rows.append(
            ClassRow(
                value=values[at],
                rows=total,
                answered=given,
                precision=right / given if given else float("nan"),
                recall=right / total if total else float("nan"),
                f1=2 * right / (total + given),
                average_precision=average_precision(truth[:, at], scores[:, at]),
                taken_for=None if matrix is None else _find_confusion(values, matrix[at], at),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.rows, row.value)))


def _find_confusion(values: Sequence[str], counts: NDArray[np.int64], own: int) -> tuple[str, int] | None:
    others = counts.copy()
    others[own] = 0
    most = int(others.argmax())
    return (values[most], int(others[most])) if others[most] else None


def _list_pairs(
    values: Sequence[str],
    matrix: NDArray[np.int64],
    told: SingleAnswers,
    rows: NDArray[np.int64],
    sure: NDArray[np.float64],
) -> tuple[ConfusedPair, ...]:
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    order = np.argsort(-errors, axis=None, kind="stable")[:_PAIRS]
    pairs = []
    for flat in order[errors.ravel()[order] > 0]:
        truth, answer = divmod(int(flat), len(values))
        inside = np.flatnonzero((told.truth == truth) & (told.answer == answer))
        shown = inside[np.argsort(-sure[inside], kind="stable")][:_SHOWN]
        count = int(errors[truth, answer])
        share = count / int((told.truth == truth).sum())
        pairs.append(ConfusedPair(values[truth], values[answer], count, share, tuple(rows[shown].tolist())))
    return tuple(pairs)


def _list_worst(
    values: Sequence[str], told: SingleAnswers, rows: NDArray[np.int64], sure: NDArray[np.float64]
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero((told.truth != told.answer) & (told.answer >= 0))
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:_GALLERY]
    return tuple(
        Mistake(int(rows[at]), values[told.truth[at]], values[told.answer[at]], float(sure[at])) for at in chosen
    )


def _list_suspects(values: Sequence[str], told: SingleAnswers, rows: NDArray[np.int64]) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(int(rows[at]), values[told.truth[at]], values[other], float(min(1.0, told.scores[at, other])))
        for at, other in find_label_errors(told)[:_GALLERY]
    )


def _list_recalls(
    values: Sequence[str], truth: NDArray[np.bool_], scores: NDArray[np.float32]
) -> dict[str, PrecisionRecall]:
    """Return the curve of all pairs of row and value, and of the commonest values."""
    support = truth.sum(axis=0)
    common = [at for at in np.argsort(-support, kind="stable")[:_CURVES] if support[at]]
    curves = {ALL_VALUES: precision_recall_curve(truth.ravel(), scores.ravel())}
    return curves | {values[at]: precision_recall_curve(truth[:, at], scores[:, at]) for at in common}

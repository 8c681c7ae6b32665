"""The figures of a system on a set of rows, as immutable records that become JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from modiste.errors import UnknownNameError
from modiste.evaluation.intervals import Interval
from modiste.evaluation.multilabel import MultiScores

__all__ = ["Evaluation", "MultiResult", "SingleResult", "WholeResult"]


@dataclass(frozen=True)
class SingleResult:
    """The figures of a field with one value, over the rows whose label is known.

    Args:
        field: Its name.
        rows: How many rows are judged.
        classes: How many classes occur among their labels.
        unanswered: How many of the rows got no answer; they count as wrong.
        accuracy: With Wilson's interval.
        macro_f1: Over the classes that occur, with a bootstrap interval.
        weighted_f1: F1 averaged by support.
        balanced_accuracy: Mean recall over the classes that occur.
        top_3: Share of rows whose class is among the three highest scores.
        calibration_error: Expected calibration error in 15 bins of equal width.
        majority: Accuracy of always answering the training part's most frequent class; None without such a part.
        majority_given_parent: The same when told the true class of the parent field; None without a parent.
        top_5: Share of rows whose class is among the five highest scores.
        averages: ``"micro"``, ``"macro"`` and ``"weighted"`` -> precision, recall and F1 (`average_classes`).
        hierarchical: Precision, recall and F1 where a row counts with its classes of the parent fields, too
            (`score_hierarchy`); None without a parent.
        covered: Share of the answers that is kept, the surest ones -> their accuracy (`risk_coverage_curve`).
    """

    field: str
    rows: int
    classes: int
    unanswered: int
    accuracy: Interval
    macro_f1: Interval
    weighted_f1: float
    balanced_accuracy: float
    top_3: float
    calibration_error: float
    majority: float | None
    majority_given_parent: float | None
    top_5: float
    averages: Mapping[str, MultiScores]
    hierarchical: MultiScores | None
    covered: Mapping[float, float]


@dataclass(frozen=True)
class MultiResult:
    """The figures of a field with any number of values, over the rows whose labels are known.

    Args:
        field: Its name.
        rows: How many rows are judged.
        values: How many values occur among their labels.
        micro_f1: Over all pairs of row and value, with a bootstrap interval.
        precision: Micro-averaged.
        recall: Micro-averaged.
        macro_f1: Mean over the values that occur.
        f1_at_k: Each row answers as many values as it truly has.
        mean_average_precision: Mean over the values that occur.
        exact: Share of rows whose answer is the same set, with Wilson's interval.
        majority: Micro-F1 of answering the training part's frequent values; None without such a part.
        averages: ``"micro"``, ``"macro"`` and ``"weighted"`` -> precision, recall and F1 (`average_values`).
    """

    field: str
    rows: int
    values: int
    micro_f1: Interval
    precision: float
    recall: float
    macro_f1: float
    f1_at_k: float
    mean_average_precision: float
    exact: Interval
    majority: float | None
    averages: Mapping[str, MultiScores]


@dataclass(frozen=True)
class WholeResult:
    """What the fields with one value give together.

    Args:
        fields: Their names.
        rows: How many rows have a known label.
        complete_rows: How many rows have every label known.
        mean_accuracy: Mean of the fields' accuracies, with a bootstrap interval.
        all_right: Share of the complete rows that are right in every field, with Wilson's interval; None where no
            row is complete.
        all_known_right: Share of the rows that are right in every field whose label is known.
        majority_mean: ``mean_accuracy`` of the majority answers; None without a training part.
        majority_all_right: ``all_right`` of the majority answers.
    """

    fields: tuple[str, ...]
    rows: int
    complete_rows: int
    mean_accuracy: Interval
    all_right: Interval | None
    all_known_right: Interval
    majority_mean: float | None
    majority_all_right: float | None


@dataclass(frozen=True)
class Evaluation:
    """The figures of one system on one set of rows.

    Args:
        rows: How many items were to be judged.
        missing: How many of them the predictions do not speak of; they count as wrong.
        single: One result a field with one value.
        multi: One result a field with any number of values.
        whole: What the single fields give together; None where there is none.
        unlabelled: Fields that no row has a label of; they have no result.
    """

    rows: int
    missing: int
    single: tuple[SingleResult, ...]
    multi: tuple[MultiResult, ...]
    whole: WholeResult | None
    unlabelled: tuple[str, ...]

    def __getitem__(self, field: str) -> SingleResult | MultiResult:
        for result in self.results:
            if result.field == field:
                return result
        raise UnknownNameError("field with a result", field, [result.field for result in self.results])

    @property
    def results(self) -> tuple[SingleResult | MultiResult, ...]:
        """The results of all fields, those with one value first."""
        return (*self.single, *self.multi)

    def figure(self, name: str) -> Interval | None:
        """Return one headline figure: a single field's accuracy, ``"mean"`` or ``"all_right"``; None if there is none.

        Args:
            name: The name of a field, or of a figure over all.
        """
        if name in ("mean", "all_right"):
            if self.whole is None:
                return None
            return self.whole.mean_accuracy if name == "mean" else self.whole.all_right
        return next((result.accuracy for result in self.single if result.field == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return every figure as plain JSON types."""
        return {
            "rows": self.rows,
            "missing": self.missing,
            "fields": {result.field: _plain(result) for result in self.results},
            "whole": None if self.whole is None else _plain(self.whole),
            "unlabelled": list(self.unlabelled),
        }


def _plain(result: SingleResult | MultiResult | WholeResult) -> dict[str, Any]:
    return {name: _simplify(value) for name, value in vars(result).items()}


def _simplify(value: Any) -> Any:
    if isinstance(value, Interval):
        return value.to_json()
    if isinstance(value, MultiScores):
        return {name: _simplify(figure) for name, figure in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(name): _simplify(figure) for name, figure in value.items()}
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return list(value) if isinstance(value, tuple) else value

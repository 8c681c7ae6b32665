"""Figures of the systems on the parts of one division, and over all divisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.master_category.dividing import FIELD, Division
from modiste.evaluation import (
    Interval,
    Part,
    Predictions,
    SingleAnswers,
    SingleResult,
    align_answers,
    corrected_t_interval,
    score_classes,
    score_predictions,
    select_part,
    t_interval,
)
from modiste.taxonomy import Field

__all__ = ["TEST_SHARE", "Measured", "correct_spread", "list_class_scores", "measure_part", "spread"]

TEST_SHARE: Final = 0.125  # of what trains or judges a division: .1 of .7 and .1


@dataclass(frozen=True)
class Measured:
    """The figures of a system on one part of a division.

    Args:
        result: On all rows.
        unseen: On the rows whose title and picture no row outside the part has.
        classes: float64 [4, classes]: precision, recall, F1 and support of each class.
        field: The field with its classes.
    """

    result: SingleResult
    unseen: SingleResult
    classes: NDArray[np.float64]
    field: Field

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON types."""
        return {
            "rows": self.result.rows,
            "accuracy": self.result.accuracy.to_json(),
            "macro_f1": self.result.macro_f1.to_json(),
            "majority": self.result.majority,
            "unseen_rows": self.unseen.rows,
            "unseen_accuracy": self.unseen.accuracy.to_json(),
        }


def measure_part(
    setting: Setting, division: Division, name: str, told: Mapping[str, Predictions], digests: Mapping[str, str]
) -> dict[str, Measured]:
    """Judge every system on a part of a division.

    Args:
        setting: How many bootstrap draws.
        division: The items.
        name: The part.
        told: System -> what it says of the part.
        digests: Picture reference -> digest of its bytes.
    """
    part = select_part(division.opened, name, digests=digests)
    return {system: _measure(setting, part, said) for system, said in told.items()}


def _measure(setting: Setting, part: Part, told: Predictions) -> Measured:
    rows = {"all": part.rows, "unseen": part.rows.where(pl.lit(pl.Series(part.unseen)))}
    results: dict[str, SingleResult] = {
        name: score_predictions(
            items, told, training=part.training, fields=[FIELD], replicates=setting.replicates
        ).single[0]
        for name, items in rows.items()
    }
    return Measured(results["all"], results["unseen"], *list_class_scores(part, told))


def list_class_scores(part: Part, told: Predictions) -> tuple[NDArray[np.float64], Field]:
    """Return precision, recall, F1 and support of each class, float64 [4, classes], and the field."""
    answers = align_answers(part.rows, told, fields=[FIELD])[0]
    if not isinstance(answers, SingleAnswers):
        raise TypeError(f"{FIELD} is a field of one value")
    scores = score_classes(answers.truth[answers.known], answers.answer[answers.known], classes=len(answers.field))
    return np.stack([scores.precision, scores.recall, scores.f1, scores.support]), answers.field


def spread(values: Sequence[float]) -> Interval:
    """Return the mean over divisions with Student's interval, which takes them for independent."""
    return t_interval(values)


def correct_spread(values: Sequence[float]) -> Interval:
    """Return the mean over divisions with the corrected t interval: their training parts overlap."""
    return corrected_t_interval(values, test_share=TEST_SHARE)

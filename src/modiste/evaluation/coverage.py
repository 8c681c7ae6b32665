"""What is gained by setting the doubtful aside: accuracy against the share of the answers that are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.evaluation.finite import read_floats, read_truths

__all__ = ["CoverageCurve", "PrecisionRecall", "precision_recall_curve", "risk_coverage_curve"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoverageCurve:
    """Accuracy by coverage; one point a different confidence, the surest first.

    Args:
        thresholds: float64 [points], descending; answers of at least this confidence are kept.
        coverage: float64 [points] in (0, 1], ascending; the share of the rows that is kept.
        accuracy: float64 [points]; the share of the kept rows that is right. The risk is 1 less this.
    """

    thresholds: Floats
    coverage: Floats
    accuracy: Floats

    def at(self, coverage: float) -> float:
        """Return the accuracy where at least this share of the rows is kept, in [0, 1], higher is better.

        Raises:
            ValueError: The share lies outside (0, 1].

        Example:
            >>> risk_coverage_curve([0.9, 0.8, 0.7, 0.6], [True, True, False, True]).at(0.5)
            1.0
        """
        if not 0 < coverage <= 1:
            raise ValueError(f"a coverage lies between 0 and 1; given {coverage}")
        # A share such as 0.7 of ten rows is 7 rows, whatever the last bit of its quotient says.
        return float(self.accuracy[np.searchsorted(self.coverage, coverage - 1e-12)])

    @property
    def mean_risk(self) -> float:
        """The area under risk against coverage, in steps (AURC): 0 is perfect, lower is better."""
        return float(np.diff(self.coverage, prepend=0) @ (1 - self.accuracy))


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision against recall; one point a different score, the highest first.

    Args:
        thresholds: float64 [points], descending.
        precision: float64 [points].
        recall: float64 [points], ascending, 1 at the end.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats


def risk_coverage_curve(confidence: ArrayLike, correct: ArrayLike) -> CoverageCurve:
    """Return the accuracy of the surest answers, for every share of them; rows of one confidence are kept together.

    Args:
        confidence: float [n]; higher is surer.
        correct: bool [n].

    Raises:
        ValueError: The shapes differ, there is no row, or a confidence is no number.

    Example:
        >>> risk_coverage_curve([0.9, 0.7, 0.7], [True, True, False]).accuracy.round(3).tolist()
        [1.0, 0.667]

    Reference:
        R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11 (2010).
    """
    sure, right = read_floats(confidence, "confidences"), read_truths(correct, "verdicts")
    if sure.ndim != 1 or sure.shape != right.shape or not len(sure):
        raise ValueError(f"expected confidence [n] and correct [n] with rows; given {sure.shape} and {right.shape}")
    thresholds, kept, hits = _accumulate(sure, right)
    return CoverageCurve(thresholds, kept / len(sure), hits / kept)


def precision_recall_curve(truth: ArrayLike, scores: ArrayLike) -> PrecisionRecall:
    """Return precision and recall of one value for every threshold.

    Args:
        truth: bool [n]; the row has the value.
        scores: float [n]; higher is more likely.

    Raises:
        ValueError: The shapes differ, no row has the value, or a score is no number.

    Example:
        >>> precision_recall_curve([True, False, True], [0.9, 0.8, 0.7]).precision.round(3).tolist()
        [1.0, 0.5, 0.667]
    """
    column, ranked = read_truths(truth, "true values"), read_floats(scores, "scores")
    if column.ndim != 1 or column.shape != ranked.shape or not column.any():
        raise ValueError(f"expected truth [n], one of it true, and scores [n]; given {column.shape}, {ranked.shape}")
    thresholds, kept, hits = _accumulate(ranked, column)
    return PrecisionRecall(thresholds, hits / kept, hits / column.sum())


def _accumulate(scores: Floats, right: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return the different scores, descending, how many rows reach each, and how many of these are right."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    kept = np.asarray(last + 1, dtype=np.int64)
    return scores[order][last], kept, np.cumsum(right[order], dtype=np.int64)[last]

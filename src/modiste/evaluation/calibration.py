"""Whether a confidence of 0.8 means four right of five: temperature scaling, calibration error, doubt thresholds.

Everything that is fitted here is fitted on the validation part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.errors import UsageError
from modiste.evaluation.finite import read_floats, read_integers, read_truths

__all__ = [
    "CalibrationBin",
    "DoubtThreshold",
    "choose_doubt_threshold",
    "expected_calibration_error",
    "fit_multi_temperature",
    "fit_temperature",
    "fit_two_temperatures",
    "list_calibration_bins",
]

_COLDEST, _HOTTEST = 0.02, 50.0
_HALVINGS = 60
_ROUNDS = 60
_HALF = 0.5
_SMALLEST = 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose confidence lies in (low, high]; the first bin also holds a confidence of 0."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class DoubtThreshold:
    """A confidence below which an answer is doubtful, and what it does on the rows it was chosen on.

    Args:
        threshold: Answers of at least this confidence are kept.
        coverage: The share of the rows that is kept.
        precision: The share of the kept rows that is right; nan where none is kept.
    """

    threshold: float
    coverage: float
    precision: float


def fit_temperature(logits: ArrayLike, truth: ArrayLike) -> float:
    """Return the temperature T for which softmax(logits / T) gives the truth the highest likelihood.

    The negative log-likelihood is convex in 1/T, so its only minimum is found by bisection of its slope.

    Args:
        logits: float [n, classes].
        truth: int [n]; class indices, rows with -1 (unknown) are left out.

    Returns:
        A temperature between 0.02 and 50; above 1 where the network was too sure of itself.

    Raises:
        ValueError: No row is known, or the shapes do not fit.

    Example:
        >>> round(fit_temperature([[2.0, 0.0]] * 4, [0, 0, 0, 1]), 3)
        1.82

    Reference:
        C. Guo et al., "On calibration of modern neural networks" (ICML 2017), section 4.2.
    """
    table, true = read_floats(logits, "logits"), read_integers(truth, "true classes")
    if table.ndim != 2 or true.shape != (len(table),) or not (true >= 0).any() or true.max() >= table.shape[1]:
        raise ValueError(f"expected logits [n, classes] and a known class; given {table.shape} and {true.shape}")
    table, true = table[true >= 0], true[true >= 0]
    own = table[np.arange(len(true)), true]

    def slope(sharpness: float) -> float:
        """Mean of E[z] - z_true under softmax(sharpness * z): the derivative of the NLL by 1/T."""
        scaled = sharpness * (table - table.max(axis=1, keepdims=True))
        odds = np.exp(scaled)
        return float(np.mean((odds * table).sum(axis=1) / odds.sum(axis=1) - own))

    return _bisect_sharpness(slope)


def fit_multi_temperature(logits: ArrayLike, truth: ArrayLike) -> float:
    """Return the temperature T for which sigmoid(logits / T) gives the truth the highest likelihood.

    Args:
        logits: float [n, values].
        truth: bool [n, values]; only rows whose labels are known.

    Returns:
        A temperature between 0.02 and 50.

    Raises:
        ValueError: There are no rows, or the shapes differ.

    Example:
        >>> round(fit_multi_temperature([[2.0]] * 4, [[True], [True], [True], [False]]), 3)
        1.82
    """
    table, true = read_floats(logits, "logits"), read_truths(truth, "true values")
    if table.ndim != 2 or table.shape != true.shape or not table.size:
        raise ValueError(f"expected two tables [n, values] of one shape; given {table.shape} and {true.shape}")

    def slope(sharpness: float) -> float:
        chance = 0.5 * (1 + np.tanh(0.5 * sharpness * table))
        return float(np.mean((chance - true) * table))

    return _bisect_sharpness(slope)


def fit_two_temperatures(probabilities: ArrayLike, truth: ArrayLike) -> tuple[float, float]:
    """Return the temperatures, above and below one half, that give the truth the highest likelihood.

    Each logarithm of a probability is taken apart at log(1/2): ``softmax(upper / above + lower / below)`` with
    ``upper = max(log p, log 1/2)`` and ``lower = min(log p, log 1/2) - log 1/2``. Which value is likelier than which
    stays as it is (an intra order-preserving function; Rahimi et al. 2020, arXiv 2003.06820). The negative
    log-likelihood is convex in both sharpnesses, 1/above and 1/below.

    Args:
        probabilities: float [n, classes], each in [0, 1].
        truth: int [n]; class indices.

    Returns:
        Two temperatures between 0.02 and 50; both 1 where the probabilities are right as they are.

    Raises:
        ValueError: There are no rows, or the shapes do not fit.

    Example:
        >>> above, below = fit_two_temperatures([[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 10, [0] * 8 + [1] * 2 + [1, 0] * 5)
        >>> above > 1  # of ten answers of .9, eight are right
        True
    """
    table, true = read_floats(probabilities, "probabilities"), read_integers(truth, "true classes")
    if (
        table.ndim != 2
        or true.shape != (len(table),)
        or not len(true)
        or not 0 <= true.min() <= true.max() < table.shape[1]
    ):
        raise ValueError(f"expected probabilities [n, classes] and a class each; given {table.shape} and {true.shape}")
    logs = np.log(np.maximum(table, _SMALLEST))
    half = np.log(_HALF)
    parts = np.stack([np.maximum(logs, half), np.minimum(logs, half) - half], axis=2)  # [n, classes, 2]
    above, below = 1 / _minimise_sharpness(parts, parts[np.arange(len(true)), true])
    return float(above), float(below)


def _minimise_sharpness(parts: Floats, own: Floats) -> Floats:
    """Return the two sharpnesses of the highest likelihood, by Newton's method with halved steps within the bounds.

    Args:
        parts: [n, classes, 2], what each sharpness multiplies.
        own: [n, 2], the parts of the truth.
    """
    sharpness = np.ones(2)
    loss, slope, bend = _measure_sharpness(sharpness, parts, own)
    for _ in range(_ROUNDS):
        at_end = ((sharpness <= 1 / _HOTTEST) & (slope > 0)) | ((sharpness >= 1 / _COLDEST) & (slope < 0))
        free = np.flatnonzero(~at_end)
        step = np.zeros(2)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)] + _SMALLEST * np.eye(len(free)), slope[free])
        for halved in range(_HALVINGS):
            tried = np.clip(sharpness - step / 2**halved, 1 / _HOTTEST, 1 / _COLDEST)
            found = _measure_sharpness(tried, parts, own)
            if found[0] <= loss:
                break
        if not found[0] < loss - _SMALLEST:
            return sharpness
        sharpness, (loss, slope, bend) = tried, found
    return sharpness


def _measure_sharpness(sharpness: Floats, parts: Floats, own: Floats) -> tuple[float, Floats, Floats]:
    """Return the mean negative log-likelihood, its gradient [2] and its second derivatives [2, 2]."""
    scaled = parts @ sharpness
    highest = scaled.max(axis=1, keepdims=True)
    odds = np.exp(scaled - highest)
    total = odds.sum(axis=1, keepdims=True)
    chance = odds / total
    mean = np.einsum("nc,nck->nk", chance, parts)
    second = np.einsum("nc,nck,ncl->kl", chance, parts, parts, optimize=True) - mean.T @ mean
    loss = float(np.mean(highest[:, 0] + np.log(total[:, 0]) - own @ sharpness))
    return loss, (mean - own).mean(axis=0), second / len(own)


def list_calibration_bins(confidence: ArrayLike, correct: ArrayLike, *, bins: int = 15) -> list[CalibrationBin]:
    """Return the reliability table: rows by confidence in bins of equal width, those without rows left out.

    Args:
        confidence: float [n] in [0, 1].
        correct: bool [n].
        bins: How many bins of width 1/bins, at least 1.

    Raises:
        ValueError: The shapes differ, a confidence lies outside [0, 1], or ``bins`` is below 1.

    Example:
        >>> [bin.accuracy for bin in list_calibration_bins([0.9, 0.95, 0.2], [True, False, False], bins=2)]
        [0.0, 0.5]
    """
    sure, right = _check(confidence, correct)
    if bins < 1:
        raise ValueError(f"at least one bin is needed; given {bins}")
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    rows = np.bincount(place, minlength=bins)
    sums = np.bincount(place, weights=sure, minlength=bins)
    hits = np.bincount(place, weights=right, minlength=bins)
    return [
        CalibrationBin(i / bins, (i + 1) / bins, int(rows[i]), float(sums[i] / rows[i]), float(hits[i] / rows[i]))
        for i in np.flatnonzero(rows)
    ]


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, *, bins: int = 15) -> float:
    """Return the mean distance between confidence and accuracy over bins of equal width, in [0, 1], lower is better.

    Args:
        confidence: float [n] in [0, 1].
        correct: bool [n].
        bins: How many bins of width 1/bins, at least 1; figures with other numbers of bins do not compare.

    Raises:
        ValueError: As `list_calibration_bins`.

    Example:
        >>> round(expected_calibration_error([0.9, 0.9, 0.9, 0.9], [True, True, True, False]), 4)
        0.15

    Reference:
        C. Guo et al., "On calibration of modern neural networks" (ICML 2017), equation 3.
    """
    table = list_calibration_bins(confidence, correct, bins=bins)
    rows = sum(entry.rows for entry in table)
    return sum(entry.rows / rows * abs(entry.confidence - entry.accuracy) for entry in table)


def choose_doubt_threshold(
    confidence: ArrayLike, correct: ArrayLike, *, precision: float | None = None, coverage: float | None = None
) -> DoubtThreshold:
    """Return the confidence below which answers should be looked at, chosen on the validation part.

    Args:
        confidence: float [n] in [0, 1].
        correct: bool [n].
        precision: Keep as many answers as possible of which at least this share is right. Where no threshold
            reaches it, the threshold is 1.
        coverage: Or: keep at least this share of the answers, the surest ones.

    Raises:
        UsageError: Both or neither of ``precision`` and ``coverage`` are given, or they lie outside (0, 1].
        ValueError: The shapes differ or a confidence lies outside [0, 1].

    Example:
        >>> choose_doubt_threshold([0.9, 0.8, 0.7, 0.6], [True, True, False, True], precision=0.9)
        DoubtThreshold(threshold=0.8, coverage=0.5, precision=1.0)
        >>> choose_doubt_threshold([0.9, 0.8, 0.7, 0.6], [True, True, False, True], coverage=0.75).threshold
        0.7
    """
    target = precision if coverage is None else coverage
    if target is None or (precision is not None and coverage is not None) or not 0 < target <= 1:
        raise UsageError("a doubt threshold needs either precision= or coverage=, between 0 and 1")
    sure, right = _check(confidence, correct)
    order = np.argsort(-sure, kind="stable")
    cuts = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))
    kept = cuts + 1
    precisions = np.cumsum(right[order])[cuts] / kept
    coverages = kept / len(sure)
    fitting = np.flatnonzero(coverages >= target)[:1] if precision is None else _last_of(precisions >= target)
    if not len(fitting):
        certain = sure >= 1
        return DoubtThreshold(1.0, float(certain.mean()), float(right[certain].mean()) if certain.any() else np.nan)
    pick = int(fitting[0])
    return DoubtThreshold(float(sure[order][cuts[pick]]), float(coverages[pick]), float(precisions[pick]))


def _last_of(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(mask)[-1:]


def _bisect_sharpness(slope: Callable[[float], float]) -> float:
    """Return 1/sharpness where an increasing slope crosses 0, bisecting the logarithm between fixed ends."""
    low, high = np.log(1 / _HOTTEST), np.log(1 / _COLDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if slope(float(np.exp(middle))) < 0:
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def _check(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    sure, right = read_floats(confidence, "confidences"), read_truths(correct, "verdicts")
    if sure.ndim != 1 or sure.shape != right.shape or not len(sure):
        raise ValueError(f"expected confidence [n] and correct [n] with rows; given {sure.shape} and {right.shape}")
    if not (sure.min() >= 0 and sure.max() <= 1 + 1e-6):
        raise ValueError(f"a confidence lies in [0, 1]; given {sure.min()} to {sure.max()}")
    return np.minimum(sure, 1.0), right

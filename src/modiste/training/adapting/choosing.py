"""How strongly a head is held back: the weight decay with which parts of the data answer each other best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.evaluation import fit_multi_temperature, fit_temperature
from modiste.runtime import count_cores
from modiste.taxonomy import FieldKind
from modiste.training.adapting.heads import LinearHead, fit_head, fold_scaling, measure_scaling, weigh_rows
from modiste.training.adapting.settings import ClassWeights

__all__ = ["DECAYS", "ChosenHead", "choose_head", "choose_head_by", "refit_head", "score_loss"]

DECAYS: Final = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01)  # from the simplest head on: each starts from the last


@dataclass(frozen=True)
class ChosenHead:
    """A head, and what the folds said of every row while they were not learnt from.

    Args:
        head: Of features as they are, fitted to all rows.
        decay: The weight decay.
        logits: float32 [n, values]; each row's by the head of the other folds, or of the items that judge.
        losses: Decay -> loss of the rows that were not learnt from.
    """

    head: LinearHead
    decay: float
    logits: NDArray[np.float32]
    losses: dict[float, float]


def choose_head(
    features: NDArray[np.float32],
    targets: NDArray[np.uint8],
    folds: NDArray[np.int64],
    kind: FieldKind,
    *,
    weights: ClassWeights = "none",
    threads: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> ChosenHead:
    """Choose the weight decay of a head by cross-validation, and fit it to all rows.

    Args:
        features: float32 [n, features].
        targets: uint8 [n, values], every row known.
        folds: int64 [n]; rows of one product are in one fold, or it would be learnt by heart.
        kind: Of the field.
        weights: Weights of a single field's values.
        threads: Folds that are answered at once; by default as many as there are cores.
        advance: Told of each fit that is done; there are `DECAYS` times folds and one more.
    """
    told = np.zeros((len(DECAYS), *targets.shape), np.float32)
    tell = advance or _ignore

    def answer(fold: np.int64) -> None:
        rows = folds != fold
        for place, head in enumerate(_fit_path(features[rows], targets[rows], kind, weights)):
            told[place, ~rows] = head.apply(features[~rows])
            tell(1)

    with _one_thread_each(), ThreadPoolExecutor(threads or count_cores()) as pool:
        list(pool.map(answer, np.unique(folds)))
        losses = {decay: score_loss(logits, targets, kind) for decay, logits in zip(DECAYS, told, strict=True)}
        best = min(losses, key=lambda decay: losses[decay])
    head = refit_head(features, targets, kind, decay=best, weights=weights)
    tell(1)
    return ChosenHead(head, best, told[DECAYS.index(best)], losses)


def refit_head(
    features: NDArray[np.float32],
    targets: NDArray[np.uint8],
    kind: FieldKind,
    *,
    decay: float,
    weights: ClassWeights = "none",
) -> LinearHead:
    """Fit a head with a weight decay that was chosen.

    Args:
        features: float32 [n, features].
        targets: uint8 [n, values], every row known.
        kind: Of the field.
        decay: The weight decay.
        weights: Weights of a single field's values.
    """
    with _one_thread_each():
        return next(_fit_path(features, targets, kind, weights, decays=(decay,)))


def choose_head_by(
    features: NDArray[np.float32],
    targets: NDArray[np.uint8],
    judges: tuple[NDArray[np.float32], NDArray[np.uint8]],
    kind: FieldKind,
    *,
    weights: ClassWeights = "none",
) -> ChosenHead:
    """Choose the weight decay of a head by items that it does not learn from.

    For a trunk that was trained on the very items: among these, folds would find a head too sure of itself the best.

    Args:
        features: float32 [n, features].
        targets: uint8 [n, values], every row known.
        judges: Features [m, features] and targets [m, values] of other items, at least one.
        kind: Of the field.
        weights: Weights of a single field's values.

    Returns:
        The head, and what it says of the judges.
    """
    held, truth = judges
    with _one_thread_each():
        heads = dict(zip(DECAYS, _fit_path(features, targets, kind, weights), strict=True))
    losses = {decay: score_loss(head.apply(held), truth, kind) for decay, head in heads.items()}
    best = min(losses, key=lambda decay: losses[decay])
    return ChosenHead(heads[best], best, heads[best].apply(held), losses)


def _fit_path(
    features: NDArray[np.float32],
    targets: NDArray[np.uint8],
    kind: FieldKind,
    weights: ClassWeights,
    decays: Sequence[float] = DECAYS,
) -> Iterator[LinearHead]:
    """Yield a head for each decay, of features as they are; each starts from the last."""
    scaling, counts = measure_scaling(features), weigh_rows(targets, kind, weights)
    scaled, head = scaling.apply(features), None
    for decay in decays:
        head = fit_head(scaled, targets, kind, decay=decay, weights=counts, start=head)
        yield fold_scaling(head, scaling)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    # Folds side by side scale better than one fit on several threads, which wait for each other after every product of
    # two matrices; and the sums come out the same on any number of cores.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def score_loss(logits: NDArray[np.float32], targets: NDArray[np.uint8], kind: FieldKind) -> float:
    """Return the mean log-loss at the best temperature; calibration sets it right later, so it should not count here.

    Example:
        >>> round(score_loss(np.zeros((2, 2), np.float32), np.eye(2, dtype=np.uint8), "single"), 4)
        0.6931
    """
    if kind == "single":
        scaled = logits / fit_temperature(logits, targets.argmax(axis=1))
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        chosen = shifted[targets > 0] - np.log(np.exp(shifted).sum(axis=1))
        return float(-chosen.mean())
    scaled = logits / fit_multi_temperature(logits, targets)
    signed = np.where(targets > 0, scaled, -scaled)
    return float(np.logaddexp(0, -signed).sum(axis=1).mean())


def _ignore(count: int) -> None:
    """Take no notice."""

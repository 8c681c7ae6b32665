"""Linear heads on a trunk's features, fitted to the bottom: a convex problem, the same answer every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from modiste.taxonomy import FieldKind
from modiste.training.adapting.settings import ClassWeights

__all__ = ["LinearHead", "Scaling", "fit_head", "fold_scaling", "measure_scaling", "weigh_rows"]

_STEPS = 60  # enough for a loss that no longer changes in its third digit
_HISTORY = 10
_SMALLEST = 1e-6
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Scaling:
    """What brings features to mean 0 and a spread of 1: float32 [features] each."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features [n, features] of mean 0 and a spread of 1."""
        return np.asarray((features - self.mean) / self.spread, np.float32)


@dataclass(frozen=True)
class LinearHead:
    """The head of one field.

    Args:
        weight: float32 [values, features], for features as they are.
        bias: float32 [values].
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits of some features [n, features]: float32 [n, values].

        Example:
            >>> LinearHead(np.eye(2, dtype=np.float32), np.ones(2, np.float32)).apply(np.array([[1, 2]], np.float32))
            array([[2., 3.]], dtype=float32)
        """
        return np.asarray(features @ self.weight.T + self.bias, np.float32)


def measure_scaling(features: NDArray[np.float32]) -> Scaling:
    """Return the scaling that features [n, features] ask for; what never changes is left as it is."""
    spread = features.std(axis=0)
    return Scaling(features.mean(axis=0), np.where(spread > _SMALLEST, spread, 1).astype(np.float32))


def weigh_rows(targets: NDArray[np.uint8], kind: FieldKind, weights: ClassWeights) -> NDArray[np.float32]:
    """Return what each row counts: float32 [n], 1 on average.

    Args:
        targets: uint8 [n, values].
        kind: Of the field; rows of a multi field all count alike.
        weights: How far frequent values are held back.

    Example:
        >>> weigh_rows(np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.uint8), "single", "inverse").round(2).tolist()
        [0.6700000166893005, 0.6700000166893005, 0.6700000166893005, 2.0]
    """
    if kind == "multi" or weights == "none":
        return np.ones(len(targets), np.float32)
    counts = np.maximum(targets.sum(axis=0, dtype=np.float64), 1)
    found = (1 / (counts if weights == "inverse" else np.sqrt(counts)))[targets.argmax(axis=1)]
    return np.asarray(found / found.mean(), np.float32)


def fit_head(
    features: NDArray[np.float32],
    targets: NDArray[np.uint8],
    kind: FieldKind,
    *,
    decay: float,
    weights: NDArray[np.float32] | None = None,
    start: LinearHead | None = None,
) -> LinearHead:
    """Fit the head of a field by L-BFGS.

    Charged is the mean cross-entropy of a single field, the mean over rows of the values' summed binary
    cross-entropies of a multi field, and ``decay / 2`` times the squared weights.

    Args:
        features: float32 [n, features], scaled (`Scaling.apply`), so that the decay weighs on all alike.
        targets: uint8 [n, values], every row known.
        kind: Of the field.
        decay: Above 0.
        weights: float32 [n], what each row counts; by default 1.
        start: Where to begin, such as the head of another decay: the end is the same, but near.

    Returns:
        The head, of scaled features; `fold_scaling` makes it one of features as they are.
    """
    values, truth = torch.from_numpy(features), torch.from_numpy(targets)
    rows = torch.ones(len(values)) if weights is None else torch.from_numpy(weights)
    weight, bias = _start(targets.shape[1], features.shape[1], start)
    settings = {"max_iter": _STEPS, "history_size": _HISTORY, "tolerance_grad": _TOLERANCE}
    optimiser = torch.optim.LBFGS([weight, bias], line_search_fn="strong_wolfe", **settings)  # type: ignore[arg-type]

    def close() -> Tensor:
        optimiser.zero_grad()
        logits = torch.addmm(bias, values, weight.T)
        loss = (_charge(logits, truth, kind) * rows).mean() + decay / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(close)  # type: ignore[no-untyped-call]
    return LinearHead(weight.detach().numpy(), bias.detach().numpy())


def fold_scaling(head: LinearHead, scaling: Scaling) -> LinearHead:
    """Return a head of features as they are from one of scaled features.

    Example:
        >>> scaling = Scaling(np.array([1.0], np.float32), np.array([2.0], np.float32))
        >>> head = LinearHead(np.array([[4.0]], np.float32), np.array([0.0], np.float32))
        >>> fold_scaling(head, scaling).apply(np.array([[3.0]], np.float32)).item()
        4.0
    """
    weight = head.weight / scaling.spread
    return LinearHead(weight.astype(np.float32), (head.bias - weight @ scaling.mean).astype(np.float32))


def _start(values: int, features: int, start: LinearHead | None) -> tuple[Tensor, Tensor]:
    if start is None:
        return torch.zeros(values, features, requires_grad=True), torch.zeros(values, requires_grad=True)
    weight, bias = torch.from_numpy(start.weight.copy()), torch.from_numpy(start.bias.copy())
    return weight.requires_grad_(), bias.requires_grad_()


def _charge(logits: Tensor, truth: Tensor, kind: FieldKind) -> Tensor:
    """Return the loss of each row, [n]."""
    if kind == "single":
        return F.cross_entropy(logits, truth.argmax(dim=1), reduction="none")
    return F.binary_cross_entropy_with_logits(logits, truth.float(), reduction="none").sum(dim=1)

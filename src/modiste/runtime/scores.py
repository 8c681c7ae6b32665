"""From logits to probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle, BundleSpec
from modiste.errors import UsageError
from modiste.taxonomy import Taxonomy

__all__ = ["score_fields", "slice_fields"]


def score_fields(source: BundleSpec | Bundle, logits: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Turn logits into calibrated probabilities, field by field.

    Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599): a single
    field gets ``softmax(logits / temperature)``, a multi field ``sigmoid(logits / temperature)`` for each value.

    Args:
        source: A bundle or its spec: the fields and their temperatures.
        logits: float32 [n, values of all fields, in taxonomy order].

    Returns:
        Field -> float32 [n, values of the field], each in [0, 1]; the rows of a single field sum to 1.

    Raises:
        UsageError: The logits have another width.
    """
    spec = source.spec if isinstance(source, Bundle) else source
    if logits.ndim != 2 or logits.shape[1] != spec.number_of_values:
        raise UsageError(f"the logits have the shape {logits.shape}; expected (n, {spec.number_of_values})")
    scores = {}
    for name, columns in slice_fields(spec.taxonomy).items():
        scaled = logits[:, columns] / np.float32(spec.temperatures.get(name, 1.0))
        scores[name] = _softmax(scaled) if spec.taxonomy[name].kind == "single" else _sigmoid(scaled)
    return scores


def slice_fields(taxonomy: Taxonomy) -> dict[str, slice]:
    """Return the columns of the logits that speak of each field.

    Example:
        >>> from modiste.taxonomy import Field
        >>> slice_fields(Taxonomy((Field("a", "single", ("x", "y")), Field("b", "multi", ("z",)))))
        {'a': slice(0, 2, None), 'b': slice(2, 3, None)}
    """
    columns, start = {}, 0
    for field in taxonomy:
        columns[field.name] = slice(start, start + len(field))
        start += len(field)
    return columns


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    if not logits.shape[1]:
        return logits
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    # Written with tanh, which can't overflow.
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), np.float32)

"""What the nearest training product's labels say, by how near it is: a floor under what a picture can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.copies import bound_accuracy
from modiste.bench.limits.material import Material
from modiste.evaluation import Interval, Section, paired_difference, render_table, share_interval

__all__ = ["LEAST", "Agreement", "find_nearest_rows", "measure_agreement", "show_nearest"]

LEAST: Final = (-1.0, 0.9, 0.95, 0.98, 0.99)  # cosines; the first keeps every row
_AT_ONCE: Final = 256

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """How often the nearest training row has the same label.

    Args:
        rows: Validation rows whose nearest training row is that near, both labels known.
        same: Share with the same label.
        network: The bundle's accuracy on the same rows.
        gain: ``same - network``, paired.
        high: Accuracy that no rule exceeds, if one as near is as good as the same picture.
    """

    rows: int
    same: Interval
    network: float
    gain: Interval
    high: float


def find_nearest_rows(queries: NDArray[np.float32], stored: NDArray[np.float32]) -> tuple[Labels, NDArray[np.float32]]:
    """Return the row of the stored vector with the largest dot product to each query, and that product.

    Args:
        queries: float32 [n, width].
        stored: float32 [m, width], m of at least 1.

    Returns:
        int64 [n] and float32 [n].

    Example:
        >>> rows, products = find_nearest_rows(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)[::-1])
        >>> rows.tolist(), products.tolist()
        ([1, 0], [1.0, 1.0])
    """
    best, products = np.empty(len(queries), np.int64), np.empty(len(queries), np.float32)
    for start in range(0, len(queries), _AT_ONCE):
        block = queries[start : start + _AT_ONCE] @ stored.T
        best[start : start + _AT_ONCE] = block.argmax(axis=1)
        products[start : start + _AT_ONCE] = block.max(axis=1)
    return best, products


def measure_agreement(
    same: NDArray[np.bool_], right: NDArray[np.bool_], groups: Labels, *, classes: int, replicates: int = 1000
) -> Agreement:
    """Compare the nearest row's label and the bundle's answer with the truth, on the same rows.

    Args:
        same: bool [n]; the nearest row has the true label.
        right: bool [n]; the bundle is right.
        groups: int64 [n]; rows that belong together.
        classes: How many values the field has.
        replicates: Draws.
    """
    share = share_interval(same, groups=groups)
    gain = paired_difference(same, right, groups=groups, replicates=replicates)
    return Agreement(len(same), share, float(right.mean()), gain, bound_accuracy(1 - share.value, classes)[1])


def show_nearest(material: Material, setting: Setting) -> tuple[Section, dict[str, dict[float, Agreement]]]:
    """Measure the agreement of every field at every nearness."""
    near, cosines = find_nearest_rows(material.vectors[material.judged], material.vectors[~material.judged])
    found: dict[str, dict[float, Agreement]] = {}
    for name, labels in material.labels.items():
        mine, theirs = labels[material.judged], labels[~material.judged][near]
        classes = int((material.count_training(name) > 0).sum())
        found[name] = {}
        for least in LEAST:
            rows = (mine >= 0) & (theirs >= 0) & (cosines >= least)
            if rows.any():
                told = (mine == theirs)[rows], material.answers[name].hits[rows], material.groups[rows]
                found[name][least] = measure_agreement(*told, classes=classes, replicates=setting.replicates)
    data = {name: {str(least): _to_json(item) for least, item in own.items()} for name, own in found.items()}
    return Section("Nearest training products", f"{_TEXT}\n\n{_render(found)}", data), found


_TEXT = (
    "Each validation picture's nearest training picture by the bundle's vectors, which learnt type, colour and gender "
    "of the training products but not of these. `same label`: how often that one product's label is right, which is a "
    "floor: somebody who looks at one product reaches it. `at most`: the bound of Cover and Hart on every rule, were "
    "the near product the same picture; it is no bound where products are not that near, as their pictures differ in "
    "more than their labels."
)


def _render(found: dict[str, dict[float, Agreement]]) -> str:
    header = (
        "field",
        "cosine",
        "n",
        "same label",
        "95 % interval",
        "the bundle",
        "difference",
        "95 % interval",
        "at most",
    )
    lines = [
        (
            name,
            "any" if least < 0 else f"{least:g} or more",
            item.rows,
            f"{item.same.value:.4f}",
            f"{item.same.low:.4f} to {item.same.high:.4f}",
            f"{item.network:.4f}",
            f"{item.gain.value:+.4f}",
            f"{item.gain.low:+.4f} to {item.gain.high:+.4f}",
            f"{item.high:.4f}",
        )
        for name, own in found.items()
        for least, item in own.items()
    ]
    return render_table(header, lines)


def _to_json(item: Agreement) -> dict[str, object]:
    return {**vars(item), "same": item.same.to_json(), "gain": item.gain.to_json()}

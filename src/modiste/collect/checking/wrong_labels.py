"""Labels that are likely wrong: confident learning on predictions that no item has a part in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.confident_learning import find_suspects
from modiste.collect.checking.findings import Finding, build_findings
from modiste.collect.checking.neighbours import Neighbours
from modiste.collect.checking.probabilities import predict_out_of_sample
from modiste.manifest import Manifest

__all__ = ["Beliefs", "encode_field", "find_wrong_labels", "form_beliefs"]


@dataclass(frozen=True)
class Beliefs:
    """What the look-alikes of each item say of one field.

    Args:
        field: The field's name.
        labels: int64 [n]: positions in the field's values; -1 where nothing is known, or the value is too rare.
        probabilities: float64 [n, values]: out of sample; `modiste.collect.checking.probabilities`.
    """

    field: str
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def encode_field(manifest: Manifest, field: str, usable: NDArray[np.bool_], *, min_class: int) -> NDArray[np.int64]:
    """Return a single field's labels as positions in its values: int64 [n].

    Args:
        manifest: The items.
        field: A single field.
        usable: bool [n]; items without a picture that shows something get -1, as those without a label do.
        min_class: Values with fewer usable items get -1 too: too few to say what they look like.
    """
    positions = {value: at for at, value in enumerate(manifest.taxonomy[field].values)}
    codes = np.array([positions.get(label, -1) for label in manifest.labels(field)], np.int64)
    codes[~usable] = -1
    counts = np.bincount(codes[codes >= 0], minlength=max(len(positions), 1))
    rare = (codes >= 0) & (counts[codes] < min_class)
    codes[rare] = -1
    return codes


def form_beliefs(
    manifest: Manifest,
    field: str,
    vectors: NDArray[np.float32],
    groups: NDArray[np.int64],
    labels: NDArray[np.int64],
    *,
    folds: int,
) -> Beliefs | None:
    """Predict one field of every item from the items of other groups; None where fewer than two values can be learnt.

    Args:
        manifest: The items.
        field: A single field.
        vectors: float32 [n, d]: embeddings.
        groups: int64 [n]; items that may tell of each other.
        labels: From `encode_field`.
        folds: Of the cross-validation.
    """
    if len(np.unique(labels[labels >= 0])) < 2:
        return None
    count = len(manifest.taxonomy[field])
    told = predict_out_of_sample(vectors, labels, groups, classes=count, folds=folds)
    return Beliefs(field, labels, told)


def find_wrong_labels(manifest: Manifest, beliefs: Beliefs, neighbours: Neighbours, *, min_odds: float) -> pl.DataFrame:
    """Find the items that confidently belong to another class than the stated one.

    Args:
        manifest: The items.
        beliefs: Of one field.
        neighbours: Whose nearest with the expected label becomes the partner.
        min_odds: How many times as likely as the stated class the expected one must be.

    Returns:
        The findings; their score is S / (1 + S), where S is their surprise (`find_suspects`): 0.75 where the expected
        label is 20 times as likely and the two are often confused, 0.9 where it is 8,000 times.
    """
    ids, values = manifest.items["item_id"], manifest.taxonomy[beliefs.field].values
    suspects = find_suspects(beliefs.labels, beliefs.probabilities, min_odds=min_odds)
    findings = []
    for row, expected, _, surprise in zip(*(column.tolist() for column in suspects), strict=True):
        stated = int(beliefs.labels[row])
        alike = neighbours.positions[row]
        witnesses = alike[(alike >= 0) & (beliefs.labels[alike] == expected)].tolist()
        chance, against = beliefs.probabilities[row, expected], beliefs.probabilities[row, stated]
        text = (
            f"{len(witnesses)} of its {int((alike >= 0).sum())} nearest are {values[expected]!r} "
            f"({chance:.0%} likely), not {values[stated]!r} ({against:.1%})"
        )
        partner = ids[witnesses[0]] if witnesses else None
        findings.append(
            Finding(ids[row], surprise / (1 + surprise), text, partner, beliefs.field, values[stated], values[expected])
        )
    return build_findings("wrong-label", findings)

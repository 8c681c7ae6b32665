"""What an audit finds: one stated thing of one item that its look-alikes contradict."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Anomaly"]


class Anomaly(NamedTuple):
    """One anomaly.

    Args:
        row: The item's row in the manifest.
        kind: What is stated: the value of a field, a price or a brand.
        field: The field or column.
        stated: What the shop says.
        expected: What its look-alikes say.
        score: In [0.5, 1): how surely something is wrong; on the same scale for every kind.
        explanation: For the person who looks at it.
    """

    row: int
    kind: Literal["value", "price", "brand"]
    field: str
    stated: str
    expected: str
    score: float
    explanation: str

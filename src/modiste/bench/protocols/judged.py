"""What was seen of the networks of one protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modiste.evaluation import ALL_ROWS, Evaluation, Part, Protocol

__all__ = ["Judged"]


@dataclass(frozen=True)
class Judged:
    """What was seen under one protocol.

    Args:
        protocol: The protocol.
        part: The rows that were judged, and those outside.
        tables: Heading -> figures of the first network (`modiste.evaluation.judge`).
        others: The figures of the networks with other seeds, on all rows.
        together: The figures of the mean of all networks' answers, on all rows; None where there is one network.
        system: The first network with its fingerprint.
        trained: How many items it learnt from.
        choosing: How many items chose temperatures and thresholds.
        recipe_saw: How many of the judged rows are among those that the recipe was chosen by.
        sizes: The pictures' sizes, in words.
        unreadable: How many pictures can't be read; their rows count as wrong.
    """

    protocol: Protocol
    part: Part
    tables: Mapping[str, Evaluation]
    others: Sequence[Evaluation]
    together: Evaluation | None
    system: str
    trained: int
    choosing: int
    recipe_saw: int
    sizes: str
    unreadable: int

    @property
    def figures(self) -> Evaluation:
        """The figures of the first network on all rows."""
        return self.tables[ALL_ROWS]

"""Targets and whether they were reached, for protocols and acceptance runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from modiste.evaluation.protocol import Protocol
from modiste.evaluation.results import Evaluation

__all__ = ["LABELS", "Target", "check_targets"]

LABELS = {"mean": "mean of the fields", "all_right": "all fields right"}


@dataclass(frozen=True)
class Target:
    """A figure and what it had to be.

    Args:
        name: What is measured.
        wanted: The bound.
        seen: The figure; not a number where it could not be measured, which misses.
        at_least: Whether the figure must reach the bound or stay at or below it.
        unit: What the figures are counted in, for people.

    Example:
        >>> Target("accuracy", wanted=0.9, seen=0.91).met
        True
    """

    name: str
    wanted: float
    seen: float
    at_least: bool = True
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps the bound."""
        if math.isnan(self.seen):
            return False
        return self.seen >= self.wanted if self.at_least else self.seen <= self.wanted

    def to_json(self) -> dict[str, Any]:
        """Return the target as plain JSON types."""
        seen = None if math.isnan(self.seen) else round(self.seen, 6)
        return {
            "name": self.name,
            "wanted": self.wanted,
            "seen": seen,
            "at_least": self.at_least,
            "unit": self.unit,
            "met": self.met,
        }


def check_targets(protocol: Protocol, evaluation: Evaluation) -> tuple[Target, ...]:
    """Return the targets of a protocol with the figures seen.

    Args:
        protocol: The protocol; a figure that the evaluation lacks misses its target.
        evaluation: The figures, on all rows of the protocol.
    """
    targets = []
    for name, wanted in protocol.targets.items():
        figure = evaluation.figure(name)
        seen = math.nan if figure is None else figure.value
        targets.append(Target(f"{protocol.name}: {LABELS.get(name, name)}", wanted, seen))
    return tuple(targets)

"""Stated against predicted values, from predictions that no item has a part in."""

from __future__ import annotations

import math

from modiste.collect.auditing.anomalies import Anomaly
from modiste.collect.checking.confident_learning import find_suspects
from modiste.collect.checking.running import Evidence

__all__ = ["find_value_anomalies"]


def find_value_anomalies(evidence: Evidence, field: str, *, min_odds: float) -> list[Anomaly]:
    """Find the items that confidently belong to another value than the stated one, by confident learning.

    Args:
        evidence: Of the items.
        field: A single field.
        min_odds: How many times as likely as the stated value the expected one must be, above 1. The score is
            S / (S + log(min_odds)), where S is the surprise (`modiste.collect.checking.confident_learning`): 0.5 at the
            limit, for values that are often confused.
    """
    beliefs = evidence.believe(field)
    if beliefs is None:
        return []
    values = evidence.manifest.taxonomy[field].values
    suspects = find_suspects(beliefs.labels, beliefs.probabilities, min_odds=min_odds)
    least = math.log(min_odds)
    anomalies = []
    for row, expected, _, surprise in zip(*(column.tolist() for column in suspects), strict=True):
        stated = int(beliefs.labels[row])
        chance, against = beliefs.probabilities[row, expected], beliefs.probabilities[row, stated]
        text = (
            f"{field} is stated as {values[stated]!r} ({against:.1%} likely); "
            f"it looks like {values[expected]!r} ({chance:.0%})"
        )
        score = surprise / (surprise + least)
        anomalies.append(Anomaly(row, "value", field, values[stated], values[expected], score, text))
    return anomalies

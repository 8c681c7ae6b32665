"""Which labels are likely wrong, by what a system says of their rows."""

from __future__ import annotations

import numpy as np

from modiste.collect.checking.confident_learning import find_suspects
from modiste.evaluation import SingleAnswers

__all__ = ["find_label_errors"]

_ODDS = 4.0  # how many times likelier than its label another one must be, before a row is shown as a suspect
_LIKELY = 0.5  # and how likely it must be by itself: of many unlikely values one is always the likeliest


def find_label_errors(told: SingleAnswers) -> list[tuple[int, int]]:
    """Find the rows whose label is likely wrong, the most surprising first; the gallery shows the first ones.

    Args:
        told: Labels and answers of a field; rows without a label or an answer are never found.

    Returns:
        Row and the value it should have, by their numbers.
    """
    answered = np.where(told.answer >= 0, told.truth, -1)
    found = find_suspects(answered, told.scores.astype(np.float64), min_odds=_ODDS)
    pairs = zip(found.rows.tolist(), found.expected.tolist(), strict=True)
    return [pair for pair in pairs if told.scores[pair] >= _LIKELY]

"""Several systems as one: the mean of what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modiste.errors import UsageError
from modiste.evaluation.predictions import Predictions

__all__ = ["average_predictions"]


def average_predictions(told: Sequence[Predictions]) -> Predictions:
    """Return the mean of what several systems say of the same items; each field's answer is its highest mean score.

    Args:
        told: At least one; of the same fields and items in the same order.

    Raises:
        UsageError: There is none, or they speak of different fields or items.

    Example:
        >>> from modiste.taxonomy import Field, Taxonomy
        >>> season = Taxonomy((Field("season", "single", ("Summer", "Winter")),))
        >>> scores = ([[0.6, 0.4]], [[0.1, 0.9]])
        >>> told = [Predictions.from_scores(season, ["a"], {"season": np.array(table)}) for table in scores]
        >>> average_predictions(told).chosen["season"].tolist()
        [[False, True]]
    """
    if not told:
        raise UsageError("there are no predictions to average; expected at least one table")
    first, *others = told
    if any(other.item_ids != first.item_ids or other.taxonomy != first.taxonomy for other in others):
        raise UsageError("the predictions speak of different items or fields; average those of one data set")
    scores = {name: np.mean([said.scores[name] for said in told], axis=0) for name in first.taxonomy.names}
    return Predictions.from_scores(first.taxonomy, first.item_ids, scores)

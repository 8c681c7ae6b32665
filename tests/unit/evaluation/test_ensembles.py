"""Several systems as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import UsageError
from modiste.evaluation import Predictions, average_predictions
from modiste.taxonomy import Field, Taxonomy

VALUES = ("Summer", "Winter", "Fall")
SCORES = st.lists(st.floats(0, 1, width=32), min_size=len(VALUES), max_size=len(VALUES))


def say(rows: list[list[float]], name: str = "season") -> Predictions:
    taxonomy = Taxonomy((Field(name, "single", VALUES),))
    ids = [f"item {number}" for number in range(len(rows))]
    return Predictions.from_scores(taxonomy, ids, {name: np.array(rows, dtype=np.float32)})


@given(st.lists(st.tuples(SCORES, SCORES, SCORES), min_size=1, max_size=5))
def test_the_answer_is_the_highest_mean(rows: list[tuple[list[float], ...]]) -> None:
    told = [say([row[system] for row in rows]) for system in range(3)]
    mean = average_predictions(told)
    for row, scores, chosen in zip(rows, mean.scores["season"], mean.chosen["season"], strict=True):
        expected = [sum(np.float32(said[value]) for said in row) / 3 for value in range(len(VALUES))]
        assert scores == pytest.approx(expected, abs=1e-6)
        assert scores[chosen].tolist() == (
            [scores.max()] if scores.any() else []
        )  # where nothing is said, nothing is chosen


def test_the_mean_can_choose_what_no_system_chose() -> None:
    mean = average_predictions([say([[0.5, 0.1, 0.4]]), say([[0.1, 0.5, 0.4]])])
    assert mean.chosen["season"].tolist() == [[False, False, True]]


def test_other_items_other_fields_and_nothing_are_refused() -> None:
    row = [0.2, 0.3, 0.5]
    for other in (say([row, row]), say([row], "usage")):
        with pytest.raises(UsageError, match="different items or fields"):
            average_predictions([say([row]), other])
    with pytest.raises(UsageError, match="expected at least one"):
        average_predictions([])

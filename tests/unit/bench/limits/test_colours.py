"""Errors within families of hues, and quarters, against loops."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench.limits.colours import list_quarters, measure_errors
from modiste.evaluation import SingleAnswers
from modiste.taxonomy import Field

VALUES = ("Blue", "Navy Blue", "Black", "Multi")


def test_errors_within_a_family_are_counted() -> None:
    truth, said = np.array([0, 1, 0, 2, 3, 2]), np.array([1, 1, 2, 2, 0, 0])
    told = SingleAnswers(Field("baseColour", "single", VALUES), truth, said, np.zeros((6, 4), np.float32))
    found = measure_errors(told, np.arange(6))
    assert found.errors == 4
    assert found.family.value == pytest.approx(1 / 4)
    assert found.multi == pytest.approx(1 / 4)
    assert (found.accuracy.value, found.family_accuracy.value) == pytest.approx((2 / 6, 3 / 6))


def test_quarters_are_those_of_a_sorted_list() -> None:
    rng = np.random.default_rng(0)
    values, hits = rng.random(103), rng.random(103) < 0.6
    found = list(list_quarters(values, hits, np.arange(103)))
    order = sorted(range(103), key=lambda row: values[row])
    assert [item[2] for item in found] == [26, 26, 26, 25]
    assert found[0][3].value == pytest.approx(np.mean([hits[row] for row in order[:26]]))
    assert found[-1][1] == values.max()

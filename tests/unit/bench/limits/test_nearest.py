"""Nearest training rows, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench.limits.nearest import find_nearest_rows, measure_agreement


def test_nearest_rows_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    queries, stored = (rng.normal(size=(rows, 8)).astype(np.float32) for rows in (300, 70))
    rows, products = find_nearest_rows(queries, stored)
    for place, query in enumerate(queries):
        own = [float(query @ other) for other in stored]
        assert rows[place] == int(np.argmax(own))
        assert products[place] == pytest.approx(max(own), rel=1e-5)


def test_agreement_compares_the_same_rows() -> None:
    same, right = np.array([True, True, False, True]), np.array([True, False, False, False])
    found = measure_agreement(same, right, np.arange(4), classes=5, replicates=50)
    assert (found.rows, found.same.value, found.network) == (4, 0.75, 0.25)
    assert found.gain.value == pytest.approx(0.5)
    assert 0.75 < found.high < 1

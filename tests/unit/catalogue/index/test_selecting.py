from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from modiste.catalogue.index.selecting import find_rounding, select_largest

_SCORES = arrays.arrays(
    np.float32, st.integers(0, 3000), elements=st.floats(-1, 1, width=32) | st.just(-np.inf), fill=st.just(0.25)
)


@given(scores=_SCORES, k=st.integers(1, 60), margin=st.floats(0, 0.1))
def test_everything_that_may_belong_to_the_largest_is_selected(scores: np.ndarray, k: int, margin: float) -> None:
    places = select_largest(scores, k, margin)
    assert (np.diff(places) > 0).all()
    finite = np.sort(scores[scores > -np.inf])[::-1]
    assert set(places) <= set(np.flatnonzero(scores > -np.inf))
    if len(finite):
        bound = finite[min(k, len(finite)) - 1]
        assert set(np.flatnonzero(scores.astype(np.float64) >= bound - 2 * margin)) - set(places) <= set(
            np.flatnonzero(np.isneginf(scores))
        )


def test_little_more_than_what_is_asked_for_is_selected() -> None:
    scores = np.random.default_rng(1).random(40_000).astype(np.float32)
    for k in (1, 10, 100):
        assert k <= len(select_largest(scores, k, 1e-6)) <= 3 * k + 30


def test_the_bound_on_rounding_holds() -> None:
    rng = np.random.default_rng(2)
    for dimension in (3, 64, 512):
        rows = rng.standard_normal((500, dimension)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        query = rows[0] * np.float32(3)
        off = np.abs((rows @ query).astype(np.float64) - rows.astype(np.float64) @ query.astype(np.float64))
        assert off.max() <= find_rounding(dimension, 3.0)

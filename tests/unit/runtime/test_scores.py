from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.runtime import score_fields, slice_fields

LOGITS = arrays(np.float32, (2, 18), elements=st.floats(-80, 80, width=32))


@settings(deadline=None)
@given(logits=LOGITS)
def test_scores_equal_the_formula(tiny: Bundle, logits: np.ndarray) -> None:
    scores = score_fields(tiny, logits)
    for field, columns in zip(tiny.taxonomy, slice_fields(tiny.taxonomy).values(), strict=True):
        temperature = tiny.spec.temperatures.get(field.name, 1.0)
        for row in range(2):
            raw = [float(value) / temperature for value in logits[row, columns]]
            if field.kind == "single":
                powers = [math.exp(value - max(raw)) for value in raw]
                expected = [power / sum(powers) for power in powers]
            else:
                expected = [1 / (1 + math.exp(-value)) for value in raw]
            np.testing.assert_allclose(scores[field.name][row], expected, rtol=2e-4, atol=1e-7)


def test_extreme_logits_do_not_overflow(tiny: Bundle) -> None:
    scores = score_fields(tiny.spec, np.full((1, 18), 1e30, np.float32) * np.resize([1, -1], 18).astype(np.float32))
    assert all(np.isfinite(score).all() for score in scores.values())
    assert scores["material"].min() == 0
    assert scores["material"].max() == 1


def test_the_wrong_width_is_refused(tiny: Bundle) -> None:
    with pytest.raises(UsageError, match=r"shape \(2, 17\); expected \(n, 18\)"):
        score_fields(tiny, np.zeros((2, 17), np.float32))

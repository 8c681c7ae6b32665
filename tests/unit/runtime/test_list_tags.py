"""Tags of whole batches, against a loop over each picture's ranked values."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.runtime import Alternative, Decider, Tag
from modiste.runtime.decision import Decision
from modiste.runtime.tags import list_tags
from modiste.taxonomy import Field


def list_naively(decision: Decision, field: Field, row: int, top_k: int) -> Tag:
    if not decision.is_said(field.name)[row]:
        return Tag(None, (), 0.0, (), doubtful=False, kind=field.kind)
    scores, said = decision.probabilities[field.name][row], decision.mark_said(field.name)[row]
    ranked = decision.rank(field.name, len(field))[row]
    values = tuple(field.values[place] for place in ranked if said[place])
    rest = [Alternative(field.values[place], float(scores[place])) for place in ranked if not said[place]]
    confidence, doubtful = decision.confidence[field.name][row], decision.doubtful[field.name][row]
    best = values[0] if values else None
    return Tag(best, values, float(confidence), tuple(rest[: top_k - 1]), bool(doubtful), field.kind)


@pytest.mark.parametrize("top_k", [1, 2, 3, 50])
def test_they_are_those_of_each_picture(tiny: Bundle, top_k: int) -> None:
    random = np.random.default_rng(top_k)
    logits = random.normal(scale=3, size=(40, tiny.spec.number_of_values)).astype(np.float32)
    decision = Decider(tiny.spec).decide(logits)
    assert {field.kind for field in decision.taxonomy} == {"single", "multi"}
    listed = list_tags(decision, top_k=top_k)
    assert len(listed) == 40
    for row, tags in enumerate(listed):
        assert dict(tags) == {field.name: list_naively(decision, field, row, top_k) for field in decision.taxonomy}
    assert list_tags(Decider(tiny.spec).decide(logits[:0]), top_k=top_k) == []

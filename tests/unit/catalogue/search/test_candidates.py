"""Fused candidates, each made when it is looked at, against all of them made at once by the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue import Matches
from modiste.catalogue.search.candidates import Candidate, FusedCandidates
from modiste.catalogue.words import FUSION_K

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


def fuse_naively(near: Matches, fit: Matches, shares: dict[str, float]) -> list[Candidate]:
    lists = dict(zip(shares, (near.item_ids, fit.item_ids), strict=True))
    parts = {
        name: {part: shares[part] / (FUSION_K + ids.index(name) + 1) for part, ids in lists.items() if name in ids}
        for name in dict.fromkeys(near.item_ids + fit.item_ids)
    }
    values = {name: sum(own.values()) for name, own in parts.items()}
    best = max(values.values(), default=1.0)
    scores, word_scores = (dict(zip(one.item_ids, one.scores.tolist(), strict=True)) for one in (near, fit))
    return [
        Candidate(
            name,
            value / best,
            scores.get(name),
            word_scores.get(name),
            parts={part: worth / best for part, worth in parts[name].items()},
        )
        for name, value in sorted(values.items(), key=lambda pair: -pair[1])
        if value > 0
    ]


@given(NAMES, NAMES, st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_they_are_those_of_the_formula(near_ids: list[str], fit_ids: list[str], weight: float) -> None:
    near = Matches(near_ids, np.linspace(0.9, 0.1, len(near_ids), dtype=np.float32))
    fit = Matches(fit_ids, np.linspace(7, 2, len(fit_ids), dtype=np.float32))
    shares = {"text vectors": 1 - weight, "words": weight}
    fused, expected = FusedCandidates(near, fit, shares), fuse_naively(near, fit, shares)
    assert len(fused) == len(expected)
    for one, other in zip(fused, expected, strict=True):
        assert one._replace(value=0.0, parts={}) == other._replace(value=0.0, parts={})
        assert one.value == pytest.approx(other.value) and dict(one.parts) == pytest.approx(dict(other.parts))
    assert fused[1:3] == list(fused)[1:3]


def test_nothing_fuses_to_nothing() -> None:
    empty = Matches([], np.empty(0, np.float32))
    assert list(FusedCandidates(empty, empty, {"picture": 0.5, "words": 0.5})) == []

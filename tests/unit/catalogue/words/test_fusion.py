from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.words import fuse_ranks
from modiste.errors import UsageError

RANKED = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(st.lists(st.tuples(RANKED, st.floats(0, 5)), max_size=4))
def test_scores_are_those_of_the_paper(given_lists: list[tuple[list[str], float]]) -> None:
    lists, weights = [ranked for ranked, _ in given_lists], [weight for _, weight in given_lists]
    fused = fuse_ranks(lists, weights=weights)
    expected = {
        item: sum(w / (60 + ranked.index(item) + 1) for ranked, w in given_lists if item in ranked)
        for item in set().union(*lists)
    }
    assert dict(fused) == pytest.approx(expected)
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


@given(RANKED)
def test_one_list_stays_in_order(ranked: list[str]) -> None:
    assert [item for item, _ in fuse_ranks([ranked])] == ranked


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0]])
def test_wrong_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(UsageError, match="expected one a list"):
        fuse_ranks([["a"], ["b"]], weights=weights)

"""Retrieval metrics against scikit-learn and naive loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from modiste.evaluation import rank_gallery, score_rankings, score_retrieval

_RANKINGS = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=6)
)


def _score_naively(ranking: list[bool], k: int) -> tuple[float, float, float, float]:
    found, precisions, first = 0, [], None
    for place, relevant in enumerate(ranking, start=1):
        if relevant:
            found += 1
            precisions.append(found / place)
            first = first or place
    head = sum(ranking[:k])
    return head / k, float(head > 0), head / found, 1 / first


@given(_RANKINGS, st.integers(1, 15))
def test_scores_equal_a_naive_loop_and_scikit_learn(rankings, k):
    scores = score_rankings(rankings, k=k)
    for row, ranking in enumerate(rankings):
        if not any(ranking):
            assert not scores.answerable[row]
            assert np.isnan(scores.precision[row]) and np.isnan(scores.reciprocal_rank[row])
            continue
        naive = _score_naively(ranking, k)
        found = [getattr(scores, name)[row] for name in ("precision", "hit", "recall", "reciprocal_rank")]
        assert found == pytest.approx(naive)
        expected = average_precision_score(ranking, -np.arange(len(ranking)))
        assert scores.average_precision[row] == pytest.approx(expected)


def test_a_query_is_no_answer_to_itself():
    generator = np.random.default_rng(0)
    items = generator.normal(size=(40, 8)).astype(np.float32)
    order = rank_gallery(items[5:9], items, own=np.array([5, -1, 7, 8]))
    for place, row in enumerate((5, 6, 7, 8)):
        naive = sorted(range(40), key=lambda other, row=row: -float(items[row] @ items[other]))
        expected = [other for other in naive if place == 1 or other != row][:39]
        assert order[place].tolist() == expected


def test_chunks_give_what_one_piece_gives(monkeypatch):
    generator = np.random.default_rng(1)
    items, kinds = generator.normal(size=(50, 6)).astype(np.float32), generator.integers(4, size=50)
    settings = {"find_relevant": lambda rows: kinds[rows][:, None] == kinds, "own": np.arange(50)}
    whole = score_retrieval(items, items, **settings)
    monkeypatch.setattr("modiste.evaluation.retrieval._CHUNK", 7)
    pieces = score_retrieval(items, items, **settings)
    np.testing.assert_array_equal(whole.average_precision, pieces.average_precision)
    assert len(pieces.hit) == 50


@pytest.mark.parametrize(("rankings", "k"), [([True], 1), ([[True]], 0)])
def test_what_is_no_ranking_is_refused(rankings, k):
    with pytest.raises(ValueError, match="expected rankings"):
        score_rankings(rankings, k=k)

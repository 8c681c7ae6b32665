from __future__ import annotations

import numpy as np
import pytest

from modiste.catalogue.index import ExactIndex
from modiste.errors import UsageError
from tests.unit.catalogue.index.brute_force import draw_clusters, search_naively


@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 5), (600, 10), (2500, 1), (2500, 40)])
def test_it_gives_what_brute_force_gives(n: int, k: int, count: int) -> None:
    vectors, queries = draw_clusters(n, 16, seed=1), draw_clusters(count, 16, seed=2)
    rows, scores = search_naively(vectors, queries, k)
    found = ExactIndex(vectors).search(queries, k)
    assert found.rows.dtype == np.int64 and found.scores.dtype == np.float32
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.24, 0.26, 0.9, 1.0])
def test_a_filter_loses_nothing(share: float) -> None:
    vectors, queries = draw_clusters(3000, 12, seed=3), draw_clusters(4, 12, seed=4)
    keep = np.random.default_rng(5).random(3000) < share
    rows, scores = search_naively(vectors, queries, 9, keep)
    found = ExactIndex(vectors, threads=1).search(queries, 9, keep=keep)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


def test_equal_scores_come_in_the_order_of_rows() -> None:
    vectors = np.repeat(draw_clusters(3, 8, seed=6), 500, axis=0)
    found = ExactIndex(vectors).search(vectors[700:701], 20)
    assert found.rows[0].tolist() == list(range(500, 520))
    assert len(set(found.scores[0].tolist())) == 1


def test_scores_that_differ_by_less_than_rounding_are_told_apart() -> None:
    """Steps of 1e-7 drown in the rounding of a float32 sum, but not in the ranking."""
    rng = np.random.default_rng(7)
    base = draw_clusters(1, 256, seed=8)[0]
    vectors = (base + 1e-7 * rng.standard_normal((4000, 256))).astype(np.float32)
    queries = draw_clusters(1, 256, seed=9)
    rows, scores = search_naively(vectors, queries, 10)
    found = ExactIndex(vectors).search(queries, 10)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


def test_without_rows_or_kept_rows_everything_is_padding() -> None:
    queries = draw_clusters(2, 4, seed=1)
    nothing = ExactIndex(np.empty((0, 4), np.float32)).search(queries, 3)
    none_kept = ExactIndex(draw_clusters(50, 4, seed=2)).search(queries, 3, keep=np.zeros(50, np.bool_))
    for found in (nothing, none_kept):
        assert (found.rows == -1).all() and np.isneginf(found.scores).all() and found.rows.shape == (2, 3)


def test_no_queries_are_answered_by_no_rows() -> None:
    assert ExactIndex(draw_clusters(5, 4, seed=1)).search(np.empty((0, 4), np.float32), 3).rows.shape == (0, 3)


def test_many_queries_take_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.catalogue.index.exact._BLOCK_BYTES", 5000)
    vectors, queries = draw_clusters(700, 8, seed=1), draw_clusters(11, 8, seed=2)
    np.testing.assert_array_equal(ExactIndex(vectors).search(queries, 4).rows, search_naively(vectors, queries, 4)[0])


@pytest.mark.parametrize(
    ("queries", "k", "keep", "text"),
    [
        (np.zeros((1, 5), np.float32), 3, None, "width 4 was given queries of shape"),
        (np.zeros(4, np.float32), 3, None, "expected \\[q, d\\]"),
        (np.zeros((1, 4), np.float32), 0, None, "0 neighbours were asked for"),
        (np.full((1, 4), np.nan, np.float32), 3, None, "not finite"),
        (np.zeros((1, 4), np.float32), 3, np.ones(9, np.bool_), "expected bool \\[10\\]"),
        (np.zeros((1, 4), np.float32), 3, np.ones(10), "expected bool \\[10\\]"),
    ],
)
def test_what_does_not_fit_is_refused(queries: np.ndarray, k: int, keep: np.ndarray | None, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        ExactIndex(draw_clusters(10, 4, seed=1)).search(queries, k, keep=keep)


@pytest.mark.parametrize(
    "vectors", [np.zeros((3, 4)), np.zeros(3, np.float32), np.zeros((3, 0), np.float32), np.zeros((4, 3), np.float32).T]
)
def test_vectors_of_another_shape_or_type_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"ascontiguousarray"):
        ExactIndex(vectors)

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from modiste.catalogue.index import (
    ExactIndex,
    VectorIndex,
    build_index,
    choose_index_kind,
    find_index_kind,
    list_index_kinds,
)
from modiste.catalogue.index.answers import score_rows
from modiste.errors import UnknownNameError, UsageError
from tests.unit.catalogue.index.brute_force import draw_clusters, measure_recall

KINDS = [kind.name for kind in list_index_kinds()]
FAISS_KINDS = [name for name in KINDS if name != "exact"]
VECTORS = draw_clusters(4040, 32, seed=1)[:4000]
QUERIES = draw_clusters(4040, 32, seed=1)[4000:]


@cache
def _build(kind: str) -> VectorIndex:
    return build_index(kind, VECTORS, threads=1)


@pytest.fixture(params=KINDS)
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return _build(request.param)


def _check_scores(rows: np.ndarray, scores: np.ndarray, vectors: np.ndarray, queries: np.ndarray) -> None:
    for found, said, query in zip(rows, scores, queries, strict=True):
        known = found[found >= 0]
        assert len(set(known.tolist())) == len(known)
        np.testing.assert_array_equal(said[: len(known)], score_rows(vectors, known, query))
        assert np.isneginf(said[len(known) :]).all() and (found[len(known) :] == -1).all()
        order = sorted(range(len(known)), key=lambda place: (-said[place], known[place]))
        assert order == list(range(len(known)))


@pytest.mark.parametrize(("k", "floor"), [(1, 0.97), (10, 0.95), (100, 0.9)])
def test_recall_and_exact_scores(index: VectorIndex, k: int, floor: float) -> None:
    found = index.search(QUERIES, k)
    _check_scores(found.rows, found.scores, VECTORS, QUERIES)
    wanted = ExactIndex(VECTORS).search(QUERIES, k)
    assert measure_recall(found.rows, wanted.rows) >= (1 if index.kind == "exact" else floor)


@pytest.mark.parametrize("share", [0.002, 0.1, 0.9])
def test_filters_lose_nothing(index: VectorIndex, share: float) -> None:
    keep = np.random.default_rng(3).random(len(VECTORS)) < share
    found = index.search(QUERIES, 10, keep=keep)
    wanted = ExactIndex(VECTORS).search(QUERIES, 10, keep=keep)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_array_equal(found.scores, wanted.scores)


def test_more_than_there_is_is_padded(index: VectorIndex) -> None:
    found = index.search(QUERIES[:2], len(VECTORS) + 3)
    assert (found.rows[:, :-3] >= 0).all() and (found.rows[:, -3:] == -1).all()
    assert sorted(found.rows[0, :-3].tolist()) == list(range(len(VECTORS)))


def test_one_query_is_answered_as_many_are(index: VectorIndex) -> None:
    together = index.search(QUERIES[:5], 10)
    alone = [index.search(QUERIES[place : place + 1], 10) for place in range(5)]
    np.testing.assert_array_equal(together.rows, np.concatenate([one.rows for one in alone]))
    np.testing.assert_array_equal(together.scores, np.concatenate([one.scores for one in alone]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2, 1999])
def test_few_vectors_are_searched_exactly(kind: str, n: int) -> None:
    vectors = draw_clusters(n, 6, seed=4)
    index = build_index(kind, vectors)
    assert (index.kind, index.size, index.nbytes) == ("exact", n, 0)
    assert index.search(QUERIES[:1, :6], 3).rows.shape == (1, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_two_thousand_copies_of_one_vector_are_no_trouble(kind: str) -> None:
    vectors = np.concatenate([np.repeat(VECTORS[:1], 2000, axis=0), VECTORS[1:1500]])
    index = build_index(kind, vectors, threads=1)
    found = index.search(np.concatenate([VECTORS[:1], VECTORS[700:701]]), 10)
    _check_scores(found.rows, found.scores, vectors, np.concatenate([VECTORS[:1], VECTORS[700:701]]))
    assert (found.rows[0] < 2000).all() and found.rows[1, 0] == 2699


@pytest.mark.parametrize("kind", FAISS_KINDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 7])
def test_narrow_vectors_are_no_trouble(kind: str, dimension: int) -> None:
    vectors = draw_clusters(2100, dimension, seed=5)
    found = build_index(kind, vectors, threads=1).search(vectors[:3], 5)
    _check_scores(found.rows, found.scores, vectors, vectors[:3])
    assert (found.rows >= 0).all()


@pytest.mark.parametrize("kind", FAISS_KINDS)
def test_the_same_seed_builds_the_same_index(kind: str, tmp_path) -> None:
    for name, seed in (("first", 3), ("second", 3)):
        build_index(kind, VECTORS, threads=1, seed=seed).save(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("kind", FAISS_KINDS)
def test_two_threads_answer_as_one(kind: str) -> None:
    one, two = build_index(kind, VECTORS, threads=1), build_index(kind, VECTORS, threads=2)
    np.testing.assert_array_equal(one.search(QUERIES, 10).rows, two.search(QUERIES, 10).rows)


@pytest.mark.parametrize("kind", FAISS_KINDS)
@pytest.mark.parametrize(("share", "floor"), [(0.05, 0.9), (0.5, 0.9)])
def test_filters_in_large_indices_look_harder(
    kind: str, share: float, floor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modiste.catalogue.index.approximate.LARGEST_EXACT_FILTER", 1000)
    monkeypatch.setattr("modiste.catalogue.index.approximate._GATHERED", 100)
    monkeypatch.setattr("modiste.catalogue.index.approximate._SCAN_SHARE", 1)
    keep = np.random.default_rng(6).random(len(VECTORS)) < share
    found = _build(kind).search(QUERIES, 10, keep=keep)
    assert keep[found.rows].all()
    _check_scores(found.rows, found.scores, VECTORS, QUERIES)
    wanted = ExactIndex(VECTORS).search(QUERIES, 10, keep=keep)
    assert measure_recall(found.rows, wanted.rows) >= floor


@pytest.mark.parametrize("kind", FAISS_KINDS)
def test_what_does_not_fit_is_refused(kind: str) -> None:
    with pytest.raises(UsageError, match="width 32"):
        _build(kind).search(np.zeros((1, 3), np.float32), 3)
    with pytest.raises(UsageError, match="expected bool"):
        _build(kind).search(QUERIES[:1], 3, keep=np.ones(3, np.bool_))


def test_an_unknown_kind_is_refused_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="hnsw"):
        build_index("hsnw", VECTORS)


def test_names_are_unique_and_described() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert all(kind.description.endswith(".") and find_index_kind(kind.name) is kind for kind in list_index_kinds())


@pytest.mark.parametrize("n", [0, 1, 5000, 40_000, 1_000_000, 10_000_000, 10**9])
def test_the_choice_is_a_kind(n: int) -> None:
    assert choose_index_kind(n) in KINDS

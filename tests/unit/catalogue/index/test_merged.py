from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue.index import ExactIndex, MergedIndex, build_index
from modiste.errors import UsageError
from tests.unit.catalogue.index.brute_force import draw_clusters, measure_recall, search_naively

_POOL = draw_clusters(60, 5, seed=1, clusters=4)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[np.ndarray, int, np.ndarray, np.ndarray | None, int]:
    picked = draw(st.lists(st.integers(0, 59), max_size=60))  # with repetitions: equal scores
    n = len(picked)
    alive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), np.bool_)
    keep = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), np.bool_) if draw(st.booleans()) else None
    vectors = _POOL[np.array(picked, np.int64)]
    return vectors, draw(st.integers(0, n)), alive, keep, draw(st.integers(1, 70))


@given(case=_cases(), tail_only=st.booleans())
@settings(deadline=None)
def test_it_is_brute_force_over_living_rows(case: tuple, tail_only: bool) -> None:
    vectors, known, alive, keep, k = case
    given_vectors = vectors[known:] if tail_only else vectors
    merged = MergedIndex(ExactIndex(vectors[:known]), given_vectors, alive, tail_only=tail_only)
    found = merged.search(_POOL[:3], k, keep=keep)
    rows, scores = search_naively(vectors, _POOL[:3], k, alive if keep is None else alive & keep)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.scores, scores)


@pytest.mark.parametrize("kind", ["ivf-sq8", "hnsw-sq8", "pq"])
def test_dead_rows_near_a_query_do_not_hide_the_living(kind: str) -> None:
    vectors = draw_clusters(5000, 24, seed=2)
    alive = np.ones(5000, np.bool_)
    queries = vectors[:6]
    for row in ExactIndex(vectors[:4500]).search(queries, 60).rows:
        alive[row] = False
    merged = MergedIndex(build_index(kind, vectors[:4500], threads=1), vectors, alive)
    found = merged.search(queries, 10)
    assert alive[found.rows].all()
    assert measure_recall(found.rows, search_naively(vectors, queries, 10, alive)[0]) >= 0.95


def test_it_says_what_its_base_is(tmp_path) -> None:
    vectors = draw_clusters(30, 4, seed=3)
    merged = MergedIndex(ExactIndex(vectors[:20]), vectors, np.ones(30, np.bool_))
    merged.save(tmp_path / "index")
    assert (merged.kind, merged.size, merged.nbytes, len(merged.tail)) == ("exact", 30, 0, 10)
    assert (tmp_path / "index").exists()


@pytest.mark.parametrize(("rows", "alive", "tail_only"), [(30, 29, False), (10, 10, False), (30, 30, True)])
def test_lengths_that_do_not_fit_are_refused(rows: int, alive: int, tail_only: bool) -> None:
    vectors = draw_clusters(30, 4, seed=3)
    with pytest.raises(UsageError, match="an index of 20 rows"):
        MergedIndex(ExactIndex(vectors[:20]), vectors[:rows], np.ones(alive, np.bool_), tail_only=tail_only)


def test_what_is_not_a_mask_is_refused() -> None:
    vectors = draw_clusters(3, 4, seed=3)
    with pytest.raises(UsageError, match="expected bool"):
        MergedIndex(ExactIndex(vectors), vectors, np.ones(3))

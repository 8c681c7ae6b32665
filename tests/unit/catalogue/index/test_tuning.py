from __future__ import annotations

import numpy as np
import pytest

from modiste.catalogue.index.approximate import FaissIndex, build_faiss_index
from modiste.catalogue.index.kinds import build_index
from modiste.catalogue.index.plans import Plan, plan_graph, plan_lists
from modiste.catalogue.index.tuning import draw_strangers, tune_effort
from tests.unit.catalogue.index.brute_force import draw_clusters

CLUSTERS = draw_clusters(6500, 32, seed=8)
VECTORS, QUERIES = CLUSTERS[:6000], CLUSTERS[6000:]


def _draw_noise(n: int) -> np.ndarray:
    drawn = np.random.default_rng(2).standard_normal((n, 48), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _find_share(index: FaissIndex, vectors: np.ndarray, queries: np.ndarray) -> float:
    """Return recall@10 against a full sort of all products."""
    wanted = np.sort(queries.astype(np.float64) @ vectors.T.astype(np.float64), axis=1)[:, -10:-9]
    return float((index.search(queries, 10).scores >= wanted - 1e-6).mean())


def _build(vectors: np.ndarray, plan: Plan) -> FaissIndex:
    return build_faiss_index("any", vectors, plan, threads=1, seed=0)


@pytest.mark.parametrize("plan", [plan_lists("SQ8", 6000, 32, effort=1), plan_graph("Flat", effort=1)])
def test_an_index_that_looks_too_little_looks_harder(plan: Plan) -> None:
    built = _build(VECTORS, plan)
    tuned = tune_effort(built, seed=0)
    assert tuned.plan.effort > 1 and tuned.native is built.native
    assert _find_share(tuned, VECTORS, QUERIES) >= 0.98 > _find_share(built, VECTORS, QUERIES) - 0.02
    assert _find_share(built, VECTORS, QUERIES) < _find_share(tuned, VECTORS, QUERIES)


def test_vectors_without_any_clusters_are_found_at_the_price_of_speed() -> None:
    noise = _draw_noise(4400)
    vectors, queries = noise[:4000], noise[4000:]
    plan = plan_lists("SQ8", 4000, 48, effort=8, candidates=3)
    assert _find_share(_build(vectors, plan), vectors, queries) < 0.9
    tuned = tune_effort(_build(vectors, plan), seed=0)
    assert _find_share(tuned, vectors, queries) >= 0.99
    clustered = tune_effort(_build(VECTORS[:4000], plan_lists("SQ8", 4000, 32, effort=8, candidates=3)), seed=0)
    assert tuned.plan.effort > 2 * clustered.plan.effort


def test_a_lower_target_takes_less_effort() -> None:
    noise = _draw_noise(4000)
    efforts = [tune_effort(_build(noise, plan_lists("SQ8", 4000, 48, effort=8)), seed=0, recall=recall).plan.effort
               for recall in (0.3, 0.9)]  # fmt: skip
    assert efforts[0] < efforts[1]


def test_a_scan_stays_as_it_is() -> None:
    built = _build(VECTORS, Plan("SQ8", "scan"))
    assert tune_effort(built, seed=0) is built


def test_what_was_measured_is_kept_in_the_file(tmp_path) -> None:
    from modiste.catalogue.index import load_index

    built = build_index("ivf-sq8", VECTORS, threads=1)
    built.save(tmp_path / "index")
    assert isinstance(built, FaissIndex)
    assert load_index(tmp_path / "index", VECTORS).plan == built.plan


def test_strangers_are_of_unit_length_near_and_none_of_the_vectors() -> None:
    index = _build(VECTORS, plan_lists("SQ8", 6000, 32, effort=16))
    drawn = draw_strangers(index, 200, seed=1)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    nearest = index.search(drawn, 1).scores[:, 0]
    real = index.search(QUERIES[:200], 1).scores[:, 0]
    assert (nearest < 1 - 1e-4).mean() > 0.95 and abs(np.median(nearest) - np.median(real)) < 0.1
    np.testing.assert_array_equal(drawn, draw_strangers(index, 200, seed=1))


def test_copies_of_one_vector_move_nowhere() -> None:
    index = _build(np.repeat(VECTORS[:1], 2500, axis=0), plan_lists("SQ8", 2500, 32, effort=16))
    np.testing.assert_allclose(draw_strangers(index, 5, seed=0), np.repeat(VECTORS[:1], 5, axis=0), atol=1e-6)

"""Blocked nearest neighbours and close pairs, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.collect.checking import neighbours
from modiste.collect.checking.groups import join_groups, join_pairs
from modiste.collect.checking.neighbours import find_close_pairs, find_nearest


def draw_vectors(count: int, size: int = 6, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_nearest_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", 4 * 60 * 7)  # seven rows a block
    vectors, rng = draw_vectors(60), np.random.default_rng(1)
    groups, allowed = rng.integers(0, 20, 60), rng.random(60) < 0.7
    found = find_nearest(vectors, 5, groups=groups, allowed=allowed)
    for row in range(60):
        others = [at for at in range(60) if groups[at] != groups[row] and allowed[at]]
        ranked = sorted(others, key=lambda at: -float(vectors[row] @ vectors[at]))[:5]
        assert found.positions[row].tolist() == ranked
        np.testing.assert_allclose(found.similarities[row], [vectors[row] @ vectors[at] for at in ranked], atol=1e-6)


def test_missing_neighbours_are_marked() -> None:
    found = find_nearest(draw_vectors(3), 4)
    assert (found.positions >= 0).sum(axis=1).tolist() == [2, 2, 2]
    assert (found.similarities[:, 2:] == -2).all()
    assert find_nearest(draw_vectors(0), 2).positions.shape == (0, 2)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        find_nearest(draw_vectors(3), 0)
    with pytest.raises(ValueError, match="another length"):
        find_nearest(draw_vectors(3), 1, allowed=np.ones(2, bool))


def test_close_pairs_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", 4 * 80 * 9)
    points = np.random.default_rng(2).uniform(0, 255, (80, 4)).astype(np.float32)
    naive = [[i, j] for i in range(80) for j in range(i + 1, 80) if np.linalg.norm(points[i] - points[j]) <= 90]
    assert find_close_pairs(points, 90).tolist() == naive
    assert find_close_pairs(points[:1], 90).shape == (0, 2)


def test_chains_of_pairs_are_one_group() -> None:
    rng = np.random.default_rng(3)
    pairs = rng.integers(0, 50, (40, 2))
    reach = np.eye(50, dtype=bool)
    reach[pairs[:, 0], pairs[:, 1]] = reach[pairs[:, 1], pairs[:, 0]] = True
    for _ in range(6):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    assert join_pairs(50, pairs).tolist() == [int(np.flatnonzero(row)[0]) for row in reach]
    assert len(set(join_groups(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist())) == 2

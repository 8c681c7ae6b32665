from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modiste.bench import Setting
from modiste.bench.searching import vectors as module
from modiste.bench.searching.variance import count_components, measure_variance
from modiste.bench.searching.vectors import VectorSource, describe_distances, draw_vectors, find_vectors, make_vectors
from modiste.errors import UsageError


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> VectorSource:
    monkeypatch.setattr(module, "QUERIES", 50)
    monkeypatch.setattr(module, "_DRAWN", 1500)
    return find_vectors(Setting(data=None))


def test_without_pictures_vectors_are_drawn_and_queries_are_none_of_them(source: VectorSource) -> None:
    assert source.vectors.shape == (1500, 256) and source.queries.shape == (50, 256)
    assert "drawn" in source.data
    assert (source.queries @ source.vectors.T).max() < 0.9999


def test_made_vectors_begin_with_the_real_ones_and_lie_about_as_close(source: VectorSource, tmp_path: Path) -> None:
    made = make_vectors(source, 4000, tmp_path / "made.npy", say=lambda _: None)
    again = make_vectors(source, 4000, tmp_path / "again.npy", say=lambda _: None)
    np.testing.assert_array_equal(made[:1500], source.vectors)
    np.testing.assert_array_equal(made, again)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    real = describe_distances(source.vectors, source.vectors[:200], skip=1)
    own = describe_distances(np.asarray(made), np.asarray(made[3000:3200]), skip=1)
    assert 0.4 * real.tenth[1] < own.tenth[1] < real.tenth[1]
    assert 0.5 < own.dimension / real.dimension < 2


def test_fewer_than_the_real_ones_are_the_first_of_them(source: VectorSource, tmp_path: Path) -> None:
    made = make_vectors(source, 700, tmp_path / "made.npy", say=lambda _: None)
    np.testing.assert_array_equal(made, source.vectors[:700])


def test_a_file_of_vectors_is_taken_if_it_holds_some(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", draw_vectors(100, seed=1))
    np.save(tmp_path / "long.npy", 2 * draw_vectors(4000, seed=1))
    np.save(tmp_path / "good.npy", draw_vectors(4000, seed=1))
    for name in ("few.npy", "long.npy"):
        with pytest.raises(UsageError, match="of unit length"):
            find_vectors(Setting(data=None), tmp_path / name)
    assert len(find_vectors(Setting(data=None), tmp_path / "good.npy").vectors) == 3000


def test_distances_and_dimension_of_a_known_cloud() -> None:
    """Points on a sphere in d dimensions have an intrinsic dimension of d - 1."""
    rng = np.random.default_rng(1)
    cloud = rng.standard_normal((20_000, 6)).astype(np.float32)
    cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
    found = describe_distances(cloud, cloud[:300], skip=1)
    assert found.dimension == pytest.approx(5, abs=0.6)
    assert found.first[0] < found.first[1] < found.first[2] and found.first[1] < found.tenth[1]


@pytest.mark.parametrize("scale", [False, True])
def test_the_variance_curve_is_that_of_scikit_learn(scale: bool) -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    vectors = draw_vectors(800, seed=2)[:, :40].copy()
    known = preprocessing.MinMaxScaler((-1, 1)).fit_transform(vectors) if scale else vectors
    wanted = np.cumsum(decomposition.PCA(svd_solver="full").fit(known.astype(np.float64)).explained_variance_ratio_)
    curve = measure_variance(vectors, scale=scale)
    np.testing.assert_allclose(curve, wanted, atol=1e-6)
    assert count_components(curve, 0.9) == int(np.argmax(wanted >= 0.9)) + 1

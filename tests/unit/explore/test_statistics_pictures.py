"""Sizes, histograms, mean pictures and the map against numpy, Pillow and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from modiste.explore.statistics import (
    GroupHistograms,
    GroupMeans,
    choose_canvas,
    draw_map,
    embed_neighbours,
    find_affinities,
    measure_gradient,
    measure_histogram,
    reduce_dimensions,
    summarise_sizes,
)


def test_histogram_is_pillows() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    image = Image.fromarray(picture)
    expected = [np.reshape(image.convert("L").histogram(), (32, 8)).sum(axis=1)]
    expected += list(np.reshape(image.histogram(), (3, 32, 8)).sum(axis=2))
    assert measure_histogram(picture) == pytest.approx(np.array(expected) / 1200, abs=1e-6)


def test_histogram_of_a_large_picture_looks_at_some_of_it() -> None:
    half = np.zeros((1000, 1500, 3), np.uint8)
    half[:, 750:] = 255
    found = measure_histogram(half)
    assert found[:, 0] == pytest.approx(0.5, abs=0.01) and found.sum(axis=1) == pytest.approx(1)


def test_group_sums_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (50, 6, 4, 3)).astype(np.uint8)
    members = rng.random((5, 50)) < 0.3
    members[4] = False
    means, histograms = GroupMeans(5, 6, 4), GroupHistograms(5)
    measured = np.stack([measure_histogram(picture) for picture in pictures])
    for chosen in np.array_split(np.arange(50), 7):
        means.add(pictures[chosen], members[:, chosen])
        histograms.add(measured[chosen], members[:, chosen])
    assert histograms.mean == pytest.approx(measured.mean(axis=0), abs=1e-6)
    for group in range(4):
        assert (means.pictures[group] == np.rint(pictures[members[group]].mean(axis=0))).all()
        assert histograms.means[group] == pytest.approx(measured[members[group]].mean(axis=0), abs=1e-6)
    assert means.counts.tolist() == members.sum(axis=1).tolist() and not means.pictures[4].any()


def test_sizes_are_counted_and_odd_shapes_stay_in_the_outer_bins() -> None:
    widths, heights = np.array([60, 60, 90, 4000, 3]), np.array([80, 80, 90, 10, 900])
    summary = summarise_sizes(widths, heights, np.full(5, 7))
    assert summary is not None
    assert summary.sizes[0].count == 2 and summary.distinct == 4 and sum(summary.aspect_counts) == 5
    assert summary.aspect_counts[0] == summary.aspect_counts[-1] == 1
    assert summary.width.median == np.median(widths) and summary.height.upper == np.quantile(heights, 0.75)
    assert summarise_sizes(widths[:0], heights[:0], widths[:0]) is None


@pytest.mark.parametrize(
    ("size", "canvas"), [((28, 28), (80, 80)), ((60, 80), (80, 60)), ((900, 10), (40, 80)), ((1, 90), (80, 40))]
)
def test_canvas_has_the_median_shape(size: tuple[int, int], canvas: tuple[int, int]) -> None:
    assert choose_canvas(np.array([size[0]]), np.array([size[1]]), 80) == canvas
    assert choose_canvas(np.array([], np.int64), np.array([], np.int64), 80) == (80, 80)


def draw_blobs(n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    centres = rng.normal(0, 6, (3, 10))
    labels = np.arange(n) % 3
    return (centres[labels] + rng.normal(0, 1, (n, 10))).astype(np.float32), labels


def test_components_are_scikit_learns() -> None:
    from sklearn.decomposition import PCA

    vectors, _ = draw_blobs()
    expected = PCA(4, svd_solver="full").fit_transform(vectors)
    assert np.abs(reduce_dimensions(vectors, 4)) == pytest.approx(np.abs(expected), abs=1e-3)
    assert not reduce_dimensions(vectors[:2, :1], 3)[:, 1:].any()


def test_affinities_have_the_perplexity_that_was_asked_for() -> None:
    vectors, _ = draw_blobs()
    affinities = find_affinities(vectors.astype(np.float64), 10.0).astype(np.float64)
    assert affinities.sum() == pytest.approx(1) and (affinities == affinities.T).all() and not np.diag(affinities).any()
    from scipy.spatial.distance import squareform
    from sklearn.manifold._t_sne import _joint_probabilities
    from sklearn.metrics import pairwise_distances

    distances = pairwise_distances(vectors, squared=True).astype(np.float32)
    assert affinities == pytest.approx(squareform(_joint_probabilities(distances, 10.0, 0)), abs=1e-6)


@pytest.mark.parametrize("count", [12, 70])  # within one block of rows, and beyond two
def test_gradient_is_that_of_loops(count: int) -> None:
    rng = np.random.default_rng(4)
    affinities = find_affinities(rng.normal(size=(count, 3)), 3.0)
    layout = rng.normal(size=(count, 2)).astype(np.float32)
    kernel = np.array([[1 / (1 + ((a - b) ** 2).sum()) for b in layout] for a in layout]) * (1 - np.eye(count))
    expected = np.zeros((count, 2))
    for one in range(count):
        for other in range(count):
            gap = affinities[one, other] - kernel[one, other] / kernel.sum()
            expected[one] += 4 * gap * kernel[one, other] * (layout[one] - layout[other])
    assert measure_gradient(affinities, layout) == pytest.approx(expected, abs=1e-5)


def test_layout_keeps_neighbours_as_well_as_scikit_learns() -> None:
    from sklearn.manifold import TSNE, trustworthiness

    vectors, labels = draw_blobs()
    points = reduce_dimensions(vectors, 8)
    ours = embed_neighbours(points, perplexity=10, steps=300)
    theirs = TSNE(perplexity=10, init="pca", random_state=0, max_iter=300).fit_transform(points)
    assert trustworthiness(vectors, ours) >= trustworthiness(vectors, theirs) - 0.02
    nearest = ((ours[:, None] - ours[None]) ** 2).sum(axis=-1) + np.diag(np.full(len(ours), np.inf))
    assert (labels[nearest.argmin(axis=1)] == labels).mean() >= 0.95


def test_map_lies_in_the_unit_square_and_few_or_equal_points_are_no_obstacle() -> None:
    vectors, _ = draw_blobs()
    for chosen, method in ((vectors, "neighbours"), (vectors[:5], "components"), (np.ones((40, 4)), "components")):
        points, found = draw_map(np.asarray(chosen, np.float32), steps=50)
        assert found == method and points.min() >= 0 and points.max() <= 1 and np.isfinite(points).all()
    assert (draw_map(vectors, steps=50)[0] == draw_map(vectors, steps=50)[0]).all()

"""The grid that covers a picture, and the map it makes."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.errors import UsageError
from modiste.runtime.occlusion import OcclusionGrid, measure_drop


@pytest.mark.parametrize("region", [(0, 0, 80, 60), (10, 0, 60, 60), (0, 5, 3, 2), (0, 0, 1, 1), (2, 3, 100, 7)])
def test_windows_cover_the_region_and_nothing_else(region: tuple[int, int, int, int]) -> None:
    grid = OcclusionGrid.fit(region)
    top, left, height, width = region
    picture = np.zeros((top + height + 4, left + width + 4, 3), np.uint8)
    covered = grid.cover(picture, (9, 9, 9))
    assert not picture.any()
    touched = (covered == 9).all(axis=-1)
    assert touched.any(axis=(1, 2)).all()  # each window covers something
    inside = np.zeros(picture.shape[:2], bool)
    inside[top : top + height, left : left + width] = True
    assert np.array_equal(touched.any(axis=0), inside)


def test_a_cell_is_the_mean_of_the_windows_that_cover_it() -> None:
    grid = OcclusionGrid((0, 0, 4, 3), 4, 3, 2)
    drops = np.arange(6, dtype=float)
    expected = np.zeros((4, 3))
    for row in range(4):
        for column in range(3):
            own = [
                drops[number] for number, (r, c) in enumerate(grid.windows) if r <= row < r + 2 and c <= column < c + 2
            ]
            expected[row, column] = sum(own) / len(own)
    np.testing.assert_allclose(grid.spread(drops), expected / expected.max())


def test_what_helps_does_not_count() -> None:
    grid = OcclusionGrid((0, 0, 3, 3), 3, 3, 3)
    assert not grid.spread(np.array([-2.0])).any()
    assert (grid.spread(np.array([2.0])) == 1).all()


def test_sure_answers_count_and_stay_finite() -> None:
    drops = measure_drop(1.0, np.array([1.0, 0.999, 0.0]))
    assert drops[0] == 0 < drops[1] < drops[2] < np.inf


def test_a_grid_without_cells_is_refused() -> None:
    with pytest.raises(UsageError, match="no length"):
        OcclusionGrid((0, 0, 0, 5), 1, 1)

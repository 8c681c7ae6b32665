"""Ground, hue and resolution of drawn pictures."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench.limits.grounds import fill_ground, find_ground, take_colour
from modiste.bench.limits.sharpness import coarsen, stretch_back


def draw(colour: tuple[int, int, int] = (200, 30, 40)) -> np.ndarray:
    picture = np.full((1, 40, 30, 3), 250, np.uint8)
    picture[0, 10:30, 8:22] = colour
    return picture


def fill_slowly(bright: np.ndarray) -> np.ndarray:
    """A flood from every pixel of the edge, one pixel at a time."""
    height, width = bright.shape
    seen = np.zeros_like(bright)
    waiting = [(y, x) for y in range(height) for x in range(width) if y in (0, height - 1) or x in (0, width - 1)]
    while waiting:
        y, x = waiting.pop()
        if 0 <= y < height and 0 <= x < width and bright[y, x] and not seen[y, x]:
            seen[y, x] = True
            waiting += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return seen


@pytest.mark.parametrize("seed", range(5))
def test_ground_is_that_of_a_flood(seed: int) -> None:
    light = np.random.default_rng(seed).random((2, 25, 20)) < 0.6
    pictures = np.where(light[..., None], np.uint8(240), np.uint8(90)) * np.ones(3, np.uint8)
    found = find_ground(pictures)
    for one, bright in zip(found, light, strict=True):
        np.testing.assert_array_equal(one, fill_slowly(bright))


def test_a_white_shirt_within_its_seams_is_no_ground() -> None:
    picture = draw((90, 90, 90))
    picture[0, 12:28, 10:20] = 252
    assert not find_ground(picture)[0, 12:28, 10:20].any()
    assert find_ground(picture)[0, 0].all()


def test_filling_changes_the_ground_alone() -> None:
    picture = draw()
    filled = fill_ground(picture, find_ground(picture), 160)
    assert (filled[0, 0, 0] == 160).all()
    np.testing.assert_array_equal(filled[0, 10:30, 8:22], picture[0, 10:30, 8:22])
    assert filled.dtype == np.uint8


def test_without_hue_the_channels_are_equal_and_lightness_stays() -> None:
    grey = take_colour(draw((200, 30, 40)))
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 1] == grey[..., 2]).all()
    assert grey[0, 20, 15, 0] == round(0.299 * 200 + 0.587 * 30 + 0.114 * 40)


def test_coarse_pictures_lose_fine_stripes_and_keep_their_mean() -> None:
    stripes = np.zeros((40, 30, 3), np.uint8)
    stripes[:, ::2] = 200
    coarse = coarsen(stripes, 0.5)
    assert coarse.shape == stripes.shape
    assert coarse[5:-5, 5:-5].std() < stripes.std() / 4
    assert coarse.mean() == pytest.approx(stripes.mean(), abs=6)


def test_squares_are_stretched_back_to_three_to_four() -> None:
    assert stretch_back(np.zeros((224, 224, 3), np.uint8)).shape == (224, 168, 3)

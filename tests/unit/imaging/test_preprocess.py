from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from modiste.bench.mutations import draw_picture
from modiste.errors import PictureError, UsageError
from modiste.imaging import DecodeLimits, Preprocessing, decode_picture

FILL = (1, 254, 3)
sides = st.integers(1, 90)


def make(height: int, width: int, **numbers: Any) -> Preprocessing:
    return Preprocessing(height=height, width=width, fill=FILL, **numbers)


def find_content(prepared: np.ndarray) -> tuple[slice, slice]:
    """Where a prepared picture of other colours than the padding lies."""
    inside = np.any(prepared != FILL, axis=-1)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


@given(sides, sides, sides, sides, st.sampled_from(["bicubic", "bilinear"]))
def test_size_proportions_and_padding(height: int, width: int, out_height: int, out_width: int, resample: Any) -> None:
    pre = make(out_height, out_width, resample=resample)
    prepared = pre.prepare(np.full((height, width, 3), (200, 10, 90), np.uint8))
    assert prepared.shape == (out_height, out_width, 3)
    assert prepared.dtype == np.uint8
    rows, columns = find_content(prepared)
    content = prepared[rows, columns]
    assert content.shape[:2] == pre.fit(height, width)
    assert np.all(content == (200, 10, 90)), "a plain picture stays plain"
    # One side is filled, the other keeps proportions within half a pixel.
    scale = min(out_height / height, out_width / width)
    assert content.shape[0] == out_height or content.shape[1] == out_width
    assert content.shape[0] == pytest.approx(max(1, height * scale), abs=0.5 + 1e-9)
    assert content.shape[1] == pytest.approx(max(1, width * scale), abs=0.5 + 1e-9)
    # Centred, the odd pixel below and to the right.
    assert rows.start == (out_height - content.shape[0]) // 2
    assert columns.start == (out_width - content.shape[1]) // 2
    outside = np.ones((out_height, out_width), bool)
    outside[rows, columns] = False
    assert np.all(prepared[outside] == FILL)


@given(st.integers(8, 90), st.integers(8, 90), st.integers(8, 90), st.integers(8, 90))
def test_never_upside_down_nor_mirrored(height: int, width: int, out_height: int, out_width: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 200, height)[:, None]
    picture[..., 2] = np.linspace(0, 200, width)[None]
    pre = make(out_height, out_width)
    prepared = pre.prepare(picture)
    rows, columns = find_content(prepared)
    content = prepared[rows, columns].astype(int)
    if min(content.shape[:2]) >= 2:
        assert content[0, :, 0].mean() < content[-1, :, 0].mean()
        assert content[:, 0, 2].mean() < content[:, -1, 2].mean()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((80, 60), (80, 60)), ((160, 121), (79, 60)), ((1, 1000), (1, 60)), ((1000, 1), (80, 1)), ((3, 2), (80, 53))],
)
def test_rounding_is_to_the_nearest_pixel_and_never_to_none(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Preprocessing(80, 60).fit(*size) == expected


def test_a_half_is_rounded_up() -> None:
    assert Preprocessing(10, 100).fit(20, 5) == (10, 3)
    assert Preprocessing(100, 10).fit(5, 20) == (3, 10)


def test_a_picture_of_the_right_size_is_not_even_copied() -> None:
    picture = draw_picture(0, 80, 60)
    assert Preprocessing(80, 60).prepare(picture) is picture


def test_preparing_twice_changes_nothing() -> None:
    pre = Preprocessing(80, 60)
    once = pre.prepare(draw_picture(0, 300, 100))
    assert pre.prepare(once) is once


@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
def test_the_resize_is_pillows_antialiased_one(resample: Any) -> None:
    picture = draw_picture(0, 200, 150)
    method = Image.Resampling[resample.upper()]
    expected = np.asarray(Image.fromarray(picture).resize((60, 80), method))
    assert np.array_equal(Preprocessing(80, 60, resample=resample).prepare(picture), expected)
    stripes = np.zeros((200, 150, 3), np.uint8)
    stripes[:, ::2] = 254
    assert np.abs(Preprocessing(80, 60, resample=resample).prepare(stripes)[:, 2:-2].astype(int) - 127).max() < 30


def test_views_of_any_layout_give_the_same() -> None:
    picture = draw_picture(0, 100, 100)
    pre = Preprocessing(80, 60)
    assert np.array_equal(pre.prepare(picture[::-1, ::-1]), pre.prepare(picture[::-1, ::-1].copy()))
    assert pre.prepare(picture).flags.writeable


@pytest.mark.parametrize(
    "picture",
    [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 4), np.uint8), np.zeros((5, 5, 3)), np.zeros((0, 5, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(picture: Any) -> None:
    with pytest.raises(UsageError, match="expected a picture of uint8"):
        Preprocessing(80, 60).prepare(picture)


def test_load_is_decode_then_prepare() -> None:
    file = BytesIO()
    Image.fromarray(draw_picture(0, 130, 200)).save(file, "PNG")
    data, pre = file.getvalue(), make(80, 60)
    assert np.array_equal(pre.load(data), pre.prepare(decode_picture(data)))
    box = (10, 20, 50, 60)
    assert np.array_equal(pre.load(data, box=box), pre.prepare(decode_picture(data, box=box)))
    with pytest.raises(PictureError, match="at most 5"):
        pre.load(data, limits=DecodeLimits(max_bytes=5))


def test_normalise_is_the_formula() -> None:
    batch = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
    pre = Preprocessing(4, 5, mean=(1, 2, 3), std=(4, 5, 6))
    result = pre.normalise(batch)
    assert result.shape == (2, 3, 4, 5)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    for channel in range(3):
        expected = (batch[..., channel] - [1.0, 2.0, 3.0][channel]) / [4.0, 5.0, 6.0][channel]
        np.testing.assert_allclose(result[:, channel], expected, rtol=1e-6)


def test_json_goes_there_and_back() -> None:
    pre = Preprocessing(96, 72, (0, 1, 2), (1.5, 2, 3), (4, 5, 6.25), "bilinear")
    assert Preprocessing.from_json(json.loads(json.dumps(pre.to_json()))) == pre
    assert Preprocessing.from_json({"height": 96, "width": 72}) == Preprocessing(96, 72)


@pytest.mark.parametrize("data", [{"height": 5}, {"height": 5, "width": 5, "depth": 5}])
def test_json_with_other_numbers_is_refused(data: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="not the numbers of a preprocessing"):
        Preprocessing.from_json(data)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"height": 0}, "at least 1 x 1"),
        ({"fill": (0, 0, 256)}, "0 to 255"),
        ({"fill": (0, 0)}, "three whole numbers"),
        ({"std": (1, 1, 0)}, "above 0"),
        ({"mean": (1, 1)}, "three numbers"),
        ({"resample": "nearest"}, "expected bicubic or bilinear"),
    ],
)
def test_impossible_numbers_are_refused(numbers: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Preprocessing(**({"height": 80, "width": 60} | numbers))

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from modiste.errors import PictureError
from modiste.imaging import colours
from modiste.imaging.colours import to_rgb


def pixel(image: Image.Image) -> list[int]:
    return to_rgb(image)[0, 0].tolist()


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, [255, 255, 255]),
        ("1", 0, [0, 0, 0]),
        ("L", 77, [77, 77, 77]),
        ("LA", (77, 255), [77, 77, 77]),
        ("LA", (77, 0), [255, 255, 255]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (1, 2, 3, 255), [1, 2, 3]),
        ("RGBA", (1, 2, 3, 0), [255, 255, 255]),
        ("RGBA", (0, 0, 0, 128), [127, 127, 127]),
        ("RGBa", (0, 0, 0, 0), [255, 255, 255]),
        ("La", (0, 0), [255, 255, 255]),
        ("CMYK", (0, 0, 0, 0), [255, 255, 255]),
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
        ("I;16", 65535, [255, 255, 255]),
        ("I;16", 257 * 100, [100, 100, 100]),
        ("I;16", 257 * 100 + 129, [101, 101, 101]),
        ("I;16", 257 * 100 + 128, [100, 100, 100]),
    ],
)
def test_every_mode_becomes_rgb_on_white(mode: str, value: object, expected: list[int]) -> None:
    assert pixel(Image.new(mode, (2, 2), value)) == expected


def test_big_endian_16_bits() -> None:
    values = np.array([[0, 257 * 7, 65535]], ">u2")
    image = Image.frombytes("I;16B", (3, 1), values.tobytes())
    assert to_rgb(image)[0, :, 0].tolist() == [0, 7, 255]


@pytest.mark.parametrize(("mode", "value", "transparent"), [("L", 9, 9), ("RGB", (1, 2, 3), (1, 2, 3)), ("I;16", 9, 9)])
def test_one_transparent_colour_becomes_white(mode: str, value: object, transparent: object) -> None:
    image = Image.new(mode, (2, 1), value)
    image.info["transparency"] = transparent
    assert pixel(image) == [255, 255, 255]


@pytest.mark.parametrize("transparent", [1, b"\xff\x00"])
def test_transparent_palette_entries_become_white(transparent: object) -> None:
    image = Image.new("P", (2, 1), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert pixel(image) == [40, 50, 60]
    image.info["transparency"] = transparent
    assert pixel(image) == [255, 255, 255]


@pytest.mark.parametrize("mode", ["I", "F"])
def test_values_of_32_bits_are_refused(mode: str) -> None:
    with pytest.raises(PictureError, match="32 bits"):
        to_rgb(Image.new(mode, (1, 1)))


def test_the_result_may_be_written_to() -> None:
    picture = to_rgb(Image.new("RGB", (4, 5)))
    assert picture.shape == (5, 4, 3)
    assert picture.flags.writeable


@pytest.mark.parametrize("at_once", [1, 7, 21, 34, 1 << 20])
def test_rows_that_are_copied_some_at_a_time_are_all_of_them(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(colours, "_AT_ONCE", at_once)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    np.testing.assert_array_equal(to_rgb(Image.fromarray(pixels)), pixels)


def test_a_large_picture_is_there_once_beside_pillow_s() -> None:
    image = Image.new("RGB", (2500, 2000), (9, 8, 7))
    tracemalloc.start()
    try:
        picture = to_rgb(image)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert picture.nbytes < peak < 1.6 * picture.nbytes and picture[-1, -1].tolist() == [9, 8, 7]

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from modiste.imaging.orientation import find_jpeg_orientation, get_orientation, swaps_sides, turn

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def encode(orientation: object, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = BytesIO()
    Image.fromarray(PICTURE).save(file, "JPEG", exif=exif, **options)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_turn_as_pillow_turns_them(orientation: int) -> None:
    image = Image.fromarray(PICTURE)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    turned = turn(PICTURE, orientation)
    assert np.array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert swaps_sides(orientation) == (turned.shape[0] == 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_file_says_its_orientation(orientation: int) -> None:
    assert find_jpeg_orientation(encode(orientation)) == orientation


def test_the_block_is_found_behind_others() -> None:
    data = encode(8)
    comment = b"\xff\xfe\x00\x0bExif\0\0 no"
    assert find_jpeg_orientation(data[:2] + comment + data[2:]) == 8


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_impossible_orientations_mean_upright(orientation: int) -> None:
    assert find_jpeg_orientation(encode(orientation)) == 1


def test_no_block_means_upright() -> None:
    file = BytesIO()
    Image.fromarray(PICTURE).save(file, "JPEG")
    assert find_jpeg_orientation(file.getvalue()) == 1
    assert find_jpeg_orientation(file.getvalue() + b"Exif\0\0") == 1
    assert find_jpeg_orientation(b"\xff\xd8Exif\0\0") == 1


def test_damaged_blocks_mean_upright() -> None:
    data = encode(6)
    start = data.index(b"Exif\0\0") + 6
    for position in range(start, start + 20):
        damaged = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
        assert 1 <= find_jpeg_orientation(damaged) <= 8
    assert find_jpeg_orientation(data[:start] + b"XXXX" + data[start + 4 :]) == 1


def test_a_value_of_the_wrong_type_means_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = "6"
    assert get_orientation(exif) == 1

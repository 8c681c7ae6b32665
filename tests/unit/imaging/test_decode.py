from __future__ import annotations

import importlib.util
import math
import random
import threading
import time
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from modiste.bench.mutations import draw_picture
from modiste.errors import PictureError
from modiste.imaging import Box, DecodeLimits, decode_picture

PICTURE = draw_picture(3, 60, 40)


def encode(picture: np.ndarray, name: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, name, **options)
    return file.getvalue()


def test_every_sample_gives_rgb(samples: Mapping[str, bytes]) -> None:
    for name, data in samples.items():
        picture = decode_picture(data)
        assert picture.dtype == np.uint8, name
        assert picture.shape == ((90, 120, 3) if name == "turned.jpg" else (120, 90, 3)), name
        assert picture.std() > 10, name


def test_the_first_frame_and_the_first_page_count() -> None:
    frames = [Image.fromarray(np.full((9, 8, 3), value, np.uint8)) for value in (10, 200)]
    for name in ("GIF", "TIFF", "WEBP", "PNG"):
        file = BytesIO()
        options = {"lossless": True} if name == "WEBP" else {}
        frames[0].save(file, name, save_all=True, append_images=frames[1:], **options)
        assert decode_picture(file.getvalue()).max() <= 11, name


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_in_every_format(name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"lossless": True} if name == "WEBP" else {}
    shown = decode_picture(encode(PICTURE, name, exif=exif, **options)).astype(int)
    expected = np.rot90(PICTURE, -1).astype(int)
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < (8 if name == "JPEG" else 0.01)


# Limits, each firing


@pytest.mark.parametrize(
    "name", ["plain.jpg", "plain.png", "plain.gif", "plain.bmp", "plain.tif", "plain.webp", "inks.jpg"]
)
def test_limits_fire_before_decoding(name: str, samples: Mapping[str, bytes]) -> None:
    with pytest.raises(PictureError, match="bytes long; at most 100 are read"):
        decode_picture(samples[name], limits=DecodeLimits(max_bytes=100))
    with pytest.raises(PictureError, match="90 x 120 = 10,800 pixels large; at most 10,799"):
        decode_picture(samples[name], limits=DecodeLimits(max_pixels=120 * 90 - 1))
    decode_picture(samples[name], limits=DecodeLimits(max_pixels=120 * 90))


def test_headers_of_absurd_size_are_refused_at_once(samples: Mapping[str, bytes]) -> None:
    from modiste.bench.mutations import make_huge_headers

    for name, data in make_huge_headers(samples).items():
        started = time.process_time()
        with pytest.raises(PictureError, match=r"too large|pixels large|makes no sense"):
            decode_picture(data)
        assert time.process_time() - started < 1, name


def test_a_picture_between_pillows_warning_and_its_refusal_is_no_noise(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode(np.zeros((9_500, 9_500), bool))
    with pytest.raises(PictureError, match="at most 1,000,000"):
        decode_picture(data, limits=DecodeLimits(max_pixels=1_000_000))
    assert capfd.readouterr() == ("", "")


# Damage


def test_truncated_pictures_are_refused_or_whole(samples: Mapping[str, bytes]) -> None:
    rng = random.Random(0)
    for name, data in samples.items():
        whole = decode_picture(data)
        for length in (*rng.sample(range(len(data)), 12), len(data) - 1, len(data) - 2, len(data) - 9):
            try:
                assert np.array_equal(decode_picture(data[:length]), whole), (name, length)
            except PictureError as error:
                assert length < len(data), error


def test_flipped_bits_give_a_picture_or_a_picture_error(
    samples: Mapping[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    for data in samples.values():
        for _ in range(40):
            damaged = bytearray(data)
            for _ in range(rng.choice([1, 3, 20])):
                reach = len(data) if rng.random() < 0.5 else min(200, len(data))
                damaged[rng.randrange(reach)] ^= 1 << rng.randrange(8)
            try:
                assert decode_picture(bytes(damaged)).ndim == 3
            except PictureError as error:
                assert "0x" not in str(error), "a memory address would differ from run to run"
    assert capfd.readouterr() == ("", "")


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0"])
)
def test_any_bytes_give_a_picture_or_a_picture_error(tail: bytes, head: bytes) -> None:
    try:
        decode_picture(head + tail)
    except PictureError as error:
        assert str(error)


def test_a_jpeg_with_harmless_litter_is_still_read(samples: Mapping[str, bytes]) -> None:
    data = samples["plain.jpg"]
    littered = data[:-2] + b"\0\0litter" + data[-2:]
    with pytest.raises(ValueError, match="extraneous"):
        simplejpeg.decode_jpeg(littered, "RGB")
    assert np.abs(decode_picture(littered).astype(int) - decode_picture(data)).max() <= 3


def test_memory_that_is_not_there_is_a_picture_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("modiste.imaging.decode.decode_with_pillow", fail)
    with pytest.raises(PictureError, match="more memory than there is"):
        decode_picture(encode(PICTURE))


def test_a_format_that_is_not_on_the_list_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    for name in ("PPM", "TGA", "ICO", "PCX", "EPS", "SGI"):
        file = BytesIO()
        with monkeypatch.context() as context:
            context.undo()
            Image.fromarray(PICTURE).save(file, name)
        with pytest.raises(PictureError, match="this seems to be"):
            decode_picture(file.getvalue())


# Plug-ins


def test_missing_plugins_are_named_with_the_line_to_type(
    samples: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "check", lambda _: False)
    with pytest.raises(PictureError, match=r"pip install 'pillow>=11.3'"):
        decode_picture(b"\0\0\0\x14ftypavif\0\0\0\0avif")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(PictureError, match="pip install pillow-heif"):
        decode_picture(b"\0\0\0\x14ftypheic\0\0\0\0heic")


@pytest.mark.skipif(importlib.util.find_spec("pillow_heif") is None, reason="needs pillow-heif")
def test_heic_is_read_where_its_plugin_is() -> None:
    pillow_heif = importlib.import_module("pillow_heif")
    file = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(PICTURE)).save(file, quality=95)
    assert np.abs(decode_picture(file.getvalue()).astype(int) - PICTURE).mean() < 8


# Boxes


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((0, 0, 40, 60), slice(0, 60), slice(0, 40)),
        ((3, 5, 10, 20), slice(5, 25), slice(3, 13)),
        ((-5, -5, 10, 10), slice(0, 5), slice(0, 5)),
        ((30, 50, 1000, 1000), slice(50, 60), slice(30, 40)),
        ((2.6, 4.4, 10, 10), slice(4, 14), slice(3, 13)),
        ((7.1, 7.1, 0.2, 0.2), slice(7, 8), slice(7, 8)),
        ((39.9, 59.9, 5, 5), slice(59, 60), slice(39, 40)),
        ((-1e300, 0, math.inf, 60), None, None),
    ],
)
def test_a_box_is_cut_and_clipped(box: Box, rows: slice | None, columns: slice | None) -> None:
    data = encode(PICTURE)
    if rows is None:
        with pytest.raises(PictureError):
            decode_picture(data, box=box)
    else:
        assert np.array_equal(decode_picture(data, box=box), PICTURE[rows, columns])


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, -1), (math.nan, 0, 5, 5)])
def test_an_empty_box_is_refused(box: Box) -> None:
    with pytest.raises(PictureError, match="is empty; expected left, top, width, height"):
        decode_picture(encode(PICTURE), box=box)


@pytest.mark.parametrize("box", [(40, 0, 5, 5), (0, 60, 5, 5), (-9, 0, 9, 9), (0, -9, 9, 9)])
def test_a_box_outside_is_refused(box: Box) -> None:
    with pytest.raises(PictureError, match="lies outside the picture of 40 x 60 pixels"):
        decode_picture(encode(PICTURE), box=box)


def test_a_box_is_of_the_picture_as_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(PICTURE, "PNG", exif=exif)
    assert np.array_equal(decode_picture(data, box=(50, 0, 10, 40)), np.rot90(PICTURE, -1)[:, 50:])


@given(
    st.tuples(*[st.floats(-100, 100)] * 2, *[st.floats(0.01, 200)] * 2),
)
def test_any_box_gives_pixels_or_a_picture_error(box: Box) -> None:
    try:
        cut = decode_picture(_SMALL, box=box)
    except PictureError as error:
        assert "outside" in str(error)
        assert box[0] + box[2] <= 0 or box[1] + box[3] <= 0 or box[0] >= 8 or box[1] >= 8
    else:
        assert 1 <= cut.shape[0] <= 8
        assert 1 <= cut.shape[1] <= 8


_SMALL = encode(PICTURE[:8, :8])


# Reduction while decoding


@pytest.mark.parametrize(
    ("size", "at_least", "expected"),
    [
        ((800, 600), (80, 60), (200, 150)),
        ((800, 600), (200, 150), (400, 300)),
        ((800, 600), (201, 151), (800, 600)),
        ((100, 1600), (100, 100), (13, 200)),
        ((60, 45), (80, 60), (60, 45)),
    ],
)
def test_a_large_jpeg_is_reduced_to_no_less_than_twice_what_is_asked_for(
    size: tuple[int, int], at_least: tuple[int, int], expected: tuple[int, int]
) -> None:
    data = simplejpeg.encode_jpeg(draw_picture(0, *size))
    assert decode_picture(data, at_least=at_least).shape[:2] == expected


def test_reduction_knows_boxes_and_orientation() -> None:
    picture = draw_picture(0, 800, 600)
    data = encode(picture, "JPEG", quality=95)
    cut = decode_picture(data, box=(100, 200, 300, 400), at_least=(100, 75))
    assert cut.shape == (200, 150, 3)
    assert np.abs(cut.astype(int) - picture[200:600:2, 100:400:2]).mean() < 10
    exif = Image.Exif()
    exif[0x0112] = 8
    turned = encode(picture, "JPEG", exif=exif)
    assert decode_picture(turned, at_least=(75, 100)).shape == (150, 200, 3)


def test_other_formats_are_never_reduced() -> None:
    assert decode_picture(encode(draw_picture(0, 800, 600)), at_least=(8, 6)).shape == (800, 600, 3)


def test_threads_decode_side_by_side(samples: Mapping[str, bytes]) -> None:
    expected = {name: decode_picture(data) for name, data in samples.items()}
    wrong: list[str] = []

    def work() -> None:
        wrong.extend(name for name, data in samples.items() if not np.array_equal(decode_picture(data), expected[name]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

"""Decoding against Pillow's own, and reduction while decoding against none."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from modiste.bench.mutations import draw_picture, encode_samples
from modiste.imaging import PictureSource, Preprocessing, decode_picture, find_pictures


@pytest.fixture(scope="module")
def samples() -> dict[str, bytes]:
    return encode_samples(seed=2)


def decode_with_pillow(data: bytes) -> np.ndarray:
    """The plain way: orientation, then transparency on white, then RGB; by other calls than modiste's."""
    with Image.open(BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.mode == "I;16":
        image = Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    assert one.shape == other.shape
    return np.abs(one.astype(int) - other.astype(int))


def test_every_format_is_decoded_as_pillow_does(samples: Mapping[str, bytes]) -> None:
    for name, data in samples.items():
        off = difference(decode_picture(data), decode_with_pillow(data))
        # Two libjpeg-turbos may differ by rounding; laying on white may by one level.
        assert off.max() <= (4 if name.endswith(".jpg") else 1), name
        assert off.mean() <= 0.6, name


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_all_eight_orientations(name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = BytesIO()
    Image.fromarray(draw_picture(0, 60, 40)).save(file, name, exif=exif)
    off = difference(decode_picture(file.getvalue()), decode_with_pillow(file.getvalue()))
    assert off.max() <= 4
    assert off.shape == ((60, 40, 3) if orientation < 5 else (40, 60, 3))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_chroma_subsampling(subsampling: int, progressive: bool) -> None:
    file = BytesIO()
    Image.fromarray(draw_picture(0, 61, 43)).save(file, "JPEG", subsampling=subsampling, progressive=progressive)
    assert difference(decode_picture(file.getvalue()), decode_with_pillow(file.getvalue())).max() <= 4


@pytest.mark.parametrize("size", [(1200, 900), (801, 1100), (2000, 500)])
@pytest.mark.parametrize("target", [(80, 60), (96, 72), (128, 96)])
def test_reducing_while_decoding_costs_nothing_that_matters(size: tuple[int, int], target: tuple[int, int]) -> None:
    file = BytesIO()
    Image.fromarray(draw_picture(4, *size)).save(file, "JPEG", quality=92)
    data, pre = file.getvalue(), Preprocessing(*target)
    reduced, full = pre.load(data), pre.prepare(decode_picture(data))
    assert decode_picture(data, at_least=target).shape < decode_picture(data).shape, "it was reduced"
    off = difference(reduced, full)
    assert off.mean() < 1.0
    assert np.quantile(off, 0.99) <= 10
    # A headroom of two is what buys this: reduced to the target's own size, the picture is several times worse.
    height, width = pre.fit(*size)
    nearest = np.asarray(Image.fromarray(decode_picture(data)).resize((width, height), Image.Resampling.NEAREST))
    assert difference(pre.prepare(np.ascontiguousarray(nearest)), full).mean() > 2 * off.mean()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [None, (33, 21, 601.5, 700)])
def test_reducing_knows_where_a_turned_picture_ends(orientation: int, box: tuple[float, float, float, float]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = BytesIO()
    # Neither side can be divided by 8: the last pixels of the reduced picture are covered in part.
    Image.fromarray(draw_picture(4, 803, 1101)).save(file, "JPEG", quality=92, exif=exif)
    data, pre = file.getvalue(), Preprocessing(40, 40)
    off = difference(pre.load(data, box=box), pre.prepare(decode_picture(data, box=box)))
    assert off.mean() < 1.0
    assert np.quantile(off, 0.99) <= 10


@pytest.mark.data
@pytest.mark.parametrize("name", ["small", "225x300", "224x224"])
def test_real_pictures_are_decoded_as_pillow_does(shared_data: Path, name: str) -> None:
    references = list(find_pictures(shared_data / f"fashion-product-images-{name}.zip"))[::97]
    with PictureSource() as source:
        for reference in references:
            data = source.read(reference)
            assert difference(decode_picture(data), decode_with_pillow(data)).max() <= 4, reference

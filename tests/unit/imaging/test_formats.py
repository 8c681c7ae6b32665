from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from modiste.errors import PictureError
from modiste.imaging.formats import detect_format


def test_every_sample_is_what_pillow_says(samples: Mapping[str, bytes]) -> None:
    for name, data in samples.items():
        with Image.open(BytesIO(data)) as image:
            assert detect_format(data) == image.format, name


@pytest.mark.parametrize(
    ("data", "seems"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF", "a PostScript document"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"PK\x03\x04abc", "a zip archive"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "an SVG drawing"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC ''>\n<svg/>", "an SVG drawing"),
        (b"\n<!DOCTYPE HTML><title>404</title>", "an HTML page"),
        (b"<html><body>Not found", "an HTML page"),
        (b"id,name\n1,shirt\n", "a text"),
        ("größe".encode() * 300, "a text"),
        (bytes(100), "nothing but zero bytes"),
        (b"\xfe\x01\x02\x03", "no picture, or one whose beginning is damaged"),
        (b"abc\x01\x02", "no picture, or one whose beginning is damaged"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ],
)
def test_a_stranger_is_named(data: bytes, seems: str) -> None:
    with pytest.raises(PictureError, match=f"this seems to be {seems}.*expected JPEG, PNG"):
        detect_format(data)


def test_avif_and_heic_are_told_apart_by_all_their_brands() -> None:
    def container(major: bytes, *compatible: bytes) -> bytes:
        return (16 + 4 * len(compatible)).to_bytes(4, "big") + b"ftyp" + major + bytes(4) + b"".join(compatible)

    assert detect_format(container(b"mif1", b"mif1", b"avif")) == "AVIF"
    assert detect_format(container(b"mif1", b"mif1", b"heic")) == "HEIF"
    assert detect_format(container(b"heic")) == "HEIF"


@given(st.binary(max_size=64))
def test_any_bytes_get_a_name_or_a_reason(data: bytes) -> None:
    try:
        assert detect_format(data) in {"JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF"}
    except PictureError as error:
        assert "this seems to be" in str(error)

"""IDX files as containers: exact grey values, and a clear word for every damage."""

from __future__ import annotations

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from modiste.errors import PictureError, SourceError
from modiste.imaging import ArchiveLimits, PictureSource, decode_picture, find_pictures, is_archive
from modiste.imaging.idx_file import encode_grey_png

NAME = "train-images-idx3-ubyte"


def make_idx(pictures: np.ndarray) -> bytes:
    return struct.pack(">4B3L", 0, 0, 8, 3, *pictures.shape) + pictures.tobytes()


@pytest.fixture
def grey() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (12, 28, 20), dtype=np.uint8)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_every_picture_decodes_to_its_exact_values(tmp_path: Path, grey: np.ndarray, packed: bool) -> None:
    path = tmp_path / (NAME + ".gz" * packed)
    path.write_bytes(gzip.compress(make_idx(grey)) if packed else make_idx(grey))
    references = list(find_pictures(path))
    assert is_archive(path)
    assert references == [f"{path}::{number:02}.png" for number in range(12)]
    with PictureSource() as source:
        for reference, expected in zip(references, grey, strict=True):
            picture = decode_picture(source.read(reference))
            assert np.array_equal(picture, np.repeat(expected[:, :, None], 3, axis=2))


def test_it_may_lie_in_an_archive(tmp_path: Path, grey: np.ndarray) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"raw/{NAME}.gz", gzip.compress(make_idx(grey)))
    references = list(find_pictures(tmp_path / "set.zip"))
    assert len(references) == 12 and references[3].endswith(f"raw/{NAME}.gz::03.png")
    with PictureSource() as source:
        assert decode_picture(source.read(references[3])).shape == (28, 20, 3)


def test_it_is_unpacked_once_while_the_source_is_open(
    tmp_path: Path, grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / (NAME + ".gz")
    path.write_bytes(gzip.compress(make_idx(grey)))
    opened = []
    monkeypatch.setattr(gzip, "open", lambda *args, real=gzip.open: opened.append(args) or real(*args))
    monkeypatch.setattr("modiste.imaging.archives._COMPRESSIONS", ((b"\x1f\x8b", gzip.open),))
    with PictureSource() as source:
        for number in range(12):
            source.read(f"{path}::{number:02}.png")
    assert len(opened) == 1


def test_what_it_unpacks_to_is_bounded(tmp_path: Path, grey: np.ndarray) -> None:
    path = tmp_path / (NAME + ".gz")
    path.write_bytes(gzip.compress(make_idx(np.zeros((4000, 28, 28), np.uint8))))
    with pytest.raises(PictureError, match="unpacks to more than 1,000 bytes"):
        PictureSource(ArchiveLimits(max_unpacked_bytes=1000)).read(f"{path}::0001.png")
    with pytest.raises(SourceError, match="more than 10 members"):
        list(find_pictures(path, limits=ArchiveLimits(max_members=10)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "begins with nothing"),
        (b"\x00\x00\x08\x01" + bytes(20), "begins with 00 00 08 01; expected 00 00 08 03"),
        (b"\x89PNG" + bytes(20), "begins with 89 50 4e 47"),
        (struct.pack(">4B3L", 0, 0, 8, 3, 2, 2, 2) + bytes(7), "cut short: 2 pictures need 24 bytes, and it has 23"),
        (struct.pack(">4B3L", 0, 0, 8, 3, 2, 2, 2) + bytes(9), "too long"),
        (struct.pack(">4B3L", 0, 0, 8, 3, 2, 0, 2), "0 pixels|2 x 0"),
        (struct.pack(">4B3L", 0, 0, 8, 3, 2, 2**32 - 1, 2**32 - 1), "expected 1 to"),
        (b"\x1f\x8b\x08\x00broken", "damaged or cut short"),
    ],
)
def test_damage_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    with pytest.raises(SourceError, match=reason):
        list(find_pictures(path))


def test_a_missing_member_is_refused(tmp_path: Path, grey: np.ndarray) -> None:
    (tmp_path / NAME).write_bytes(make_idx(grey))
    with pytest.raises(PictureError, match=r"no member '12\.png'"):
        PictureSource().read(f"{tmp_path / NAME}::12.png")


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 2000))))
def test_a_png_holds_what_was_put_in(pixels: np.ndarray) -> None:
    height, width = pixels.shape
    decoded = decode_picture(encode_grey_png(pixels.tobytes(), height, width))
    assert np.array_equal(decoded, np.repeat(pixels[:, :, None], 3, axis=2))

"""Pictures are decoded once, by the one preprocessing; half a cache is never taken for a whole one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from modiste.imaging import PictureSource, Preprocessing
from modiste.training.pictures import PictureRequest, cache_pictures

SMALL = Preprocessing(height=20, width=15)


@pytest.fixture
def requests(tmp_path: Path) -> list[PictureRequest]:
    """Five pictures, the second with a box; the fourth is damaged, the last is not there."""
    rng = np.random.default_rng(3)
    for number, size in enumerate([(40, 30), (31, 57), (20, 15)]):
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes(b"no picture")
    boxes = {1: (4.0, 5.0, 20.0, 18.0)}
    return [PictureRequest(str(tmp_path / f"{number}.png"), boxes.get(number)) for number in range(5)]


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> bytes:
        raise AssertionError("the cache was not used")

    monkeypatch.setattr(PictureSource, "read", refuse)


def test_the_cache_holds_what_the_preprocessing_gives(requests: list[PictureRequest], tmp_path: Path) -> None:
    cached = cache_pictures(requests, SMALL, tmp_path / "cache")
    assert (cached.pixels.shape, cached.pixels.dtype) == ((5, 20, 15, 3), np.uint8)
    for position, request in enumerate(requests[:3]):
        expected = SMALL.load(Path(request.reference).read_bytes(), box=request.box)
        np.testing.assert_array_equal(cached.pixels[position], expected)
    whole = SMALL.load(Path(requests[1].reference).read_bytes())
    assert not np.array_equal(cached.pixels[1], whole)


def test_failures_are_noted_with_their_reason(requests: list[PictureRequest], tmp_path: Path) -> None:
    for _ in range(2):  # decoded, then mapped
        cached = cache_pictures(requests, SMALL, tmp_path / "cache")
        assert cached.failures.keys() == {3, 4}
        assert all(cached.failures.values())
        assert (cached.pixels[3:] == 255).all()


def test_a_second_call_maps_the_same_file(
    requests: list[PictureRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cache_pictures(requests, SMALL, tmp_path / "cache")
    forbid_reading(monkeypatch)
    second = cache_pictures(requests, SMALL, tmp_path / "cache")
    assert isinstance(second.pixels, np.memmap)
    assert isinstance(first.pixels, np.memmap)
    assert second.pixels.filename == first.pixels.filename
    np.testing.assert_array_equal(second.pixels, first.pixels)


def test_other_pictures_numbers_or_boxes_have_a_file_of_their_own(
    requests: list[PictureRequest], tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    without_box = [PictureRequest(request.reference) for request in requests]
    cache_pictures(requests, SMALL, folder)
    cache_pictures(requests[::-1], SMALL, folder)
    cache_pictures(without_box, SMALL, folder)
    cache_pictures(requests, Preprocessing(height=20, width=15, fill=(0, 0, 0)), folder)
    assert len(list(folder.glob("*.npy"))) == 4


class PowerCutError(Exception):
    """Stands for a power cut."""


def test_a_cache_that_was_cut_off_is_made_again(
    requests: list[PictureRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = tmp_path / "cache", PictureSource.read

    def die(self: PictureSource, reference: str, *arguments: Any, **options: Any) -> bytes:
        if reference == requests[2].reference:
            raise PowerCutError
        return real(self, reference, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(PictureSource, "read", die)
        with pytest.raises(PowerCutError):
            cache_pictures(requests, SMALL, folder)
    assert {path.suffix for path in folder.iterdir()} == {".part"}
    again = cache_pictures(requests, SMALL, folder)
    np.testing.assert_array_equal(again.pixels[2], SMALL.load(Path(requests[2].reference).read_bytes()))
    assert {path.suffix for path in folder.iterdir()} == {".npy", ".json"}


def test_an_array_without_its_notes_is_not_trusted(requests: list[PictureRequest], tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    expected = np.array(cache_pictures(requests, SMALL, folder).pixels)
    next(folder.glob("*.json")).unlink()
    next(folder.glob("*.npy")).write_bytes(b"half an array")
    np.testing.assert_array_equal(cache_pictures(requests, SMALL, folder).pixels, expected)

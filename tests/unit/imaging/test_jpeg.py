from __future__ import annotations

from collections.abc import Mapping

import pytest
import simplejpeg

from modiste.bench.mutations import draw_picture
from modiste.errors import PictureError
from modiste.imaging import DecodeLimits
from modiste.imaging.jpeg import decode_jpeg

LIMITS = DecodeLimits()


@pytest.mark.parametrize(("allowed", "factor"), [(1, 1), (2, 2), (3, 2), (4, 4), (7, 4), (8, 8), (100, 8)])
def test_sides_are_divided_by_no_more_than_allowed(allowed: int, factor: int) -> None:
    data = simplejpeg.encode_jpeg(draw_picture(0, 203, 101))
    seen = []
    found = decode_jpeg(data, limits=LIMITS, choose=lambda *size: seen.append(size) or allowed)
    assert found is not None
    assert seen == [(203, 101)]
    assert found[1] == factor
    assert found[2] == (203, 101)
    assert found[0].shape == (-(-203 // factor), -(-101 // factor), 3)


def test_unusual_files_are_left_to_pillow(samples: Mapping[str, bytes]) -> None:
    plain = samples["plain.jpg"]
    assert decode_jpeg(samples["inks.jpg"], limits=LIMITS) is None
    assert decode_jpeg(plain[:-200], limits=LIMITS) is None
    assert decode_jpeg(plain[:20], limits=LIMITS) is None


def test_the_size_is_checked_first(samples: Mapping[str, bytes]) -> None:
    with pytest.raises(PictureError, match="at most 100 are decoded"):
        decode_jpeg(samples["plain.jpg"], limits=DecodeLimits(max_pixels=100))


def test_endless_scans_are_refused(samples: Mapping[str, bytes]) -> None:
    data = samples["progressive.jpg"]
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match=r"3\d\d scans; at most 200"):
        decode_jpeg(data[:-2] + 300 * last_scan + data[-2:], limits=LIMITS)
    with pytest.raises(PictureError, match=r"1\d\d scans; at most 40"):
        decode_jpeg(data[:-2] + 100 * last_scan + data[-2:], limits=DecodeLimits(max_pixels=2 * 120 * 90))
    assert decode_jpeg(data, limits=DecodeLimits(max_pixels=120 * 90)) is not None

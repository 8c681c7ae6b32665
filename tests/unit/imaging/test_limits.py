from __future__ import annotations

import pytest

from modiste.errors import PictureError, UsageError
from modiste.imaging import ArchiveLimits, DecodeLimits


def test_bytes_and_pixels_are_allowed_up_to_the_limit() -> None:
    limits = DecodeLimits(max_bytes=10, max_pixels=12)
    limits.check_bytes(10)
    limits.check_size(3, 4)
    with pytest.raises(PictureError, match="11 bytes long; at most 10"):
        limits.check_bytes(11)
    with pytest.raises(PictureError, match="5 x 3 = 15 pixels large; at most 12"):
        limits.check_size(3, 5)
    with pytest.raises(PictureError, match="at least 1 x 1"):
        limits.check_size(0, 5)


@pytest.mark.parametrize("name", ["max_bytes", "max_pixels"])
def test_decode_limits_must_be_positive(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        DecodeLimits(**{name: 0})


@pytest.mark.parametrize("name", ["max_depth", "max_members", "max_unpacked_bytes"])
def test_archive_limits_must_be_positive(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        ArchiveLimits(**{name: 0})

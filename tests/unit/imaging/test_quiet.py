from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest
from PIL import Image

from modiste.imaging.quiet import silence_libtiff, silence_pillow


def test_pillow_no_longer_warns_but_others_do(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("always")
    silence_pillow()
    silence_pillow()
    Image._decompression_bomb_check((10_000, 10_000))
    warnings.warn("mine", stacklevel=1)
    assert [str(warning.message) for warning in recwarn] == ["mine"]
    assert sum(getattr(entry[3], "pattern", None) == r"PIL\." for entry in warnings.filters) == 1


def test_pillows_log_does_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    silence_pillow()
    logging.getLogger("PIL.TiffImagePlugin").error("noise")
    assert capfd.readouterr().err == ""


def test_libtiff_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    from io import BytesIO

    silence_libtiff()
    file = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (50, 50), dtype=np.uint8)
    Image.fromarray(noise).save(file, "TIFF", compression="tiff_lzw")
    data = bytearray(file.getvalue())
    data[20:2000:7] = bytes(len(range(20, 2000, 7)))
    with pytest.raises(Exception), Image.open(BytesIO(data)) as image:  # noqa: B017
        image.load()
    assert capfd.readouterr().err == ""

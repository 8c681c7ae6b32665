"""Drawn pictures in every format that Pillow writes."""

from __future__ import annotations

import pytest

from modiste.bench.mutations import encode_samples


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    return encode_samples(seed=1)

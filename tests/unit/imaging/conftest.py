"""Drawn pictures in every format that Pillow writes."""

from __future__ import annotations

import pytest
from hypothesis import settings

from modiste.bench.mutations import encode_samples

# A busy machine is no reason to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    return encode_samples(seed=1)

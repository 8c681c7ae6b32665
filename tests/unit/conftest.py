"""The golden tiny bundle, as a folder and opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bundle import Bundle

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "tiny"


@pytest.fixture(scope="session")
def tiny_path() -> Path:
    return GOLDEN


@pytest.fixture(scope="session")
def tiny(tiny_path: Path) -> Bundle:
    return Bundle.open(tiny_path)

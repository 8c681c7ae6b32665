"""The golden tiny bundle, and a zip of drawn pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bench import Setting
from modiste.bench.material import Material, pack_pictures

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tiny"


@pytest.fixture
def tiny_setting() -> Setting:
    return Setting(GOLDEN, threads=1, say=lambda line: None)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return pack_pictures(Setting(GOLDEN), tmp_path_factory.mktemp("material") / "pictures.zip", 70)

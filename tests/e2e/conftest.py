"""What several tests from end to end are given: drawn garments to learn from, and others to be judged on."""

from __future__ import annotations

import pytest

from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop

TYPES = ["Tshirts", "Jeans", "Watches", "Handbags"]


@pytest.fixture(scope="session")
def garments(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """160 drawn products of four types."""
    return read_source(write_shop(tmp_path_factory.mktemp("garments") / "shop", 160, size=(36, 48), types=TYPES))


@pytest.fixture(scope="session")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """80 others, which no training sees."""
    folder = tmp_path_factory.mktemp("unseen")
    return read_source(write_shop(folder / "shop", 80, seed=99, size=(36, 48), types=TYPES))

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modiste.catalogue.local import LocalBackend
from tests.unit.catalogue.local.drawing import HEAD, make_items, make_vectors


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LocalBackend]:
    """A catalogue of 30 items."""
    with LocalBackend(tmp_path / "shop", create=HEAD, refresh=False) as backend:
        backend.put(make_items(30), make_vectors(30))
        yield backend


@pytest.fixture
def cached_shop(tmp_path: Path) -> Iterator[LocalBackend]:
    """A catalogue of 5,000 items, which is enough for a cache."""
    with LocalBackend(tmp_path / "cached", create=HEAD, refresh=False) as backend:
        backend.put(make_items(5000), make_vectors(5000))
        backend.refresh_cache()
        yield backend

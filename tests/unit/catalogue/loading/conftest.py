"""A drawn shop in several formats, small enough for the golden tiny bundle to be done with at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.catalogue import CatalogueItem
from modiste.catalogue.local import LocalBackend
from modiste.synthetic import write_shop

Read = Callable[[Path], dict[str, tuple[CatalogueItem, NDArray[np.float32]]]]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "shop"
    write_shop(folder, count=30, seed=2)
    return folder


@pytest.fixture(scope="session")
def other(tiny: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny bundle under another fingerprint: its temperatures differ."""
    from modiste.bundle import write_bundle

    field = tiny.taxonomy.names[0]
    spec = tiny.spec.model_copy(update={"temperatures": {**tiny.spec.temperatures, field: 3.0}, "name": "other"})
    return write_bundle(tmp_path_factory.mktemp("bundles") / "other", spec=spec, onnx=tiny.read_weights(), card="x")


@pytest.fixture
def read() -> Read:
    """Reads a whole catalogue: id -> item and vector."""

    def read_all(folder: Path) -> dict[str, tuple[CatalogueItem, NDArray[np.float32]]]:
        found = {}
        with LocalBackend(folder) as backend:
            for items, vectors in backend.iterate():
                found |= {item.item_id: (item, vector) for item, vector in zip(items, vectors, strict=True)}
        return found

    return read_all

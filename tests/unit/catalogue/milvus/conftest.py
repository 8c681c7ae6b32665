"""Catalogues in Milvus Lite, which keeps a folder of its own and serves it within this process."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it imports is not ours to mend
    pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")

from modiste.catalogue import CatalogueHead
from modiste.catalogue.milvus import MilvusBackend

_NUMBERS = count()


@pytest.fixture(scope="session", autouse=True)
def _wait_for_nothing() -> Iterator[None]:
    """Half a second an index, which Milvus Lite does not need: it has made them when it answers."""
    from pymilvus.client import grpc_handler

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grpc_handler, "time", SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))
        yield


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("milvus") / "lite.db"


@pytest.fixture
def make(lite: Path) -> Iterator[object]:
    """A function that makes a catalogue for a head, or opens the last one again."""
    made: list[MilvusBackend] = []

    def build(head: CatalogueHead | None, name: str | None = None) -> MilvusBackend:
        backend = MilvusBackend(f"milvus://{lite}?name={name or f'c{next(_NUMBERS)}'}", create=head)
        made.append(backend)
        return backend

    yield build
    for backend in made:
        backend.close()

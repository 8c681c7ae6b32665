"""Where catalogues are kept: a folder, or a server that an address names."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend, CatalogueHead
from modiste.catalogue.local import LocalBackend
from modiste.errors import CatalogueError, UsageError

__all__ = ["build_head", "check_made_for", "open_backend"]

_KINDS: Final = "a folder, or milvus://HOST:PORT/NAME"


def open_backend(place: Path | str, *, create: CatalogueHead | None = None) -> Backend:
    """Open a catalogue, wherever it is kept.

    Args:
        place: A folder, or ``milvus://HOST:PORT/NAME``.
        create: What to make it for; None opens one that is there.

    Raises:
        CatalogueError: There is none, or it is damaged or foreign.
        UsageError: It was to be made, and is there already; or the address is of no kind that is known.
    """
    kind, mark, _ = str(place).partition("://")
    if not mark:
        return LocalBackend(Path(place), create=create)
    if kind != "milvus":
        raise UsageError(f"{place} is no place for a catalogue; expected {_KINDS}")
    return _open_milvus(str(place), create)


def build_head(bundle: Bundle) -> CatalogueHead:
    """Return what a catalogue says of the bundle that it is made for."""
    return CatalogueHead(bundle.fingerprint, bundle.spec.name, bundle.spec.embedding_size, bundle.taxonomy)


def check_made_for(backend: Backend, bundle: Bundle) -> None:
    """Check that pictures may be put into a catalogue by a bundle.

    Raises:
        CatalogueError: It was made with another one; the text says what to type.
    """
    info = backend.describe()
    if info.head.fingerprint != bundle.fingerprint:
        raise CatalogueError(
            f"{info.place} was made with the bundle '{info.head.bundle_name}' ({info.head.fingerprint[:12]}), and "
            f"'{bundle.spec.name}' ({bundle.fingerprint[:12]}) is given: their vectors can't be compared. Give its own "
            f"bundle (--bundle FOLDER), or type: modiste catalogue rebuild {info.place} --bundle {bundle.path}"
        )


def _open_milvus(address: str, create: CatalogueHead | None) -> Backend:
    # Late: it needs the extra `milvus`.
    try:
        module = importlib.import_module("modiste.catalogue.milvus")
        backend: Backend = module.MilvusBackend(address, create=create)
    except (ModuleNotFoundError, AttributeError) as error:
        raise UsageError(f"{address}: this modiste keeps catalogues in folders only; expected a folder") from error
    return backend

"""modiste says what photographs of fashion products show, and finds what looks alike.

    >>> from modiste import Tagger  # doctest: +SKIP
    >>> Tagger().tag(["shirt.jpg"])[0]["articleType"].value  # doctest: +SKIP
    'Shirts'

Names are imported when they are first used, so that ``import modiste`` costs nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modiste.bundle import Bundle as Bundle
    from modiste.catalogue import Catalogue as Catalogue
    from modiste.client import AsyncClient as AsyncClient
    from modiste.client import Client as Client
    from modiste.manifest import Manifest as Manifest
    from modiste.runtime import Embedder as Embedder
    from modiste.runtime import Tagger as Tagger

# From 1.29 on, the published builds of onnxruntime tell Microsoft which networks they run, and keep an identifier of
# the machine. This is read when onnxruntime is imported; whoever wants it so may set the variable to 0 before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Bundle", "Catalogue", "Client", "Embedder", "Manifest", "Tagger", "__version__"]

_HOMES = {
    "AsyncClient": "modiste.client",
    "Bundle": "modiste.bundle",
    "Catalogue": "modiste.catalogue",
    "Client": "modiste.client",
    "Embedder": "modiste.runtime",
    "Manifest": "modiste.manifest",
    "Tagger": "modiste.runtime",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'modiste' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

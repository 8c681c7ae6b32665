"""Serving: the REST interface and the web page of a catalogue, in one process or several."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from modiste.serving.settings import ServerSettings

if TYPE_CHECKING:
    from modiste.serving.app import create_app as create_app
    from modiste.serving.server import serve as serve

__all__ = ["ServerSettings", "create_app", "serve"]

# What brings the web framework is imported when it is first used.
_HOMES = {"create_app": "modiste.serving.app", "serve": "modiste.serving.server"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'modiste.serving' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

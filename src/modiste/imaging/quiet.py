"""Keeps Pillow and libtiff from writing to the terminal while strangers' files are decoded."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import warnings

from PIL import _imaging

__all__ = ["silence_libtiff", "silence_pillow"]

_PILLOW = r"PIL\."


def silence_pillow() -> None:
    """Make Pillow's warnings and log go unseen in this process, for good.

    What it warns of is either refused by modiste (size) or harmless (damaged metadata). `warnings.catch_warnings`
    would end it after each picture, but is not safe among threads.
    """
    _silence_log()
    if not any(getattr(entry[3], "pattern", None) == _PILLOW for entry in warnings.filters):
        warnings.filterwarnings("ignore", module=_PILLOW)


@functools.cache
def silence_libtiff() -> None:
    """Make libtiff keep its complaints about damaged files to itself; Pillow raises an exception for them anyway.

    Where libtiff is linked into Pillow invisibly, as on Windows, it goes on printing.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


@functools.cache
def _silence_log() -> None:
    # A log that nobody listens to ends on the terminal unless it has a handler.
    logging.getLogger("PIL").addHandler(logging.NullHandler())

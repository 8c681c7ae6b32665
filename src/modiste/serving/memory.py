"""The memory of a process that serves for weeks: what it holds from its start on, and what requests leave behind."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from typing import Final, NamedTuple

__all__ = ["keep_heaps_small", "settle_memory"]


class _Option(NamedTuple):
    """A setting of glibc's malloc: its number in malloc.h, its value, and the variable by which an admin sets it."""

    number: int
    value: int
    variable: str


_OPTIONS: Final = (
    _Option(-8, 2, "MALLOC_ARENA_MAX"),
    _Option(-3, 1 << 20, "MALLOC_MMAP_THRESHOLD_"),
    _Option(-1, 1 << 25, "MALLOC_TRIM_THRESHOLD_"),
)


def keep_heaps_small() -> bool:
    """Make malloc keep few heaps, and give large blocks back to the system at once; to be called before threads start.

    glibc gives each thread a heap of its own, as many as eight a core, and after the first large block that was freed
    it takes blocks of up to 32 MB out of these heaps, too. Pictures, tables and arrays of all sizes come and go by
    turns in a dozen threads here, so that holes grow that nothing fits into: under the load of
    `modiste.bench.serving.soak` the heaps grew by 400 MB in three minutes, while 250 MB of them were in use all the
    time. Other systems' malloc is left as it is.

    Returns:
        Whether anything was set; what the environment sets (``MALLOC_ARENA_MAX`` and the like) stays.
    """
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):  # musl's has nothing to set
        mallopt = ctypes.CDLL(None).mallopt
        done = [mallopt(one.number, one.value) for one in _OPTIONS if one.variable not in os.environ]
        return any(done)
    return False


def settle_memory() -> None:
    """Leave everything that is there now out of later searches for garbage.

    More than a hundred thousand objects of the packages and the bundle live as long as the process. To look through
    them takes Python 50 ms, in which no request is answered: one search by words in a hundred waited for that.
    """
    gc.collect()
    gc.freeze()

"""Python's search for garbage in cycles, put off while a load makes millions of objects and no cycles."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["look_for_cycles_seldom"]

_SELDOM: Final = 200_000  # new objects after which Python looks for cycles; usually 700


class _Loads:
    """The loads under way in this process: the setting is the whole process's, so the last one puts it back."""

    def __init__(self) -> None:
        self._lock, self._count, self._before = threading.Lock(), 0, gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count > 1:
                return
            self._before = gc.get_threshold()
            if 0 < self._before[0] < _SELDOM:
                gc.set_threshold(_SELDOM, *self._before[1:])

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            # What somebody else has set meanwhile is theirs.
            if not self._count and gc.get_threshold() == (_SELDOM, *self._before[1:]):
                gc.set_threshold(*self._before)


_LOADS: Final = _Loads()


@contextmanager
def look_for_cycles_seldom() -> Iterator[None]:
    """Let Python look for garbage in cycles less often; in the end, however it comes, as often as before.

    Threads may do so at the same time: the last one to end puts the setting back. Measured on 40,000 products: 2 to
    3 % of the processor time of a whole build.
    """
    _LOADS.begin()
    try:
        yield
    finally:
        _LOADS.end()

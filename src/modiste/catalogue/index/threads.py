"""How many threads a search takes: numpy's linear algebra can only be told so for the whole process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["use_threads"]


@contextmanager
def use_threads(threads: int | None) -> Iterator[None]:
    """Limit the threads of numpy's linear algebra for a while, at a cost of ten microseconds; None changes nothing.

    Searches that run at the same time share the limit, the one set last; what was before comes back when none is left.
    """
    if threads is None:
        yield
        return
    _LIMIT.enter(threads)
    try:
        yield
    finally:
        _LIMIT.leave()


class _Limit:
    """Counts who is inside: if each put back what it found, one could put back another one's limit, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before: list[int] = []

    def enter(self, threads: int) -> None:
        with self._lock:
            if not self._inside:
                self._before = [pool.num_threads for pool in _list_pools()]
            self._inside += 1
            for pool in _list_pools():
                _set_threads(pool, threads)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for pool, before in zip(_list_pools(), self._before, strict=True):
                    _set_threads(pool, before)


_LIMIT = _Limit()


def _set_threads(pool: Any, threads: int) -> None:
    pool.set_num_threads(threads)
    # threadpoolctl 3.8 heeds only the first thread that sets a limit, until it lets go; here a lock takes turns.
    if hasattr(pool, "clear_controlling_thread"):
        pool.clear_controlling_thread()


@cache
def _list_pools() -> tuple[Any, ...]:
    """Find the libraries once: listing what a process has loaded takes a millisecond.

    Those that count threads by OpenMP, as the one that FAISS brings, keep a number for each thread that calls them, and
    are left out.
    """
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return tuple(pool for pool in found if getattr(pool, "threading_layer", "") != "openmp")

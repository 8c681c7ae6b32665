"""How many threads a search takes: numpy's linear algebra can only be told so for the whole process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["use_threads"]


@contextmanager
def use_threads(threads: int | None) -> Iterator[None]:
    """Limit the threads of numpy's linear algebra for a while, at a cost of ten microseconds; None changes nothing.

    Of searches that run at the same time the first one's limit holds for all, and goes when that one is done.
    """
    if threads is None:
        yield
        return
    with _find_pools().limit(limits=threads):
        yield


@cache
def _find_pools() -> ThreadpoolController:
    """Find the libraries once: listing what a process has loaded takes a millisecond."""
    return ThreadpoolController().select(user_api="blas")

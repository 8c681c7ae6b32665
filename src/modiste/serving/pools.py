"""Bounded pools of threads: what can't be done soon is refused at once, instead of waiting without end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from modiste.serving.problems import ProblemError

__all__ = ["Pool", "refuse"]

_Answer = TypeVar("_Answer")
_COME_BACK: Final = 1  # seconds


class Pool:
    """Threads that do the blocking work of requests.

    Args:
        name: Of its threads.
        threads: How many.
        waiting: How many calls may be under way or wait at a time. A call whose request was given up counts until its
            thread is done, so that slow work can't pile up.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(threads, f"modiste-{name}")
        self._waiting, self._pending, self._lock = waiting, 0, threading.Lock()

    @property
    def pending(self) -> int:
        """How many calls are under way or wait."""
        return self._pending

    async def run(self, work: Callable[..., _Answer], *arguments: Any) -> _Answer:
        """Do some work in a thread.

        Raises:
            ProblemError: Too much is waiting already.
        """
        with self._lock:
            if self._pending >= self._waiting:
                raise refuse(f"{self._pending} calls wait for the {self.name}")
            self._pending += 1
        try:
            future = self._pool.submit(work, *arguments)
        except BaseException:
            self._finish(None)
            raise
        future.add_done_callback(self._finish)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End when what has begun is done; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _finish(self, _: Future[Any] | None) -> None:
        with self._lock:
            self._pending -= 1


def refuse(detail: str, *, kind: str = "overloaded", seconds: float = _COME_BACK) -> ProblemError:
    """Return the problem that tells a client to come back later.

    Args:
        detail: Why.
        kind: ``"overloaded"`` or ``"too-many"``.
        seconds: When to come back; rounded up.
    """
    return ProblemError(kind, detail, headers={"Retry-After": str(max(1, -int(-seconds // 1)))})

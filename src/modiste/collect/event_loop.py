"""Asynchronous work from synchronous code, also where an event loop runs already: in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["run_to_end"]

_Result = TypeVar("_Result")


def run_to_end(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine and return its result, like `asyncio.run`, in a thread of its own where this one has a loop.

    Args:
        work: The coroutine; an interrupt (Ctrl-C, or a notebook's stop) cancels it.

    Returns:
        What the coroutine returns; what it raises is raised.

    Example:
        >>> import asyncio
        >>> run_to_end(asyncio.sleep(0, result="done"))
        'done'
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _run_in_thread(work)


def _run_in_thread(work: Coroutine[Any, Any, _Result]) -> _Result:
    begun: Future[Callable[[], object]] = Future()

    async def run() -> _Result:
        task = asyncio.create_task(work)
        begun.set_result(lambda: task.get_loop().call_soon_threadsafe(task.cancel))
        return await task

    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(asyncio.run, run())
        try:
            return ended.result()
        except BaseException:
            if not ended.done():
                begun.result()()
            raise

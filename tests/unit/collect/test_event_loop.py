"""A coroutine is run to its end, whether or not this thread has an event loop already, as in a notebook."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import NoReturn

import pytest

from modiste.collect import event_loop
from modiste.collect.event_loop import run_to_end


async def add(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


async def fail() -> NoReturn:
    await asyncio.sleep(0)
    raise KeyError("nothing")


def in_notebook(work: object) -> object:
    """Call a synchronous function where a loop runs."""

    async def cell() -> object:
        return work()  # type: ignore[operator]

    return asyncio.run(cell())


def test_the_result_is_the_coroutines() -> None:
    assert run_to_end(add(2, 3)) == 5
    assert in_notebook(lambda: run_to_end(add(2, 3))) == 5


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(KeyError, match="nothing"):
        run_to_end(fail())
    with pytest.raises(KeyError, match="nothing"):
        in_notebook(lambda: run_to_end(fail()))


def test_an_interrupt_in_a_notebook_cancels_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    async def last() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    class Interrupted(event_loop.Future):  # type: ignore[type-arg]
        def result(self, timeout: float | None = None) -> object:
            begun.wait(20)
            raise KeyboardInterrupt

    class Pool(event_loop.ThreadPoolExecutor):
        def submit(self, *work: object) -> object:  # type: ignore[override]
            future = super().submit(*work)  # type: ignore[arg-type]
            future.__class__ = Interrupted
            return future

    monkeypatch.setattr(event_loop, "ThreadPoolExecutor", Pool)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_notebook(lambda: run_to_end(last()))
    assert cancelled.is_set()
    assert time.monotonic() - start < 30

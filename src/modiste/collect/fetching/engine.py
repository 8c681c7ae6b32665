"""Everything at once: requests as the schedule allows them, examinations in threads, outcomes into the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from modiste.collect.event_loop import run_to_end
from modiste.collect.fetching.addresses import Target, parse_address
from modiste.collect.fetching.answers import Answer, Moved, Refusal, choose_delay
from modiste.collect.fetching.content import DamagedPictureError, examine_picture
from modiste.collect.fetching.download import Browser, Response
from modiste.collect.fetching.options import FetchOptions
from modiste.collect.fetching.robots import RobotsRules
from modiste.collect.fetching.schedule import Schedule, Task
from modiste.collect.fetching.store import Store
from modiste.errors import PictureError
from modiste.imaging import DecodeLimits
from modiste.runtime import count_cores

__all__ = ["fetch_all"]

_MAX_MOVES = 5
_NAME_THREADS = 32  # name servers answer slowly, and each question holds a thread
_SLICE = 8192  # addresses that are turned into Python strings at a time


def fetch_all(addresses: pl.DataFrame, store: Store, options: FetchOptions, *, advance: Callable[[int], None]) -> int:
    """Fetch what the store does not have yet.

    Args:
        addresses: The columns ``address`` and ``expected``; a row's number is the address's.
        store: Receives every outcome.
        options: How.
        advance: Told the number of addresses that are done.

    Returns:
        How many addresses had been done before.

    Raises:
        OSError: Nothing can be written any more.
    """
    done = bytearray(addresses.height)
    before = 0
    for number in store.resume():
        before += not done[number]
        done[number] = 1
    advance(before)
    run_to_end(_Engine(store, options, advance).run(_list_tasks(addresses, done)))
    return before


def _list_tasks(addresses: pl.DataFrame, done: bytearray) -> Iterator[Task]:
    for part in addresses.with_row_index("number").iter_slices(_SLICE):
        for number, address, expected in part.iter_rows():
            if not done[number]:
                yield Task(number, address, expected, _find_target(address))


def _find_target(address: str) -> Target | None:
    try:
        return parse_address(address)
    except PictureError:
        return None  # the reason is told when it is its turn


class _Engine:
    def __init__(self, store: Store, options: FetchOptions, advance: Callable[[int], None]) -> None:
        self._store = store
        self._options = options
        self._advance = advance
        self._limits = DecodeLimits(max_bytes=options.max_bytes, max_pixels=options.max_pixels)
        self._threads = count_cores()

    async def run(self, tasks: Iterator[Task]) -> None:
        options = self._options
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_NAME_THREADS, thread_name_prefix="modiste-name"))
        self._changed = asyncio.Event()
        self._slots = asyncio.Semaphore(options.concurrency)
        # Bodies wait here to be examined; no more of them are fetched than this leaves room for.
        self._room = asyncio.Semaphore(options.concurrency + 8 * self._threads)
        self._schedule = Schedule(tasks, per_host=options.per_host, interval=options.interval, clock=time.monotonic)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="modiste-fetch") as self._pool:
            async with self._open_browser() as self._browser:
                self._robots = RobotsRules(self._browser, back_off=options.back_off) if options.obey_robots else None
                try:
                    await self._dispatch()
                except BaseExceptionGroup as group:
                    raise group.exceptions[0] from None

    def _open_browser(self) -> Browser:
        options = self._options
        return Browser(
            allow_private=options.allow_private,
            max_bytes=options.max_bytes,
            timeout=options.timeout,
            concurrency=options.concurrency,
            obey=options.obey_robots,
        )

    async def _dispatch(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                await self._room.acquire()
                await self._slots.acquire()
                task = await self._take(under_way)
                if task is None:
                    return
                job = group.create_task(self._handle(task))
                under_way.add(job)
                job.add_done_callback(under_way.discard)

    async def _take(self, under_way: set[asyncio.Task[None]]) -> Task | None:
        """Wait for a task whose turn it is; None when all are done."""
        while True:
            self._changed.clear()
            task = self._schedule.take()
            if task is not None:
                return task
            if not under_way and self._schedule.is_empty:
                return None
            await self._wait(self._schedule.time_until_ready())

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _handle(self, task: Task) -> None:
        try:
            try:
                response = await self._ask(task)
            finally:
                self._schedule.finish(task)
                self._slots.release()
                self._changed.set()
            refusal = await self._keep(task, response) if isinstance(response, Answer) else response
            if isinstance(refusal, Moved):
                refusal = self._move(task, refusal)
            if refusal is not None:
                self._retry_or_refuse(task, refusal)
        finally:
            self._room.release()
            asyncio.get_running_loop().call_soon(self._changed.set)

    async def _ask(self, task: Task) -> Response:
        try:
            target = task.target or parse_address(task.address)
        except PictureError as error:
            return Refusal(str(error))
        return await self._check_robots(task, target) or await self._browser.get(target)

    async def _check_robots(self, task: Task, target: Target) -> Refusal | None:
        if self._robots is None:
            return None
        verdict = await self._robots.check(target)
        if verdict.delay:
            self._schedule.slow_down(task.host, verdict.delay)
        return verdict.refusal

    async def _keep(self, task: Task, answer: Answer) -> Refusal | None:
        """Examine and store a picture in a thread; return why it is none."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._examine, task, answer)
        except DamagedPictureError as error:
            # Where the server gave no length, a body that was cut short looks like a damaged picture.
            return Refusal(str(error), again=not answer.has_length)
        except PictureError as error:
            return Refusal(str(error))
        self._advance(1)
        return None

    def _examine(self, task: Task, answer: Answer) -> None:
        picture = examine_picture(
            answer.data, expected=task.expected, max_side=self._options.max_side, limits=self._limits
        )
        final = None if answer.address == task.address else answer.address
        self._store.keep(task.number, picture, final=final, attempts=task.attempts + 1)

    def _move(self, task: Task, moved: Moved) -> Refusal | None:
        """Put a redirected task into the queue of its new host; return why that can't be done."""
        task.moves += 1
        if task.moves > _MAX_MOVES:
            return Refusal(f"more than {_MAX_MOVES} redirects")
        try:
            task.target = parse_address(moved.address, base=task.target.url if task.target else None)
        except PictureError as error:
            return Refusal(f"it redirects to a wrong place: {error}")
        self._schedule.put_back(task, 0.0)
        return None

    def _retry_or_refuse(self, task: Task, refusal: Refusal) -> None:
        task.attempts += 1
        if refusal.wait is not None:
            self._schedule.rest(task.host, min(refusal.wait, self._options.patience))
        if refusal.again and task.attempts < self._options.attempts:
            self._schedule.put_back(task, choose_delay(task.attempts, base=self._options.back_off))
            return
        self._store.refuse(task.number, refusal.reason, attempts=task.attempts)
        self._advance(1)

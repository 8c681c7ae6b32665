"""Whose turn it is: every host gets a few connections, some time between requests, and rest when it asks for it."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from modiste.collect.fetching.addresses import Target

__all__ = ["Schedule", "Task"]


@dataclass
class Task:
    """One address on its way.

    Args:
        number: Its row in the list of addresses.
        address: As the list has it; a redirect replaces it.
        expected: Its expected hash in hexadecimal digits, or None.
        target: The address taken apart; None for what is no address.
        attempts: Requests so far that led to no picture.
        moves: Redirects so far.
    """

    number: int
    address: str
    expected: str | None = None
    target: Target | None = None
    attempts: int = 0
    moves: int = 0

    @property
    def host(self) -> str:
        """Who is asked, as host and port; nobody, the empty text, for what is no address."""
        return self.target.authority if self.target else ""


@dataclass
class _Host:
    name: str
    interval: float
    tasks: deque[Task] = field(default_factory=deque)
    active: int = 0
    rests_until: float = 0.0
    is_listed: bool = False


class Schedule:
    """Hands out tasks, host by host in turns, and takes back those that must be tried again.

    No more than ``window`` tasks are held at any moment, however long the list is. Nothing here waits: who takes asks
    `time_until_ready` how long.

    Args:
        tasks: All tasks; read as they are needed.
        per_host: Tasks of one host that may be under way at once.
        interval: Seconds between the starts of two tasks of one host.
        clock: Tells the seconds.
        window: The most tasks that are held.

    Example:
        >>> schedule = Schedule(iter([Task(0, "http://a/1.jpg"), Task(1, "http://a/2.jpg")]), per_host=1)
        >>> schedule.take().number, schedule.take()
        (0, None)
    """

    def __init__(
        self,
        tasks: Iterator[Task],
        *,
        per_host: int,
        interval: float = 0.0,
        clock: Callable[[], float] = lambda: 0.0,
        window: int = 10_000,
    ) -> None:
        self._source: Iterator[Task] | None = tasks
        self._per_host = per_host
        self._interval = interval
        self._clock = clock
        self._window = window
        self._hosts: dict[str, _Host] = {}
        self._most_hosts = window
        self._ready: deque[_Host] = deque()
        self._resting: list[tuple[float, int, _Host]] = []
        self._delayed: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._held = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to take, now or later; tasks under way may still come back."""
        self._fill()
        return not self._held

    def take(self) -> Task | None:
        """Return a task whose turn it is, or None if there is none at this moment."""
        self._fill()
        self._wake()
        while self._ready:
            host = self._ready.popleft()
            host.is_listed = False
            if host.rests_until <= self._clock():
                task = host.tasks.popleft()
                self._held -= 1
                host.active += 1
                host.rests_until = self._clock() + host.interval if host.interval else host.rests_until
                self._offer(host)
                return task
            self._offer(host)
        return None

    def time_until_ready(self) -> float | None:
        """Return the seconds until time alone makes a task ready; None if only `finish` can."""
        moments = [heap[0][0] for heap in (self._resting, self._delayed) if heap]
        return max(0.0, min(moments) - self._clock()) if moments else None

    def finish(self, task: Task) -> None:
        """Note that a task that was taken is not under way any more."""
        host = self._hosts[task.host]
        host.active -= 1
        self._offer(host)
        if not host.active and not host.tasks and not host.is_listed and host.rests_until <= self._clock():
            del self._hosts[task.host]

    def put_back(self, task: Task, delay: float) -> None:
        """Take a finished task back, to be handed out again after some seconds."""
        self._held += 1
        heapq.heappush(self._delayed, (self._clock() + delay, next(self._order), task))

    def rest(self, name: str, seconds: float) -> None:
        """Leave a host alone for some seconds."""
        host = self._find(name)
        host.rests_until = max(host.rests_until, self._clock() + seconds)

    def slow_down(self, name: str, interval: float) -> None:
        """Let at least so many seconds pass between two requests to a host."""
        host = self._find(name)
        host.interval = max(host.interval, interval)

    def _fill(self) -> None:
        while self._source is not None and self._held < self._window:
            task = next(self._source, None)
            if task is None:
                self._source = None
                return
            self._held += 1
            self._append(task)

    def _append(self, task: Task) -> None:
        host = self._find(task.host)
        host.tasks.append(task)
        self._offer(host)

    def _find(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= self._most_hosts:
                self._forget_idle()
            host = self._hosts[name] = _Host(name, self._interval)
        return host

    def _forget_idle(self) -> None:
        """Forget the hosts that had to rest when they were done; they may be as many as there are addresses."""
        now = self._clock()
        self._hosts = {
            name: host
            for name, host in self._hosts.items()
            if host.active or host.tasks or host.is_listed or host.rests_until > now
        }
        self._most_hosts = max(self._window, 2 * len(self._hosts))

    def _wake(self) -> None:
        now = self._clock()
        while self._delayed and self._delayed[0][0] <= now:
            self._append(heapq.heappop(self._delayed)[2])
        while self._resting and self._resting[0][0] <= now:
            host = heapq.heappop(self._resting)[2]
            host.is_listed = False
            self._offer(host)

    def _offer(self, host: _Host) -> None:
        """List a host among the ready or the resting ones, if it has something to do."""
        if host.is_listed or not host.tasks or host.active >= self._per_host:
            return
        host.is_listed = True
        if host.rests_until <= self._clock():
            self._ready.append(host)
        else:
            heapq.heappush(self._resting, (host.rests_until, next(self._order), host))

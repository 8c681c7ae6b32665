"""The crowd, in a process of its own: ``python -m modiste.bench.serving.playing PLAN ANSWERS``.

One thread and plain sockets: a request costs some ten microseconds here, and the server milliseconds.
"""

from __future__ import annotations

import gc
import heapq
import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from modiste.bench.serving.lanes import Lane, LaneResult, Plan, read_requests
from modiste.bench.serving.wire import Answer, AnswerReader
from modiste.errors import ModisteError

__all__ = ["play"]

_GRACE: Final = 30.0  # seconds that the last answers may take
_PIECE: Final = 1 << 18
_CONNECTING: Final = 20.0
_REFUSALS: Final = frozenset({429, 503})
_AGAIN: Final = 0.02  # seconds until a client whose connection failed tries again
_NOTES: Final = 20


class _Client:
    """A client of a lane: one connection, one request at a time."""

    def __init__(self, crowd: _Crowd, lane: Lane, requests: Sequence[bytes], place: int, result: LaneResult) -> None:
        self.lane, self.result = lane, result
        self._crowd, self._requests, self._place = crowd, requests, place
        self._socket: socket.socket | None = None
        self._reader = AnswerReader()
        self.begun = 0.0  # 0 while it asks nothing

    def ask(self) -> None:
        """Send the next request."""
        try:
            if self._socket is None:
                self._connect()
            assert self._socket is not None  # noqa: S101  (just connected)
            self.begun = time.perf_counter()
            self._socket.sendall(self._requests[self._place % len(self._requests)])
        except OSError as error:
            self._fail(f"{type(error).__name__}: {error}")
            return
        self._place += self.lane.clients

    def take(self) -> None:
        """Read what came."""
        assert self._socket is not None  # noqa: S101  (it is watched)
        try:
            data = self._socket.recv(_PIECE)
            if data:
                answer = self._reader.feed(data)
                if answer is not None:
                    self._note(answer)
            elif self.begun:
                self._fail("the connection ended before an answer")
            else:
                self.close()  # one that was idle for long: the next request opens another
        except (OSError, ModisteError) as error:
            self._fail(f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._crowd.selector.unregister(self._socket)
            self._socket.close()
        self._socket, self._reader = None, AnswerReader()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._crowd.port), _CONNECTING)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._crowd.selector.register(self._socket, selectors.EVENT_READ, self)

    def _note(self, answer: Answer) -> None:
        now, result, crowd = time.perf_counter(), self.result, self._crowd
        milliseconds, counts = round(1000 * (now - self.begun), 3), self.begun >= crowd.counts_from
        result.total += 1
        result.statuses[str(answer.status)] = result.statuses.get(str(answer.status), 0) + 1
        wait = self.lane.pause
        if answer.status in _REFUSALS:
            result.refused.append(milliseconds)
            result.bare += not answer.has("retry-after")
            wait = max(wait, _read_wait(answer)) if self.lane.obeys else wait
        elif 200 <= answer.status < 300:
            result.counted += crowd.counts_from <= now < crowd.ends
            if counts:
                result.served.append(milliseconds)
        elif len(result.notes) < _NOTES:
            result.notes.append(f"{answer.status}: {answer.body[:300].decode('utf-8', 'replace')}")
        self.begun = 0.0
        if answer.closes:
            self.close()
        crowd.plan(self, now + wait)

    def _fail(self, why: str) -> None:
        self.result.errors += 1
        if len(self.result.notes) < _NOTES:
            self.result.notes.append(why)
        self.begun = 0.0
        self.close()
        self._crowd.plan(self, time.perf_counter() + max(_AGAIN, self.lane.pause))


class _Crowd:
    """All clients."""

    def __init__(self, plan: Plan) -> None:
        self.selector = selectors.DefaultSelector()
        self.port = plan.port
        self.results = {lane.name: LaneResult() for lane in plan.lanes}
        self._clients = [
            _Client(self, lane, requests, place, self.results[lane.name])
            for lane in plan.lanes
            for requests in [read_requests(Path(lane.requests))]
            for place in range(lane.clients)
        ]
        self._waiting: list[tuple[float, int, _Client]] = []
        self._number = 0
        start = time.perf_counter()
        self.counts_from, self.ends = start + plan.warm, start + plan.seconds
        for place, client in enumerate(self._clients):
            # Those who pause do not all begin at once.
            self.plan(client, start + client.lane.pause * place / len(self._clients))

    def plan(self, client: _Client, moment: float) -> None:
        """Let a client ask when its moment has come."""
        self._number += 1
        heapq.heappush(self._waiting, (moment, self._number, client))

    def run(self) -> None:
        """Play until the time is over and the last answers have come."""
        while (now := time.perf_counter()) < self.ends:
            while self._waiting and self._waiting[0][0] <= now:
                heapq.heappop(self._waiting)[2].ask()
                self._look(0.0)
            self._look(min(self._waiting[0][0] if self._waiting else self.ends, self.ends) - time.perf_counter())
        while any(client.begun for client in self._clients) and time.perf_counter() < self.ends + _GRACE:
            self._look(0.2)
        for client in self._clients:
            client.result.unanswered += bool(client.begun)
            client.close()

    def _look(self, seconds: float) -> None:
        for key, _ in self.selector.select(max(0.0, seconds)):
            key.data.take()


def play(plan: Plan) -> dict[str, Any]:
    """Play a plan.

    Returns:
        ``lanes``: name -> `LaneResult` as plain types; ``work`` and ``wall``: seconds of processors and of the clock.
    """
    start, work = time.perf_counter(), time.process_time()
    crowd = _Crowd(plan)
    crowd.run()
    used = {"work": time.process_time() - work, "wall": time.perf_counter() - start}
    return {**used, "lanes": {name: asdict(result) for name, result in crowd.results.items()}}


def _read_wait(answer: Answer) -> float:
    start = answer.head.find(b"\r\nretry-after:")
    value = answer.head[start + 14 :].partition(b"\r\n")[0].strip() if start >= 0 else b"0"
    return float(value) if value.isdigit() else 0.0


if __name__ == "__main__":
    gc.disable()  # what is kept holds no cycles
    Path(sys.argv[2]).write_text(
        json.dumps(play(Plan.from_json(Path(sys.argv[1]).read_text(encoding="utf-8")))), encoding="utf-8"
    )

"""The crowd counts what a scripted server does: answers, refusals, lost connections, silence."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modiste.bench.serving import playing
from modiste.bench.serving.lanes import Lane, LaneResult, Plan, read_requests, write_requests
from modiste.bench.serving.wire import build_request

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n"
BARE = b"HTTP/1.1 429 Many\r\ncontent-length: 0\r\n\r\n"
LOST = b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone"


@contextmanager
def serve(reply: Callable[[int], bytes | None]) -> Iterator[int]:
    """Answer each request by its number; b"" closes the connection, None says nothing at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    numbers, lock = iter(range(1 << 30)), threading.Lock()

    def talk(connection: socket.socket) -> None:
        with connection:
            while connection.recv(1 << 16):
                with lock:
                    number = next(numbers)
                answer = reply(number)
                if answer == b"":
                    return
                if answer is not None:
                    connection.sendall(answer)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def play(port: int, folder: Path, *, seconds: float = 0.3, warm: float = 0.0, **changes: object) -> LaneResult:
    requests = write_requests(folder / "requests", [build_request("GET", f"/{number}") for number in range(3)])
    lane = Lane("asked", **{"clients": 2, "requests": requests, **changes})
    return LaneResult.from_json(playing.play(Plan(port, seconds, warm, (lane,)))["lanes"]["asked"])


def test_answers_are_counted_and_timed(tmp_path: Path) -> None:
    def reply(number: int) -> bytes:
        time.sleep(0.01)
        return OK

    with serve(reply) as port:
        seen = play(port, tmp_path)
    assert seen.total == seen.statuses["200"] == len(seen.served) > 10
    assert 10 <= seen.quantile(0.5) < 200 and seen.quantile(1.0) == max(seen.served)
    assert 0 < seen.counted <= seen.total
    assert (seen.errors, seen.unanswered, seen.refused) == (0, 0, [])


def test_the_warm_up_does_not_count(tmp_path: Path) -> None:
    with serve(lambda number: OK) as port:
        seen = play(port, tmp_path, seconds=0.4, warm=0.3)
    assert seen.counted < seen.total / 2 and len(seen.served) < seen.total / 2


def test_who_is_told_to_wait_waits(tmp_path: Path) -> None:
    with serve(lambda number: BUSY) as port:
        patient = play(port, tmp_path)
        pushing = play(port, tmp_path, obeys=False)
    assert patient.statuses == {"503": 2} and patient.bare == 0
    assert pushing.statuses["503"] > 10 and len(pushing.refused) == pushing.total and not pushing.served


def test_refusals_without_a_time_and_strange_answers_are_noted(tmp_path: Path) -> None:
    with serve(lambda number: BARE if number % 2 else LOST) as port:
        seen = play(port, tmp_path)
    assert seen.bare == seen.statuses["429"] > 0
    assert seen.statuses["404"] > 0 and seen.notes[0] == "404: gone"


def test_lost_connections_are_errors_and_the_crowd_goes_on(tmp_path: Path) -> None:
    with serve(lambda number: b"" if number == 3 else OK) as port:
        seen = play(port, tmp_path)
    assert seen.errors == 1 and seen.total > 4 and "the connection ended" in seen.notes[0]


def test_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_GRACE", 0.1)
    with serve(lambda number: None if number == 4 else OK) as port:
        seen = play(port, tmp_path)
    assert seen.unanswered == 1 and seen.errors == 0


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with serve(lambda number: OK) as port:
        pass
    seen = play(port, tmp_path, seconds=0.1)
    assert seen.errors > 0 and seen.total == 0


def test_requests_are_read_as_they_were_written(tmp_path: Path) -> None:
    some = [b"", b"x" * 1000, b"\x00\xff\r\n"]
    write_requests(tmp_path / "some", some)
    assert read_requests(tmp_path / "some") == some


def test_rounds_are_joined() -> None:
    one = LaneResult(total=2, counted=1, statuses={"200": 2}, served=[1.0, 2.0])
    other = LaneResult(total=1, statuses={"200": 0, "503": 1}, refused=[9.0], bare=1, errors=2, unanswered=3)
    whole = LaneResult.join([one, other])
    assert (whole.total, whole.counted, whole.bare, whole.errors, whole.unanswered) == (3, 1, 1, 2, 3)
    assert whole.statuses == {"200": 2, "503": 1} and whole.served == [1.0, 2.0] and whole.refused == [9.0]

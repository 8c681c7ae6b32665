"""One upload at a time, over a connection of its own: what came back, how long it took, what it cost the server."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from dataclasses import dataclass, replace
from typing import Final

from modiste.bench.serving.process_facts import forget_peak, read_memory
from modiste.bench.serving.serving_process import Served
from modiste.bench.serving.uploads import Upload
from modiste.bench.serving.wire import AnswerReader
from modiste.errors import ModisteError

__all__ = ["Outcome", "send_measured", "send_upload"]

_PIECE: Final = 1 << 16


@dataclass(frozen=True)
class Outcome:
    """What became of an upload.

    Args:
        kind: What it tried.
        status: Of the answer; None where none came.
        seconds: From the first byte to the answer, or to the end of the connection.
        cost: The most memory that the server had meanwhile, beyond what it had before, in bytes; 0 where nobody looked.
        is_fine: Whether it is an answer that this upload may get.
        said: The beginning of the answer's body.
    """

    kind: str
    status: int | None
    seconds: float
    cost: int
    is_fine: bool
    said: str


def send_upload(port: int, upload: Upload, *, patience: float) -> Outcome:
    """Send an upload, and wait for its answer.

    Args:
        port: Of 127.0.0.1.
        upload: What to send.
        patience: Seconds until nobody expects an answer any more.
    """
    start = time.perf_counter()
    reader, status, said, reset = AnswerReader(), None, b"", False
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        try:
            answer = _send(connection, upload, reader, start + patience)
            while answer is None and not upload.hangs_up and time.perf_counter() < start + patience:
                answer, ended = _look(connection, reader, 0.1)
                if ended:
                    break
            if answer is not None:
                status, said = answer
        except (ConnectionError, TimeoutError):
            reset = True  # an answer that came before all was sent may be lost with the connection
        except ModisteError as error:
            said = str(error).encode()
    seconds = time.perf_counter() - start
    fine = _is_fine(upload, status, reset=reset)
    return Outcome(upload.kind, status, seconds, 0, fine, said[:300].decode("utf-8", "replace"))


def send_measured(server: Served, upload: Upload, *, patience: float) -> Outcome:
    """As `send_upload`, with the memory that it cost the server; nobody else should send."""
    forget_peak(server.process)
    before = read_memory(server.process).resident
    outcome = send_upload(server.port, upload, patience=patience)
    return replace(outcome, cost=max(0, read_memory(server.process).peak - before))


def _send(connection: socket.socket, upload: Upload, reader: AnswerReader, until: float) -> tuple[int, bytes] | None:
    """Send the pieces, until all are sent or an answer comes; return that answer."""
    for piece in upload.pieces:
        for start in range(0, len(piece), _PIECE):
            answer, ended = _look(connection, reader, 0.0)
            if answer is not None or ended or time.perf_counter() > until:
                return answer
            connection.sendall(piece[start : start + _PIECE])
        if upload.pause:
            answer, ended = _look(connection, reader, upload.pause)
            if answer is not None or ended:
                return answer
    if upload.hangs_up:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
    return None


def _look(connection: socket.socket, reader: AnswerReader, seconds: float) -> tuple[tuple[int, bytes] | None, bool]:
    """Return an answer, if a whole one has come, and whether the connection ended."""
    if not select.select([connection], [], [], seconds)[0]:
        return None, False
    data = connection.recv(_PIECE)
    answer = reader.feed(data) if data else None
    return (None if answer is None else (answer.status, answer.body)), not data


def _is_fine(upload: Upload, status: int | None, *, reset: bool) -> bool:
    if status is None:
        return upload.hangs_up or reset
    text = str(status)
    return status in (429, 503) or text.startswith(upload.statuses) or (upload.hangs_up and text[0] in "24")

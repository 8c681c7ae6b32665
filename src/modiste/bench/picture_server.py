"""A web server of drawn-up pictures that is slow and faulty on purpose, for measuring how pictures are fetched.

Which picture has which fault is settled by its number alone, so that whoever fetches can be judged without asking.
Started by ``python -m modiste.bench.picture_server``, it prints its port and serves until it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image

__all__ = ["FAULTS", "Fault", "find_fault", "is_good", "make_picture", "run_server"]

Fault = Literal["429", "500", "half body", "HTML page", "hang", "wrong hash"]
FAULTS: tuple[Fault, ...] = ("429", "500", "half body", "HTML page", "hang", "wrong hash")
_PASSING = frozenset({"429", "500", "half body", "hang"})
_PERCENT = 5  # of the pictures, for each fault
_STAYS = 5  # of so many passing faults one does not pass
_SPREAD = 7919  # a prime, so that neighbours have different faults
_TEMPLATES = 8
_SIZE, _QUALITY = (480, 600), 72  # gives about 50 kB
_TINY = (12, 15)  # gives less than 1 kB
_HTML = b"<!doctype html><html><body>Please enable cookies.</body></html>"


def find_fault(number: int) -> Fault | None:
    """Return what is wrong with a picture, or None.

    Example:
        >>> sum(find_fault(number) == "hang" for number in range(1000))
        50
    """
    slot = number * _SPREAD % 100 // _PERCENT
    return FAULTS[slot] if slot < len(FAULTS) else None


def is_good(number: int) -> bool:
    """Tell whether a picture can be had by somebody who asks again: its fault, if it has one, passes."""
    fault = find_fault(number)
    return fault is None or (fault in _PASSING and not _stays(number))


def make_picture(number: int, *, tiny: bool = False) -> bytes:
    """Return a picture's file: a JPEG of about 50 kB, or of less than 1 kB, that no other number has."""
    template = _make_template(number % _TEMPLATES, _TINY if tiny else _SIZE)
    comment = b"%012d" % number
    return template[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + template[2:]


@contextlib.contextmanager
def run_server(*, latency: float, faulty: bool, tiny: bool = False) -> Iterator[str]:
    """Run the server in a process of its own.

    Args:
        latency: Seconds before every answer.
        faulty: Whether it has its faults.
        tiny: Whether its pictures are tiny.

    Yields:
        The beginning of every address: a number and ``.jpg`` follow.
    """
    words = [sys.executable, "-m", "modiste.bench.picture_server", "--latency", str(latency)]
    words += [*(["--faulty"] if faulty else []), *(["--tiny"] if tiny else [])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  (our own program)
        try:
            assert process.stdout is not None  # noqa: S101  (asked for above)
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.kill()


def _stays(number: int) -> bool:
    return number // 100 % _STAYS == 0


@functools.cache
def _make_template(number: int, size: tuple[int, int]) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (72, 58, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


class _Answering(asyncio.Protocol):
    """One connection; requests may follow one another."""

    def __init__(self, latency: float, asked: Counter[int] | None, *, tiny: bool) -> None:
        self._latency = latency
        self._tiny = tiny
        self._asked = asked
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # it is a stream's

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("ascii", "replace")
            asyncio.get_running_loop().call_later(self._latency, self._answer, path)

    def _answer(self, path: str) -> None:
        name = path.strip("/").removesuffix(".jpg")
        if self._transport.is_closing():
            return
        if not name.isdecimal():
            self._send("404 Not Found", "text/plain", b"")
            return
        number = int(name)
        fault = None
        if self._asked is not None:
            self._asked[number] += 1
            fault = find_fault(number)
            passed = fault in _PASSING and not _stays(number) and self._asked[number] > 1
            fault = None if passed else fault
        self._show(number, fault)

    def _show(self, number: int, fault: Fault | None) -> None:
        picture = make_picture(number, tiny=self._tiny)
        if fault == "hang":
            return
        if fault == "429":
            self._send("429 Too Many Requests", "text/plain", b"slower")
        elif fault == "500":
            self._send("500 Internal Server Error", "text/plain", b"oh no")
        elif fault == "HTML page":
            self._send("200 OK", "text/html", _HTML)
        elif fault == "half body":
            self._send("200 OK", "image/jpeg", picture[: len(picture) // 2], length=len(picture))
            self._transport.close()
        else:
            self._send("200 OK", "image/jpeg", picture)

    def _send(self, status: str, kind: str, body: bytes, *, length: int | None = None) -> None:
        length = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        self._transport.write(head.encode("ascii") + body)


async def _serve(latency: float, *, faulty: bool, tiny: bool) -> None:
    asked: Counter[int] | None = Counter() if faulty else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(latency, asked, tiny=tiny), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until this process is killed."""
    parser = argparse.ArgumentParser(description="Serve pictures, slowly and with faults.")
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--faulty", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    told = parser.parse_args()
    asyncio.run(_serve(told.latency, faulty=told.faulty, tiny=told.tiny))


if __name__ == "__main__":
    main()

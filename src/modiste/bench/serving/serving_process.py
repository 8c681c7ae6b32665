"""`modiste serve` as a process of its own, from its start to its end."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import httpx2

from modiste.errors import ModisteError

__all__ = ["Served", "run_server", "time_review"]

_ADDRESS: Final = re.compile(rb"http://127\.0\.0\.1:\d+")
_PATIENCE: Final = 180.0  # seconds until it must be ready
_GRACE: Final = 40.0  # seconds that it may take to end
_LOOK: Final = 0.05


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Args:
        address: Where it listens, without a path.
        process: Its number.
        log: The file that it logs to.
        seconds: From its start to its first answer that it is ready.
    """

    address: str
    process: int
    log: Path
    seconds: float

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that it listens at."""
        return urlsplit(self.address).port or 80

    def read_log(self) -> str:
        """Return what it logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def run_server(catalogue: Path, folder: Path, *, options: Sequence[str] = ()) -> Iterator[Served]:
    """Serve a catalogue on a free port, until the block ends.

    Args:
        catalogue: The catalogue's folder.
        folder: For its log, and for what people upload and say.
        options: Further options of ``modiste serve``.

    Raises:
        ModisteError: It does not start, or ended by itself.
    """
    log = folder / "server.log"
    words = [sys.executable, "-m", "modiste", "serve", str(catalogue), "--port", "0", "--no-browser"]
    words += ["--state", str(folder / "state"), *options]
    start = time.perf_counter()
    with log.open("wb") as errors, (folder / "server.out").open("wb+") as said:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=errors)  # noqa: S603  (our own program)
        try:
            address = _wait(process, said, log)
            yield Served(address, process.pid, log, time.perf_counter() - start)
            if process.poll() is not None:
                raise ModisteError(f"the server ended by itself: {process.returncode}: {_read_end(log)}")
        finally:
            _stop(process)


def time_review(server: Served) -> float:
    """Return the seconds until the first page of the review queue is there, which the very first time may take long."""
    start = time.perf_counter()
    while (answer := httpx2.get(f"{server.address}/v1/review", timeout=60)).status_code == 503:
        time.sleep(float(answer.headers["retry-after"]))
    answer.raise_for_status()
    return time.perf_counter() - start


def _wait(process: subprocess.Popen[bytes], said: IO[bytes], log: Path) -> str:
    """Return the address, as soon as somebody answers there."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        said.seek(0)
        found = _ADDRESS.search(said.read())
        if found is not None and _is_ready(address := found[0].decode()):
            return address
        time.sleep(_LOOK)
    raise ModisteError(f"the server does not start within {_PATIENCE:.0f} s: {_read_end(log)}")


def _is_ready(address: str) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return httpx2.get(f"{address}/health/ready", timeout=20).is_success
    return False


def _read_end(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-1000:] or "it said nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

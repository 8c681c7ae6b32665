"""The command in a process of its own, with a time limit: how it ended, how long it took, how much memory it had."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modiste.bench.accept import Setting
from modiste.errors import UsageError

__all__ = ["Finished", "list_options", "run_modiste"]


@dataclass(frozen=True)
class Finished:
    """How a process ended.

    Args:
        code: Its exit code; below 0 the signal that killed it.
        seconds: From before it was started until it was gone.
        output: What it wrote to standard output and to standard error.
        peak_memory: The most memory it had at any moment, in bytes. The system counts in what this process had when
            it started the other, so it is never too low.
        stopped: Whether it was killed because its time was over.
    """

    code: int
    seconds: float
    output: str
    peak_memory: int
    stopped: bool


def run_modiste(words: Sequence[str], *, folder: Path, time_limit: float) -> Finished:
    """Run ``python -m modiste`` and wait until it ends.

    Args:
        words: What follows the program's name.
        folder: Where it runs.
        time_limit: Seconds after which it is killed, by a signal that it can't hear coming.

    Returns:
        How it ended, whatever that was.

    Raises:
        UsageError: This system can't tell what a process needed (Windows).

    Example:
        >>> run_modiste(["--version"], folder=Path(), time_limit=60).code
        0
    """
    if not hasattr(os, "wait4"):
        raise UsageError(f"{sys.platform} does not tell what a process needed; run this check on Linux or macOS")
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (our own program, no shell)
            [sys.executable, "-m", "modiste", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        timer = threading.Timer(max(0.0, time_limit), _kill, [process.pid])
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # it does not know that we have waited
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    unit = 1 if sys.platform == "darwin" else 1024
    stopped = process.returncode == -signal.SIGKILL and seconds >= time_limit
    return Finished(process.returncode, seconds, text, usage.ru_maxrss * unit, stopped)


def list_options(setting: Setting) -> list[str]:
    """Return the options that make ``modiste tag`` work as a setting says."""
    options = [] if setting.bundle is None else ["--bundle", str(setting.bundle.resolve())]
    return options if setting.threads is None else [*options, "--threads", str(setting.threads)]


def _kill(process: int) -> None:
    # It may end in the moment before; then there is nothing to kill.
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)

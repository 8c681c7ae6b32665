"""The command in a process of its own, with a time limit: how it ended, how long it took, how much memory it had."""

from __future__ import annotations

import contextlib
import math
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

if sys.platform != "win32":
    import resource

__all__ = ["Finished", "list_options", "run_modiste"]

_SHORTEST = 0.001  # seconds between the first two looks at a process, so that one that is soon over is seen, too
_INTERVAL = 0.02  # at the most, between two later ones


@dataclass(frozen=True)
class Finished:
    """How a process ended.

    Args:
        code: Its exit code; below 0 the signal that killed it.
        seconds: From before it was started until it was gone.
        output: What it wrote to standard output and to standard error.
        peak_memory: The most memory it had at any moment, in bytes (its resident set).
        stopped: Whether it was killed because its time was over.
        work: Seconds of processors that it needed; not a number where nobody counted.
    """

    code: int
    seconds: float
    output: str
    peak_memory: int
    stopped: bool
    work: float = math.nan


def run_modiste(words: Sequence[str], *, folder: Path, time_limit: float, module: str = "modiste") -> Finished:
    """Run ``python -m modiste`` and wait until it ends.

    Args:
        words: What follows the program's name.
        folder: Where it runs.
        time_limit: Seconds after which it is killed, by a signal that it can't hear coming.
        module: Another module to run in place of the command.

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
            [sys.executable, "-m", module, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watcher = _Watcher(process.pid, time_limit)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        watcher.ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)  # it does not know that we have waited
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    stopped = process.returncode == -signal.SIGKILL and seconds >= time_limit
    peak, work = _choose_peak(usage, watcher.peak), usage.ru_utime + usage.ru_stime
    return Finished(process.returncode, seconds, text, peak, stopped, work)


def list_options(setting: Setting) -> list[str]:
    """Return the options that make ``modiste tag`` work as a setting says."""
    options = [] if setting.bundle is None else ["--bundle", str(setting.bundle.resolve())]
    return options if setting.threads is None else [*options, "--threads", str(setting.threads)]


class _Watcher(threading.Thread):
    """Notes the peak memory of a process, and kills it when its time is over."""

    def __init__(self, process: int, time_limit: float) -> None:
        super().__init__(name="modiste-watch", daemon=True)
        self.ended = threading.Event()
        self.peak = 0
        self._process = process
        self._deadline = time.monotonic() + time_limit

    def run(self) -> None:
        pause = 0.0
        while not self.ended.wait(min(pause, max(0.0, self._deadline - time.monotonic()))):
            pause = min(_INTERVAL, max(_SHORTEST, 2 * pause))
            self.peak = max(self.peak, _read_peak(self._process))
            if time.monotonic() >= self._deadline:
                # It may end in the moment before; then there is nothing to kill.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._process, signal.SIGKILL)
                return


def _read_peak(process: int) -> int:
    """Return the peak of a running process in bytes; 0 where the system has no /proc, or the process is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _choose_peak(usage: resource.struct_rusage, noted: int) -> int:
    """Return the peak that the system kept, unless it may be our own, which Linux hands on to what we start."""
    unit = 1 if sys.platform == "darwin" else 1024
    kept, own = usage.ru_maxrss * unit, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return kept if kept > own or not noted else noted

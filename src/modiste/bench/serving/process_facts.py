"""What the system knows of another process: its memory, its work, its open files."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "count_files", "forget_peak", "read_memory", "read_work"]

_KB = 1024


@dataclass(frozen=True)
class Memory:
    """The memory of a process, in bytes.

    Args:
        resident: What it has in memory, files that it maps included.
        own: The part of it that is no file's.
        peak: The most that was resident since the process began, or since `forget_peak`.
    """

    resident: int
    own: int
    peak: int


def read_memory(process: int) -> Memory:
    """Return the memory of a running process.

    Raises:
        OSError: There is no such process, or the system has no /proc.

    Example:
        >>> memory = read_memory(os.getpid())
        >>> memory.peak >= memory.own > 0
        True
    """
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    lines = (line.partition(":") for line in text.splitlines())
    fields = {name: value.split() for name, _, value in lines}
    return Memory(*(int(fields[name][0]) * _KB for name in ("VmRSS", "RssAnon", "VmHWM")))


def forget_peak(process: int) -> None:
    """Begin the peak of a process's memory anew; where that is not allowed it goes on since the process began."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def read_work(process: int) -> float:
    """Return the seconds of processors that a process and those that it started needed so far.

    Raises:
        OSError: There is no such process, or the system has no /proc.
    """
    own = _read_own_work(process)
    started = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return own + sum(read_work(int(one)) for one in started)


def _read_own_work(process: int) -> float:
    text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def count_files(process: int) -> int:
    """Return how many files and connections a process has open.

    Raises:
        OSError: There is no such process, or the system has no /proc.
    """
    return len(list(Path(f"/proc/{process}/fd").iterdir()))

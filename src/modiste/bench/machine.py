"""What a figure was measured on and by: the processor, the cores, the command."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from modiste.runtime import count_cores

__all__ = ["describe_command", "describe_machine"]

_CPU_INFO = Path("/proc/cpuinfo")
_PLACES = ("--data", "--results", "--work")  # where things lie on one machine, which changes no figure


def describe_machine() -> str:
    """Return the processor and the cores this process may use, such as ``AMD EPYC, 2 cores, Linux``."""
    name = _find_processor() or platform.machine()
    cores = count_cores()
    return f"{name}, {cores} core{'s' if cores != 1 else ''}, {platform.system()}, Python {platform.python_version()}"


def describe_command(arguments: Sequence[str] | None = None) -> str:
    """Return the command line of this process, as one would type it.

    Of an acceptance run the folders are left out in which one machine keeps things: a table is for everybody.

    Args:
        arguments: What follows the program's name; by default this process's.

    Example:
        >>> describe_command(["bench", "accept", "accuracy", "--part", "test", "--work", "kept", "--data=shop"])
        'modiste bench accept accuracy --part test'
        >>> describe_command(["evaluate", "my-bundle", "--data", "my-shop"])
        'modiste evaluate my-bundle --data my-shop'
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    return shlex.join(["modiste", *(_leave_out_places(words) if words[:2] == ["bench", "accept"] else words)])


def _leave_out_places(words: Sequence[str]) -> list[str]:
    kept, follows = [], False
    for word in words:
        name, given, _ = word.partition("=")
        if not follows and name not in _PLACES:
            kept.append(word)
        follows = not follows and name in _PLACES and not given
    return kept


def _find_processor() -> str:
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor()

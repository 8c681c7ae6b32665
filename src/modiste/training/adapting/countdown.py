"""Lines that say how far a step is and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Countdown"]

_SECONDS: Final = 5.0


class Countdown:
    """Counts what is done, and tells every few seconds how long the rest takes.

    Args:
        label: What is being done.
        total: How much there is to do.
        say: Told each line.
        seconds: Between two lines.

    Example:
        >>> countdown = Countdown("reading pictures", 4, print, seconds=0)
        >>> countdown.advance(4)
        reading pictures: 4 of 4, 0 s left
    """

    def __init__(self, label: str, total: int, say: Callable[[str], None], *, seconds: float = _SECONDS) -> None:
        self._label, self._total, self._say, self._seconds = label, total, say, seconds
        self._done = 0
        self._begun = self._told = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Note that some more is done."""
        self._done += count
        now = time.monotonic()
        if now - self._told < self._seconds:
            return
        self._told = now
        left = (now - self._begun) / self._done * (self._total - self._done)
        self._say(f"{self._label}: {self._done:,} of {self._total:,}, {left:.0f} s left")

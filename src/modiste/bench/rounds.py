"""Timing several ways to do the same side by side: in turns, so that a busy moment hits all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Contestant", "Timing", "time_in_turns"]


class Contestant(NamedTuple):
    """One way to do it: ``run`` handles ``pictures`` pictures."""

    pictures: int
    run: Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """How long a contestant took.

    Args:
        pictures: A round.
        seconds: One number a round; at least one.

    Example:
        >>> Timing(100, (1.0, 5.0, 2.0)).rate
        50.0
    """

    pictures: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the rounds, in seconds."""
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Pictures a second in the median round."""
        return self.pictures / self.median


def time_in_turns(
    contestants: Mapping[str, Contestant], *, rounds: int, say: Callable[[str], None]
) -> dict[str, Timing]:
    """Let every contestant run once, round after round.

    Args:
        contestants: Name -> what to time; each should have been warmed up.
        rounds: At least 1.
        say: Told of every round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, contestant in contestants.items():
            gc.collect()
            start = time.perf_counter()
            contestant.run()
            seconds[name].append(time.perf_counter() - start)
            rate = contestant.pictures / seconds[name][-1]
            say(f"round {number + 1} of {rounds}, {name}: {seconds[name][-1]:.2f} s, {rate:.1f} pictures/s")
    return {name: Timing(contestant.pictures, tuple(seconds[name])) for name, contestant in contestants.items()}

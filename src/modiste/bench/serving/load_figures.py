"""What is measured of a server under load."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Final

from modiste.bench.serving.lanes import LaneResult
from modiste.bench.serving.measuring import Load

__all__ = ["CLIENTS", "ITEM", "TAG", "VECTOR", "WORDS", "Measured", "join_lanes"]

TAG, VECTOR, WORDS, ITEM = "tagging", "search by vector", "search by words", "search by item"
CLIENTS: Final = {TAG: 16, VECTOR: 4, WORDS: 4, ITEM: 4}


@dataclass
class Measured:
    """All that was seen.

    Args:
        pictures: A round of the batch pipeline.
        batch: Its seconds, one a round.
        loads: What is asked for -> what became of it, one a round.
        doubled: The same of a server of two processes.
        floods: How refused clients behave -> what became of the crowd.
        review: Seconds of the first page of the queue, and of further ones.
        recovery: Seconds of the first answer after the last flood.
    """

    pictures: int
    batch: list[float] = field(default_factory=list)
    loads: dict[str, list[Load]] = field(default_factory=dict)
    doubled: dict[str, list[Load]] = field(default_factory=dict)
    floods: dict[str, Load] = field(default_factory=dict)
    review: list[float] = field(default_factory=list)
    recovery: float = math.nan

    @property
    def shares(self) -> list[float]:
        """Tagging as a share of the batch pipeline, one a round."""
        rates = [load.rate(TAG) for load in self.loads[TAG]]
        return [rate * seconds / self.pictures for rate, seconds in zip(rates, self.batch, strict=True)]

    def join(self, name: str) -> LaneResult:
        """Return all rounds of a kind of request as one."""
        return LaneResult.join([load.lanes[name] for load in self.loads[name]])

    def rate(self, name: str) -> float:
        """Return the answers a second of the median round."""
        return statistics.median(load.rate(name) for load in self.loads[name])


def join_lanes(load: Load) -> LaneResult:
    """Return all lanes of a load as one."""
    return LaneResult.join(list(load.lanes.values()))

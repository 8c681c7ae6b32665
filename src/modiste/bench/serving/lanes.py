"""What a crowd of clients asks a server, and what became of it; plain files between the two processes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

__all__ = ["Lane", "LaneResult", "Plan", "read_requests", "write_requests"]

_LENGTH: Final = struct.Struct("<I")


@dataclass(frozen=True)
class Lane:
    """Clients that ask alike; each waits for its answer before it asks again.

    Args:
        name: What they ask for.
        clients: How many, each with a connection of its own.
        requests: The file of what they ask, as `write_requests` writes it; each client begins elsewhere and goes round.
        pause: Seconds that a client waits between two requests.
        obeys: Whether a client that is told to come back later waits as long as it is told.
    """

    name: str
    clients: int
    requests: str
    pause: float = 0.0
    obeys: bool = True


@dataclass(frozen=True)
class Plan:
    """A whole crowd.

    Args:
        port: Of 127.0.0.1.
        seconds: How long requests begin.
        warm: How many seconds at the start do not count.
        lanes: The clients.
    """

    port: int
    seconds: float
    warm: float
    lanes: tuple[Lane, ...]

    def to_json(self) -> str:
        """Return the plan as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` gave."""
        data = json.loads(text)
        return cls(**{**data, "lanes": tuple(Lane(**lane) for lane in data["lanes"])})


@dataclass
class LaneResult:
    """What became of a lane's requests.

    Args:
        total: Answers, those of the warm-up included.
        counted: Answers of 2xx that came while it counted.
        statuses: How many answers of each status, all of them.
        served: Milliseconds of the answers of 2xx whose requests began while it counted.
        refused: Milliseconds of the answers of 429 and 503.
        bare: Refusals without Retry-After.
        errors: Requests whose connection failed, or whose answer was none.
        unanswered: Requests without an answer when the last patience was over.
        notes: The first few errors and unexpected answers, in words.
    """

    total: int = 0
    counted: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    bare: int = 0
    errors: int = 0
    unanswered: int = 0
    notes: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return how many milliseconds a share of the served requests stayed below; not a number where none was."""
        return float(np.quantile(self.served, share)) if self.served else float("nan")

    @classmethod
    def join(cls, results: Sequence[LaneResult]) -> LaneResult:
        """Return several rounds of a lane as one."""
        whole = cls()
        for one in results:
            for name in ("total", "counted", "bare", "errors", "unanswered"):
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
            whole.served += one.served
            whole.refused += one.refused
            whole.notes += one.notes
            for status, count in one.statuses.items():
                whole.statuses[status] = whole.statuses.get(status, 0) + count
        return whole

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LaneResult:
        """Read what ``dataclasses.asdict`` gave."""
        return cls(**data)


def write_requests(path: Path, requests: Iterable[bytes]) -> str:
    """Write requests into a file; return its path as text."""
    with path.open("wb") as file:
        for one in requests:
            file.write(_LENGTH.pack(len(one)) + one)
    return str(path)


def read_requests(path: Path) -> list[bytes]:
    """Read what `write_requests` wrote."""
    data, at, requests = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        requests.append(data[at : at + length])
        at += length
    return requests

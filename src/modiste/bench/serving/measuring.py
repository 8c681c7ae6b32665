"""A crowd let loose on a server, and what both needed meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modiste.bench.serving.lanes import Lane, LaneResult, Plan
from modiste.bench.serving.process_facts import read_work
from modiste.bench.serving.serving_process import Served
from modiste.errors import ModisteError
from modiste.runtime import count_cores

__all__ = ["Load", "measure_load"]


@dataclass(frozen=True)
class Load:
    """What a crowd did.

    Args:
        lanes: Name -> what became of its requests.
        seconds: How long it counted.
        wall: How long it took in all.
        crowd_work: Seconds of processors that the clients needed.
        server_work: Seconds of processors that the server needed.
    """

    lanes: Mapping[str, LaneResult]
    seconds: float
    wall: float
    crowd_work: float
    server_work: float

    @property
    def crowd_share(self) -> float:
        """The clients' part of the time of all cores."""
        return self.crowd_work / (self.wall * count_cores())

    def rate(self, lane: str) -> float:
        """Return the answers of 2xx a second of a lane."""
        return self.lanes[lane].counted / self.seconds

    @property
    def per_core(self) -> float:
        """Answers for each second of a processor that the server needed: what a core alone could serve."""
        total = sum(one.total for one in self.lanes.values())
        return total / self.server_work if self.server_work else float("nan")


def measure_load(server: Served, lanes: Sequence[Lane], *, seconds: float, warm: float) -> Load:
    """Let a crowd ask a server, from a process of its own.

    Args:
        server: The server.
        lanes: The crowd.
        seconds: How long it counts.
        warm: How long it asks before that.

    Raises:
        ModisteError: The crowd's process failed.
    """
    plan = Plan(server.port, seconds + warm, warm, tuple(lanes))
    with tempfile.TemporaryDirectory() as name:
        asked, answered = Path(name) / "plan.json", Path(name) / "answers.json"
        asked.write_text(plan.to_json(), encoding="utf-8")
        before = read_work(server.process)
        words = [sys.executable, "-m", "modiste.bench.serving.playing", str(asked), str(answered)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603  (our own program)
        if done.returncode:
            raise ModisteError(f"the crowd failed: {done.stderr.decode('utf-8', 'replace')[-1000:]}")
        needed = read_work(server.process) - before
        said = json.loads(answered.read_text(encoding="utf-8"))
    results = {lane: LaneResult.from_json(result) for lane, result in said["lanes"].items()}
    return Load(results, seconds, said["wall"], said["work"], needed)

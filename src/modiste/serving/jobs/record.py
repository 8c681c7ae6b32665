"""What is known of an uploaded batch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["ENDED", "Job", "Status"]

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: Final = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Job:
    """An uploaded batch.

    Args:
        id: Its own.
        name: The uploaded file's, for people.
        status: How far it is.
        pictures: How many there are; 0 until they are listed.
        done: How many were looked at.
        failed: How many of those can't be read.
        doubtful: How many of the others a person should look at.
        problem: What kept it from being done, as the JSON text of a problem; empty where nothing did.
        created: When it was uploaded, ISO 8601 in UTC.
        finished: When it ended; empty before.
        seconds: How long the tagging took so far, in all runs.
        inputs: The names of the files.
    """

    id: str
    name: str
    status: Status
    pictures: int
    done: int
    failed: int
    doubtful: int
    problem: str
    created: str
    finished: str
    seconds: float
    inputs: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types, with its rate and how long it still takes."""
        rate = self.done / self.seconds if self.seconds > 0 else None
        left = (self.pictures - self.done) / rate if rate and self.status == "running" else None
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "pictures": self.pictures,
            "done": self.done,
            "failed": self.failed,
            "doubtful": self.doubtful,
            "rate": None if rate is None else round(rate, 1),
            "seconds_left": None if left is None else round(left, 1),
            "problem": json.loads(self.problem) if self.problem else None,
            "created": self.created,
            "finished": self.finished or None,
        }

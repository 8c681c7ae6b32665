"""Batches that the server tags in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from modiste.client.shapes.problem import Problem
from modiste.client.shapes.tags import Tag

__all__ = ["Job", "JobError", "JobErrors", "JobList", "JobRow", "JobRows"]

_ENDED: Final = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Job:
    """A batch, and how far it is.

    Args:
        id: What other calls name it by.
        name: Of its file.
        status: Whether it waits, runs, or how it ended.
        pictures: How many there are; 0 until they are listed.
        done: How many are tagged.
        failed: How many can't be read.
        doubtful: How many a person should look at.
        rate: Pictures a second.
        seconds_left: Until it is done.
        problem: What kept it from being done.
        created: ISO 8601, UTC.
        finished: ISO 8601, UTC.
    """

    id: str
    name: str
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    pictures: int
    done: int
    failed: int
    doubtful: int
    rate: float | None
    seconds_left: float | None
    problem: Problem | None
    created: str
    finished: str | None

    @property
    def has_ended(self) -> bool:
        """It is done, failed, or cancelled."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class JobList:
    """All batches, the latest first."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class JobRow:
    """A picture of a batch, its tags, whether it looks like no fashion product, and what is right: field -> values."""

    row: int
    name: str
    tags: dict[str, Tag]
    doubtful: bool
    stranger: bool
    corrected: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class JobRows:
    """Some rows of a batch, and how many there are."""

    rows: tuple[JobRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class JobError:
    """A picture that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobErrors:
    """Pictures that could not be read, and how many there are."""

    errors: tuple[JobError, ...]
    total: int

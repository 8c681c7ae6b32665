"""Batches that are tagged in the background."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modiste.serving.schemas.problem import Problem
from modiste.serving.schemas.shape import FieldName, Given, Shape, Value
from modiste.serving.schemas.tags import Tag

__all__ = ["Job", "JobErrors", "JobList", "JobRow", "JobRows", "RowCorrection"]


class Job(Shape):
    """A batch, and how far it is."""

    id: str = Field(examples=["8f2c01d29a3b4c5d"])
    name: str = Field(examples=["autumn.zip"])
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    pictures: int = Field(description="0 until they are listed.", examples=[4000])
    done: int = Field(examples=[1024])
    failed: int = Field(description="How many can't be read.", examples=[2])
    doubtful: int = Field(description="How many a person should look at.", examples=[211])
    rate: float | None = Field(description="Pictures a second.", examples=[180.5])
    seconds_left: float | None = Field(examples=[16.5])
    problem: Problem | None = Field(description="What kept it from being done.")
    created: str = Field(description="ISO 8601, UTC.", examples=["2025-11-04T09:30:00.000Z"])
    finished: str | None = Field(examples=[None])


class JobList(Shape):
    """All batches, the latest first."""

    jobs: list[Job]


class JobRow(Shape):
    """A picture of a batch, its tags, and what somebody says is right."""

    row: int = Field(examples=[0])
    name: str = Field(examples=["shirts/1.jpg"])
    tags: dict[str, Tag]
    doubtful: bool = Field(examples=[False])
    stranger: bool = Field(description="Looks like no fashion product: all tags are doubtful.", examples=[False])
    corrected: dict[str, list[str]] = Field(examples=[{"season": ["Summer"]}])


class JobRows(Shape):
    """Some rows of a batch."""

    rows: list[JobRow]
    total: int = Field(examples=[4000])


class JobError(Shape):
    """A picture that could not be read."""

    name: str = Field(examples=["shirts/7.jpg"])
    reason: str = Field(examples=["the JPEG file is damaged or cut short"])


class JobErrors(Shape):
    """The pictures that could not be read."""

    errors: list[JobError]
    total: int = Field(examples=[1])


class RowCorrection(Given):
    """What is right of a field of a row; no values take it back."""

    field: FieldName = Field(examples=["season"])
    values: list[Value] = Field(max_length=200, examples=[["Summer"]])

"""What pictures show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modiste.client.shapes.many import Many
from modiste.client.shapes.problem import Problem
from modiste.errors import ClientError, UnknownNameError

__all__ = ["Alternative", "EmbedAnswer", "EmbeddedPicture", "Tag", "TagAnswer", "TaggedPicture"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One more value that a field might have, with its probability in [0, 1]."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Tag:
    """What is said of one field.

    Args:
        value: The answer; None where nothing is said: the product has no such thing, or the bundle can't make it out.
        values: All values that are said, best first; of a single field one at most.
        confidence: Probability in [0, 1] that the answer is right; 0 where a single field has none.
        doubtful: Less sure than the bundle demands.
        kind: ``"single"`` or ``"multi"``.
        alternatives: The next best values, best first.
    """

    value: str | None
    values: tuple[str, ...]
    confidence: float
    doubtful: bool
    kind: Literal["single", "multi"]
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class TaggedPicture:
    """The tags of a picture, or why it could not be read.

    Args:
        name: Of its file.
        tags: Field -> what is said of it; None where the picture can't be read.
        doubtful: A field is doubtful.
        stranger: It looks like no fashion product, so that all its tags are doubtful.
        problem: Why it can't be read.
    """

    name: str
    tags: dict[str, Tag] | None = None
    doubtful: bool | None = None
    stranger: bool | None = None
    problem: Problem | None = None

    def __getitem__(self, field: str) -> Tag:
        """Return what is said of a field.

        Raises:
            ClientError: The picture could not be read.
            UnknownNameError: The bundle has no such field.
        """
        if self.tags is None:
            raise ClientError(f"{self.name} has no tags: {self.problem}")
        if field not in self.tags:
            raise UnknownNameError("field", field, self.tags)
        return self.tags[field]

    def to_dict(self) -> dict[str, str | list[str] | None]:
        """Return field -> value of a single field or None, list of values of a multi field; {} without tags."""
        return {
            name: tag.value if tag.kind == "single" else list(tag.values) for name, tag in (self.tags or {}).items()
        }


@dataclass(frozen=True)
class TagAnswer(Many[TaggedPicture]):
    """What some pictures show: a sequence of `TaggedPicture`, in the order in which they were given.

    Args:
        bundle: Fingerprint of the bundle that answers.
        pictures: One a picture.
    """

    bundle: str
    pictures: tuple[TaggedPicture, ...]

    @property
    def _all(self) -> tuple[TaggedPicture, ...]:
        return self.pictures


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """The vector of a picture, of unit length, or why it could not be read."""

    name: str
    vector: tuple[float, ...] | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class EmbedAnswer(Many[EmbeddedPicture]):
    """The vectors of some pictures: a sequence of `EmbeddedPicture`, in the order in which they were given.

    Args:
        bundle: Fingerprint of the bundle that answers; vectors of another can't be compared with these.
        pictures: One a picture.
    """

    bundle: str
    pictures: tuple[EmbeddedPicture, ...]

    @property
    def vectors(self) -> list[tuple[float, ...]]:
        """All vectors, for ``numpy.array(answer.vectors)``.

        Raises:
            ClientError: A picture could not be read; the text says which.
        """
        for one in self.pictures:
            if one.vector is None:
                raise ClientError(f"{one.name} has no vector: {one.problem}")
        return [one.vector for one in self.pictures if one.vector is not None]

    @property
    def _all(self) -> tuple[EmbeddedPicture, ...]:
        return self.pictures

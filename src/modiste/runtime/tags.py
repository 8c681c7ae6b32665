"""What a tagger says of one picture, as small typed objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from modiste.errors import UnknownNameError
from modiste.runtime.decision import Decision
from modiste.taxonomy import Field, FieldKind

__all__ = ["Alternative", "Tag", "Tags", "list_tags"]


@dataclass(frozen=True)
class Alternative:
    """One more value a field might have, with its probability in [0, 1]."""

    value: str
    confidence: float


@dataclass(frozen=True)
class Tag:
    """What is said of one field.

    Args:
        value: The value of a single field, the best of the values of a multi field; None where nothing is said.
        values: All values that are said, best first: of a single field one at most.
        confidence: Calibrated probability in [0, 1] that the answer is right; of several values, the lowest. 0 where
            the bundle is silent: the product has no such thing, or the bundle can't make it out.
        alternatives: The next best values, best first; as many as ``top_k`` asked for beyond the first. None where the
            bundle is silent.
        doubtful: The confidence is below what the bundle demands for this field.
        kind: ``"single"`` or ``"multi"``.
    """

    value: str | None
    values: tuple[str, ...]
    confidence: float
    alternatives: tuple[Alternative, ...]
    doubtful: bool
    kind: FieldKind = "single"


class Tags(Mapping[str, Tag]):
    """What is said of one picture: field -> `Tag`, in the bundle's order.

    Args:
        tags: Field -> what is said of it.
        stranger: The picture looks like no fashion product, so that all its tags are doubtful; never True where the
            bundle can't tell.

    Example:
        >>> tags = Tags({"season": Tag("Summer", ("Summer",), 0.4, (), doubtful=True)})
        >>> tags["season"].value, tags.doubtful, tags.doubtful_fields
        ('Summer', True, ('season',))
        >>> tags.to_dict()
        {'season': 'Summer'}
    """

    def __init__(self, tags: Mapping[str, Tag], *, stranger: bool = False) -> None:
        self._tags = dict(tags)
        self.stranger = stranger

    def __getitem__(self, name: str) -> Tag:
        try:
            return self._tags[name]
        except KeyError:
            raise _UnknownFieldError("field", name, self._tags) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)

    def __repr__(self) -> str:
        answers = ", ".join(f"{name}={tag.value!r} {tag.confidence:.2f}" for name, tag in self._tags.items())
        return f"Tags({answers}{', stranger' if self.stranger else ''})"

    @property
    def doubtful(self) -> bool:
        """At least one field is doubtful."""
        return bool(self.doubtful_fields)

    @property
    def doubtful_fields(self) -> tuple[str, ...]:
        """The names of the doubtful fields."""
        return tuple(name for name, tag in self._tags.items() if tag.doubtful)

    def to_dict(self) -> dict[str, str | list[str] | None]:
        """Return field -> value of a single field (None where nothing is said), list of values of a multi field."""
        return {name: tag.value if tag.kind == "single" else list(tag.values) for name, tag in self._tags.items()}


class _UnknownFieldError(UnknownNameError, KeyError):
    """Also a KeyError, so that `Tags` is a mapping like any other: ``"x" in tags`` and ``tags.get("x")`` work."""

    def __str__(self) -> str:
        return UnknownNameError.__str__(self)


def list_tags(decision: Decision, *, top_k: int = 1) -> list[Tags]:
    """Turn decisions on n pictures into n `Tags`, each field with ``top_k - 1`` alternatives."""
    columns = {field.name: _list_field(decision, field, top_k) for field in decision.taxonomy}
    n = len(next(iter(columns.values()), []))
    strangers = [False] * n if decision.stranger is None else decision.stranger.tolist()
    return [
        Tags({name: tags[row] for name, tags in columns.items()}, stranger=stranger)
        for row, stranger in enumerate(strangers)
    ]


def _list_field(decision: Decision, field: Field, top_k: int) -> list[Tag]:
    # The value of a single field is ranked first; of a multi field, any of the values may be said. Taking numbers out
    # of arrays one by one would cost more than all the rest.
    order = decision.rank(field.name, top_k if field.kind == "single" else len(field))
    scores, said = (
        np.take_along_axis(one, order, axis=1).tolist()
        for one in (decision.probabilities[field.name], decision.mark_said(field.name))
    )
    told = (decision.is_said(field.name), decision.confidence[field.name], decision.doubtful[field.name])
    rows = zip(order.tolist(), scores, said, *(one.tolist() for one in told), strict=True)
    return [
        _make_tag(field, list(zip(*ranked, strict=True)), top_k, confidence, doubtful)
        if answered
        else Tag(None, (), 0.0, (), doubtful=False, kind=field.kind)
        for *ranked, answered, confidence, doubtful in rows
    ]


def _make_tag(
    field: Field, ranked: Sequence[tuple[int, float, bool]], top_k: int, confidence: float, doubtful: bool
) -> Tag:
    """Make the tag of a field out of its values as they are ranked: their places, scores, and whether they are said."""
    values = tuple(field.values[place] for place, _, said in ranked if said)
    rest = (Alternative(field.values[place], score) for place, score, said in ranked if not said)
    return Tag(values[0] if values else None, values, confidence, tuple(islice(rest, top_k - 1)), doubtful, field.kind)

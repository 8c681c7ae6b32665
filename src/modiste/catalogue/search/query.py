"""The query: what is looked for, how its parts are weighed, and what may be answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters import Filter, parse_filter
from modiste.errors import UsageError
from modiste.imaging import Box
from modiste.runtime import PictureLike

__all__ = ["MOST", "Query"]

MOST: Final = 10_000  # hits of one answer, and the most that may be skipped before them is ten times that
_LONGEST_TEXT: Final = 2_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """What is looked for: something like a picture, an item or a vector, what some words say, or both at once.

    Args:
        image: A picture: a path, an ARCHIVE::MEMBER reference, a file's content, a Pillow picture or RGB uint8
            [height, width, 3].
        box: With ``image``: look at this part only; left, top, width, height in pixels of the picture as shown.
        item: The id of an item; items like it are found, never itself.
        text: Words, such as ``"mens blue checked shirt"``.
        vector: [embedding size], of the catalogue's bundle; any length but 0.
        weight: With words beside a picture, item or vector: the words' share, from 0, the picture alone, to 1.
        colour_weight: From 0, off, to 1: how much the colours count beside the rest.
        k: How many hits at most, 1 to 10,000.
        offset: How many of the best are skipped before: the next page; 0 to 100,000.
        where: A filter that every hit passes, as text or parsed.
        diversity: From 0, off, to 1: how much hits should differ from each other.
        fold: Make one hit of pictures of the same product and of nearly the same pictures.
        min_score: From -1 to 1: no hit has a lower cosine; perhaps there is none then.
        explain: Say of every hit what it has in common with the query, and what its place is made of.
        facets: Columns whose values are counted among all that the filter keeps.

    Raises:
        UsageError: Nothing is looked for, or several pictures at once, or a number is out of its range.
        FilterError: The filter is not in the filter language.

    Example:
        >>> query = Query(text="blue shirt", where="price <= 1500", k=3)
        >>> str(query.where)
        'price <= 1500'
    """

    image: PictureLike | None = None
    box: Box | None = None
    item: str | None = None
    text: str | None = None
    vector: NDArray[np.float32] | Sequence[float] | None = None
    weight: float = 0.5
    colour_weight: float = 0.0
    k: int = 10
    offset: int = 0
    where: Filter | str | None = None
    diversity: float = 0.0
    fold: bool = False
    min_score: float | None = None
    explain: bool = False
    facets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_subject()
        for name in ("weight", "colour_weight", "diversity"):
            _check_range(name, getattr(self, name), 0, 1)
        if self.min_score is not None:
            _check_range("min_score", self.min_score, -1, 1)
        _check_range("k", self.k, 1, MOST)
        _check_range("offset", self.offset, 0, 10 * MOST)
        if isinstance(self.facets, str):
            raise UsageError(f"facets is the text {self.facets!r}; expected names: facets=({self.facets!r},)")
        if isinstance(self.where, str):
            object.__setattr__(self, "where", parse_filter(self.where) if self.where.strip() else None)
        if self.vector is not None:
            object.__setattr__(self, "vector", _normalise(self.vector))

    def _check_subject(self) -> None:
        looks = [name for name in ("image", "item", "vector") if getattr(self, name) is not None]
        if len(looks) > 1:
            raise UsageError(f"{' and '.join(looks)} are given; expected one of them, with or without text")
        if not looks and self.text is None:
            raise UsageError("nothing is looked for; give one of image, item and vector, or text, or both")
        if self.text is not None and not self.text.strip():
            raise UsageError("the text is empty; give some words, or leave it out")
        if self.text is not None and len(self.text) > _LONGEST_TEXT:
            raise UsageError(f"the text has {len(self.text):,} characters; expected at most {_LONGEST_TEXT:,}")
        if self.box is not None and self.image is None:
            raise UsageError("a box is given without an image to cut it out of; give image, too")

    @property
    def filter(self) -> Filter | None:
        """The filter, parsed."""
        assert not isinstance(self.where, str)  # noqa: S101  (parsed when the query was made)
        return self.where

    @property
    def has_look(self) -> bool:
        """Whether something is looked for by its look, not by words alone."""
        return self.image is not None or self.item is not None or self.vector is not None


def _check_range(name: str, value: float, low: float, high: float) -> None:
    whole = high > 1
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}; expected {'a whole number' if whole else 'a number'} {low} to {high:,}")


def _normalise(vector: NDArray[np.float32] | Sequence[float]) -> NDArray[np.float32]:
    try:
        numbers = np.asarray(vector, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the vector is no list of numbers: {error}") from error
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        raise UsageError(f"the vector is {list(numbers.shape)}; expected [embedding size], every number finite")
    length = math.sqrt(float(numbers @ numbers))
    if not length or not math.isfinite(length):
        raise UsageError(f"the vector has the length {length}; expected one that points somewhere")
    return np.asarray(numbers / length, np.float32)

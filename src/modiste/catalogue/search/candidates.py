"""Candidates: the items that may become hits, and what orders them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, overload

from modiste.catalogue.backend import Matches
from modiste.catalogue.words import FUSION_K, sum_ranks

__all__ = ["Candidate", "FusedCandidates"]


class Candidate(NamedTuple):
    """An item that may become a hit.

    Args:
        item_id: Which one.
        value: What it is ordered by.
        score: Its cosine with the query's vector; None where there is none, or it was not computed yet.
        word_score: By BM25, or None.
        colour_score: 0 to 1, or None.
        parts: What adds up to the value.
        folded: The items that it stands for.
    """

    item_id: str
    value: float
    score: float | None = None
    word_score: float | None = None
    colour_score: float | None = None
    parts: Mapping[str, float] = MappingProxyType({})
    folded: tuple[str, ...] = ()


class FusedCandidates(Sequence[Candidate]):
    """The candidates of two lists that are fused by their ranks, best first; those of no value are left out.

    Each is made when it is looked at: hundreds are fused, and a page shows ten. Made at once, they were a tenth of the
    time of a search by words, and so many objects that Python looked for garbage at nearly every one.

    Args:
        near: The nearest by vector, with their cosines.
        fit: Those that the words fit best.
        shares: What either list is called, in this order -> how much it counts.

    Example:
        >>> import numpy as np
        >>> near, fit = (Matches(names, np.ones(2, np.float32)) for names in (["a", "b"], ["b", "c"]))
        >>> fused = FusedCandidates(near, fit, {"picture": 0.5, "words": 0.5})
        >>> [one.item_id for one in fused], fused[0].value
        (['b', 'a', 'c'], 1.0)
    """

    def __init__(self, near: Matches, fit: Matches, shares: Mapping[str, float]) -> None:
        lists = (near.item_ids, fit.item_ids)
        self._values = sum_ranks(lists, list(shares.values()))
        valued = (name for name, value in self._values.items() if value > 0)
        self._names = sorted(valued, key=self._values.__getitem__, reverse=True)
        # All are divided by the best one's value, so that they can be weighed against cosines.
        self._best = self._values[self._names[0]] if self._names else 1.0
        self._places = [dict(zip(names, range(len(names)), strict=True)) for names in lists]
        self._scores, self._shares = (near.scores, fit.scores), shares

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...
    @overload
    def __getitem__(self, place: slice) -> list[Candidate]: ...
    def __getitem__(self, place: int | slice) -> Candidate | list[Candidate]:
        if isinstance(place, slice):
            return [self._make(name) for name in self._names[place]]
        return self._make(self._names[place])

    def _make(self, name: str) -> Candidate:
        places = [places.get(name) for places in self._places]
        score, word_score = (
            None if at is None else float(scores[at]) for at, scores in zip(places, self._scores, strict=True)
        )
        parts = {
            part: share / (FUSION_K + at + 1) / self._best
            for at, (part, share) in zip(places, self._shares.items(), strict=True)
            if at is not None
        }
        return Candidate(name, self._values[name] / self._best, score, word_score, parts=parts)

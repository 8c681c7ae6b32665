"""Rankings: the items that answer a query, best first, as deep as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import Backend
from modiste.catalogue.filters import Filter
from modiste.catalogue.search.subject import Subject
from modiste.catalogue.words import FUSION_K, fuse_ranks

__all__ = ["FUSED", "Candidate", "Ranking", "rank", "score_missing"]

FUSED: Final = 256  # ranks of either list that are fused; a fixed number, so that pages of an answer fit together

_LOOKED_AT: Final = 3  # of the best by words, to see whether the shop says anything of its items


class Candidate(NamedTuple):
    """An item that may become a hit; a tuple, since a search by words makes hundreds.

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


class Ranking(NamedTuple):
    """The first candidates, best first, and whether there are no more; a deeper ranking starts with the same ones."""

    candidates: list[Candidate]
    ended: bool


def rank(subject: Subject, backend: Backend, where: Filter | None, depth: int) -> Ranking:
    """Rank the items that answer a query.

    Args:
        subject: What the query comes down to.
        backend: Where the items are.
        where: What every item passes.
        depth: How many are wanted; a fused ranking ends after the first 256 of either list.
    """
    if subject.word_weight is None and subject.vector is not None:
        found = backend.nearest(subject.vector, depth, where=where)
        pairs = zip(found.item_ids, _clip(found.scores), strict=True)
        return Ranking([Candidate(name, score, score) for name, score in pairs], len(found.item_ids) < depth)
    words = subject.words.words if subject.words is not None else ()
    if subject.vector is None:
        found = backend.match_words(words, depth, where=where)
        pairs = zip(found.item_ids, found.scores.tolist(), strict=True)
        listed = [Candidate(name, score, None, score, parts={"words": score}) for name, score in pairs]
        return Ranking(listed, len(found.item_ids) < depth)
    return Ranking(_fuse(subject, backend, where, words), ended=True)


def score_missing(subject: Subject, backend: Backend, candidates: list[Candidate]) -> list[Candidate]:
    """Compute the cosines that a list of words left open; what was removed meanwhile is dropped."""
    missing = [candidate.item_id for candidate in candidates if candidate.score is None]
    if subject.vector is None or not missing:
        return candidates
    found = dict(zip(missing, _clip(backend.score(subject.vector, missing)), strict=True))
    scored = [
        candidate._replace(score=found[candidate.item_id]) if candidate.score is None else candidate
        for candidate in candidates
    ]
    return [candidate for candidate in scored if candidate.score is not None and not np.isnan(candidate.score)]


def _fuse(subject: Subject, backend: Backend, where: Filter | None, words: tuple[str, ...]) -> list[Candidate]:
    assert subject.vector is not None and subject.word_weight is not None  # noqa: S101
    near = backend.nearest(subject.vector, FUSED, where=where)
    fit = backend.match_words(words, FUSED, where=where)
    shares = {"picture": 1 - subject.word_weight, "words": subject.word_weight}
    if "picture vectors" not in subject.methods:
        shares = {"text vectors": shares["picture"], "words": shares["words"]}
        if _have_only_predicted_words(backend, fit.item_ids[:_LOOKED_AT]):
            shares = {"text vectors": 1.0, "words": 0.0}
    scores = dict(zip(near.item_ids, _clip(near.scores), strict=True))
    word_scores = dict(zip(fit.item_ids, fit.scores.tolist(), strict=True))
    lists = [near.item_ids, fit.item_ids]
    fused = fuse_ranks(lists, weights=list(shares.values()))
    ranks = [{name: place for place, name in enumerate(listed, start=1)} for listed in lists]
    weighed = list(zip(shares.items(), ranks, strict=True))
    best = fused[0][1] if fused else 1.0  # all are divided by it, so that they can be weighed against cosines
    return [
        Candidate(
            name,
            value / best,
            scores.get(name),
            word_scores.get(name),
            parts={part: share / (FUSION_K + rank[name]) / best for (part, share), rank in weighed if name in rank},
        )
        for name, value in fused
        if value > 0
    ]


def _have_only_predicted_words(backend: Backend, item_ids: list[str]) -> bool:
    """Whether all that some items are found by was predicted from their pictures, which their vectors tell better.

    Measured (`results/text-search.md`): fused with words of predicted tags, the list by vectors gets worse.
    """
    items = backend.get(item_ids).values()
    told = any(item.title or item.brand or any(tag.origin != "predicted" for tag in item.tags) for item in items)
    return bool(items) and not told


def _clip(scores: NDArray[np.float32]) -> list[float]:
    """Return cosines that rounding brought beyond 1 as 1."""
    clipped: list[float] = np.clip(scores, -1, 1).tolist()
    return clipped

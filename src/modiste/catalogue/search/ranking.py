"""Rankings: the items that answer a query, best first, as deep as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import Backend, Matches
from modiste.catalogue.filters import Filter
from modiste.catalogue.search.candidates import Candidate, FusedCandidates
from modiste.catalogue.search.subject import Subject

__all__ = ["FUSED", "Ranking", "rank", "score_missing"]

FUSED: Final = 256  # ranks of either list that are fused; a fixed number, so that pages of an answer fit together

_LOOKED_AT: Final = 3  # of the best by words, to see whether the shop says anything of its items


class Ranking(NamedTuple):
    """The first candidates, best first, and whether there are no more; a deeper ranking starts with the same ones."""

    candidates: Sequence[Candidate]
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
        pairs = zip(found.item_ids, _clip(found.scores).tolist(), strict=True)
        return Ranking([Candidate(name, score, score) for name, score in pairs], len(found.item_ids) < depth)
    words = subject.words.words if subject.words is not None else ()
    if subject.vector is None:
        found = backend.match_words(words, depth, where=where)
        pairs = zip(found.item_ids, found.scores.tolist(), strict=True)
        listed = [Candidate(name, score, None, score, parts={"words": score}) for name, score in pairs]
        return Ranking(listed, len(found.item_ids) < depth)
    return Ranking(_fuse(subject, backend, where, words), ended=True)


def score_missing(subject: Subject, backend: Backend, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Compute the cosines that a list of words left open; what was removed meanwhile is dropped."""
    missing = [candidate.item_id for candidate in candidates if candidate.score is None]
    if subject.vector is None or not missing:
        return list(candidates)
    found = dict(zip(missing, _clip(backend.score(subject.vector, missing)).tolist(), strict=True))
    scored = [
        candidate._replace(score=found[candidate.item_id]) if candidate.score is None else candidate
        for candidate in candidates
    ]
    return [candidate for candidate in scored if candidate.score is not None and not np.isnan(candidate.score)]


def _fuse(subject: Subject, backend: Backend, where: Filter | None, words: tuple[str, ...]) -> FusedCandidates:
    assert subject.vector is not None and subject.word_weight is not None  # noqa: S101
    near = backend.nearest(subject.vector, FUSED, where=where)
    fit = backend.match_words(words, FUSED, where=where)
    shares = {"picture": 1 - subject.word_weight, "words": subject.word_weight}
    if "picture vectors" not in subject.methods:
        shares = {"text vectors": shares["picture"], "words": shares["words"]}
        if _have_only_predicted_words(backend, fit.item_ids[:_LOOKED_AT]):
            shares = {"text vectors": 1.0, "words": 0.0}
    return FusedCandidates(Matches(near.item_ids, _clip(near.scores)), fit, shares)


def _have_only_predicted_words(backend: Backend, item_ids: list[str]) -> bool:
    """Whether all that some items are found by was predicted from their pictures, which their vectors tell better.

    Measured (`results/text-search.md`): fused with words of predicted tags, the list by vectors gets worse.
    """
    items = backend.get(item_ids).values()
    told = any(item.title or item.brand or any(tag.origin != "predicted" for tag in item.tags) for item in items)
    return bool(items) and not told


def _clip(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return cosines that rounding brought beyond 1 as 1."""
    return np.clip(scores, -1, 1)

"""Arranging: what happens to a ranking before it is shown. Colours, a least score, folding, diversity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import Backend
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.search.candidates import Candidate
from modiste.catalogue.search.colours import find_item_colours, find_seen_colours
from modiste.catalogue.search.diversity import diversify
from modiste.catalogue.search.folding import find_folds
from modiste.catalogue.search.query import Query
from modiste.catalogue.search.ranking import score_missing
from modiste.catalogue.search.subject import Subject
from modiste.imaging.colour_shares import compare_colours

__all__ = ["POOL", "arrange", "count_needed"]

POOL: Final = 256  # the best ones that colours and diversity reorder; a fixed number, so that pages fit together


def count_needed(query: Query) -> int:
    """Return how many arranged candidates a query needs: one more than it shows, which tells whether there are more."""
    shown = query.offset + query.k + 1
    return max(shown, POOL) if query.diversity or query.colour_weight else shown


def arrange(candidates: Sequence[Candidate], query: Query, subject: Subject, backend: Backend) -> Sequence[Candidate]:
    """Arrange a ranking as a query asks for it.

    The start of a longer ranking, arranged, is a shorter one arranged, as far as it has `count_needed` candidates: what
    is reordered are always the same first ones.

    Args:
        candidates: Best first.
        query: What is asked for.
        subject: What it comes down to.
        backend: Where colours, products and vectors are read.
    """
    asks = (query.colour_weight, query.fold, query.diversity)
    if subject.left_out is None and query.min_score is None and not any(asks):
        return candidates  # as they are: some are made when they are looked at
    arranged = list(candidates)
    if subject.left_out is not None:
        arranged = [candidate for candidate in arranged if candidate.item_id != subject.left_out[0]]
    if query.min_score is not None or query.colour_weight:
        arranged = score_missing(subject, backend, arranged)
    if subject.colours is not None:
        arranged = _weigh_colours(arranged[:POOL], query, subject.colours, backend) + arranged[POOL:]
    if query.min_score is not None:
        least = query.min_score
        arranged = [candidate for candidate in arranged if candidate.score is None or candidate.score >= least]
    if query.fold:
        arranged = _fold(arranged, subject, backend)
    if query.diversity:
        arranged = _diversify(arranged[:POOL], query.diversity, backend) + arranged[POOL:]
    return arranged


def _weigh_colours(
    candidates: list[Candidate], query: Query, colours: NDArray[np.uint8], backend: Backend
) -> list[Candidate]:
    """Order candidates by the weighted sum of their value and the likeness of their colours, 0 where none is known."""
    items = backend.get([candidate.item_id for candidate in candidates])
    share = query.colour_weight
    weighed = []
    for candidate in candidates:
        alike = _compare(colours, items.get(candidate.item_id), seen=query.has_look)
        value = (1 - share) * _scale(candidate, candidates) + share * (alike or 0.0)
        weighed.append(candidate._replace(value=value, colour_score=alike))
    return sorted(weighed, key=lambda candidate: -candidate.value)


def _compare(colours: NDArray[np.uint8], item: CatalogueItem | None, *, seen: bool) -> float | None:
    """Compare with the colours that an item's picture shows, or, for words, with those that its labels name."""
    its = None if item is None else find_seen_colours(item) if seen else find_item_colours(item)
    return None if its is None else float(compare_colours(colours, its))


def _scale(candidate: Candidate, candidates: list[Candidate]) -> float:
    """Return a value that cosines can be weighed against: as it is, or relative to the best one's BM25."""
    if candidate.score is not None:
        return candidate.value
    return candidate.value / max(candidates[0].value, 1e-9)


def _fold(candidates: list[Candidate], subject: Subject, backend: Backend) -> list[Candidate]:
    names = [candidate.item_id for candidate in candidates]
    items, vectors = backend.get(names), backend.get_vectors(names)
    there = [candidate for candidate in candidates if candidate.item_id in items and candidate.item_id in vectors]
    product = subject.left_out[1] if subject.left_out is not None else None
    there = [candidate for candidate in there if product is None or items[candidate.item_id].product_id != product]
    if not there:
        return []
    listed = [items[candidate.item_id] for candidate in there]
    into = find_folds(listed, np.stack([vectors[candidate.item_id] for candidate in there]))
    folded: dict[int, list[str]] = {}
    for place, target in enumerate(into.tolist()):
        if target != place:
            folded.setdefault(target, []).append(there[place].item_id)
    return [
        candidate._replace(folded=tuple(folded.get(place, ())))
        for place, candidate in enumerate(there)
        if into[place] == place
    ]


def _diversify(candidates: list[Candidate], diversity: float, backend: Backend) -> list[Candidate]:
    vectors = backend.get_vectors([candidate.item_id for candidate in candidates])
    there = [candidate for candidate in candidates if candidate.item_id in vectors]
    if not there:
        return []
    values = np.array([_scale(candidate, there) for candidate in there], np.float32)
    order = diversify(values, np.stack([vectors[candidate.item_id] for candidate in there]), diversity)
    return [there[place] for place in order.tolist()]

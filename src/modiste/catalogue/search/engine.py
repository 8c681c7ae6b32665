"""The search engine: a query in, results out, whatever the catalogue is kept in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.catalogue.search.arranging import arrange, count_needed
from modiste.catalogue.search.candidates import Candidate
from modiste.catalogue.search.encoding import QueryEncoder, check_bundle
from modiste.catalogue.search.explanation import Explanation, explain_hit
from modiste.catalogue.search.query import Query
from modiste.catalogue.search.ranking import rank, score_missing
from modiste.catalogue.search.results import Hit, ItemLoader, Results
from modiste.catalogue.search.subject import Subject, read_subject
from modiste.errors import UsageError

__all__ = ["SearchEngine"]


class SearchEngine:
    """Answers queries to one catalogue.

    A hit's score is the cosine of the query's vector with the item's, -1 to 1, higher is better, however the hits are
    ordered: words alone, or beside a picture without a text encoder, by fused ranks; with a colour weight by the
    weighted sum of score and colours; with diversity as unlike each other as asked for.

    Args:
        backend: Where the catalogue is kept.
        bundle: The bundle that it was made with, or its folder; by default the one that modiste ships. It is opened
            when a query first needs it; one by item or vector never does.
        threads: Cores for pictures and texts; by default all.

    Raises:
        CatalogueError: An opened bundle was given, and the catalogue holds vectors of another one.

    Example:
        >>> engine = SearchEngine(backend)  # doctest: +SKIP
        >>> engine.search(Query(text="blue shirt", where="price <= 1500", k=3)).item_ids  # doctest: +SKIP
        ['1163', '1544', '2011']
    """

    def __init__(
        self, backend: Backend, bundle: Bundle | Path | str | None = None, *, threads: int | None = None
    ) -> None:
        self._backend = backend
        self._encoder = QueryEncoder(bundle, threads=threads)
        if isinstance(bundle, Bundle):
            check_bundle(bundle, backend)

    def search(self, query: Query) -> Results:
        """Answer a query.

        Raises:
            CatalogueError: The catalogue holds vectors of another bundle; the text says what to type.
            UsageError: The item is not there, the filter speaks of unknown columns, or the query contradicts itself.
            PictureError: The picture can't be read.
        """
        start = time.perf_counter()
        subject = read_subject(query, self._backend, self._encoder)
        if query.min_score is not None and subject.vector is None:
            raise UsageError(
                "min_score compares cosines, and these words have no vector: the bundle has no text encoder"
            )
        # What says nothing is still turned into some vector, which is as near to the items as that of words.
        arranged, ended = ([], True) if _says_nothing(query, subject) else self._arrange(query, subject)
        page = score_missing(subject, self._backend, arranged[query.offset : query.offset + query.k])
        hits = self._show(page, query, subject)
        return Results(
            hits,
            total=len(arranged) if ended else None,
            reason="" if hits else self._explain_nothing(query, subject, len(arranged)),
            corrected=subject.words.corrected if subject.words else None,
            unknown=subject.words.unknown if subject.words else (),
            added=subject.words.added if subject.words else (),
            methods=subject.methods,
            notes=subject.notes,
            facets=self._backend.count_facets(query.facets, where=query.filter) if query.facets else {},
            seconds=time.perf_counter() - start,
        )

    def _arrange(self, query: Query, subject: Subject) -> tuple[Sequence[Candidate], bool]:
        """Return the arranged candidates, as many as the page needs, and whether they are all there are."""
        needed = count_needed(query)
        depth = needed + (subject.left_out is not None)
        while True:
            candidates, ended = rank(subject, self._backend, query.filter, depth)
            ended = ended or _is_below(query, candidates)
            arranged = arrange(candidates, query, subject, self._backend)
            if ended or len(arranged) >= needed:
                return arranged, ended
            depth *= 2

    def _show(self, page: Sequence[Candidate], query: Query, subject: Subject) -> tuple[Hit, ...]:
        load = ItemLoader([candidate.item_id for candidate in page], self._backend.get)
        reasons = self._explain(page, query, subject, load) if query.explain else [None] * len(page)
        return tuple(
            Hit(
                candidate.item_id,
                candidate.score,
                word_score=candidate.word_score,
                colour_score=candidate.colour_score,
                folded=candidate.folded,
                reasons=reason,
                _load=load,
            )
            for candidate, reason in zip(page, reasons, strict=True)
        )

    def _explain(
        self, page: Sequence[Candidate], query: Query, subject: Subject, load: ItemLoader
    ) -> list[Explanation]:
        names = [candidate.item_id for candidate in page]
        shares = {name: self._backend.score(part, names).tolist() for name, part in subject.parts.items()}
        words = subject.words.words if subject.words else ()
        explained = []
        for place, candidate in enumerate(page):
            parts = candidate.parts or {name: share[place] for name, share in shares.items()}
            parts = _add_colours(parts, candidate, query.colour_weight)
            explained.append(explain_hit(subject.labels, words, load(candidate.item_id), parts))
        return explained

    def _explain_nothing(self, query: Query, subject: Subject, found: int) -> str:
        if found:
            return f"there are {found:,} hits, and the first {query.offset:,} were to be skipped"
        if _says_nothing(query, subject):
            return f"nothing fits: no item has any of these words, and they read like none: {query.text}"
        free = rank(replace(subject, left_out=None), self._backend, query.filter, 2).candidates
        free = score_missing(subject, self._backend, free)
        others = [candidate for candidate in free if subject.left_out is None or candidate.item_id != query.item]
        if others and others[0].score is not None and query.min_score is not None:
            best = others[0]
            return f"nothing reaches the score {query.min_score:g}: the nearest is {best.item_id} with {best.score:.3f}"
        if query.filter is not None and not self._backend.list_ids(query.filter):
            return f"no item of the catalogue passes the filter {query.filter}"
        if subject.words is not None and subject.vector is None:
            return f"no item that may be answered has any of the words: {' '.join(subject.words.words) or query.text}"
        return "there is no other item" if query.item is not None else "the catalogue is empty"


def _says_nothing(query: Query, subject: Subject) -> bool:
    return not query.has_look and subject.words is not None and subject.words.gibberish


def _is_below(query: Query, candidates: Sequence[Candidate]) -> bool:
    """Say whether all that follow score too little, since the ranking is by score."""
    last = candidates[-1] if candidates else None
    by_score = last is not None and last.score == last.value
    return by_score and query.min_score is not None and last is not None and last.value < query.min_score


def _add_colours(parts: Mapping[str, float], candidate: Candidate, share: float) -> dict[str, float]:
    """Return the parts of a candidate's value with that of the colours; all add up to the value."""
    if not share:
        return dict(parts)
    colours = share * (candidate.colour_score or 0.0)
    total = sum(parts.values())
    factor = (candidate.value - colours) / total if total else 0.0
    return {name: factor * part for name, part in parts.items()} | {"colours": colours}

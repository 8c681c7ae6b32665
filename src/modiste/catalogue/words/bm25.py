"""BM25 over a catalogue's words: exact after every addition and removal, and filtered by a mask."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.words.growing import GrowingArray
from modiste.catalogue.words.known import KnownWords
from modiste.catalogue.words.postings import Postings
from modiste.errors import UsageError

__all__ = ["K1", "B", "WordIndex", "WordMatches"]

K1: Final = 1.2  # how soon a word's repetitions stop counting
B: Final = 0.75  # how much a long document is held against it
_TAIL: Final = 2048  # documents that are sorted anew with every change; beyond that they join the rest
_TAIL_SHARE: Final = 0.1
_DEAD_SHARE: Final = 0.2


class WordMatches(NamedTuple):
    """Found rows, best first: ``rows`` int64 [n] and ``scores`` float32 [n], above 0, ties by row."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]


class WordIndex:
    """Finds the rows that some words fit best, by BM25.

        score(row) = sum over the query's different words of  idf(w) * tf / (tf + k1 * (1 - b + b * length / average))
        idf(w)     = ln(1 + (N - n(w) + 1/2) / (n(w) + 1/2))

    k1 = 1.2 and b = 0.75; the idf that can't be negative and the absent factor k1 + 1, which changes no order, are
    Lucene's.

    Rows are numbers that the caller chooses. What is added or removed counts from the next search on, in all of N,
    n(w) and the average; the answers are those of an index made anew. Adding costs the added rows; one change in ten
    per cent of them sorts everything. Several threads may search while one changes.

    Reference:
        Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; Lucene's BM25Similarity.

    Example:
        >>> index = WordIndex()
        >>> index.add([0, 1], [("blue", "shirt"), ("blue", "checked", "shirt")])
        >>> index.search(["checked", "blue"], 5).rows.tolist()
        [1, 0]
        >>> index.search(["checked", "blue"], 5, keep=np.array([True, False])).rows.tolist()
        [0]
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ids: dict[str, int] = {}
        self._having = GrowingArray[np.int32](np.int32)  # word -> number of documents that have it and live
        self._place: dict[int, int] = {}  # row -> its document
        self._clear()

    def _clear(self) -> None:
        # A document is a row at the time when it was added; a row that is removed and added again is a new one.
        self._rows = GrowingArray[np.int64](np.int64)  # document -> row
        self._lengths = GrowingArray[np.float32](np.float32)
        self._alive = GrowingArray[np.bool_](np.bool_)
        self._starts = GrowingArray[np.int64](np.int64)  # document -> where its words start
        self._starts.extend([0])
        self._words = GrowingArray[np.int32](np.int32)
        self._counts = GrowingArray[np.float32](np.float32)
        self._main = self._tail = Postings(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
        self._sorted = self._settled = 0  # documents within main, and within main and tail
        self._outdate()

    def _outdate(self) -> None:
        """Forget what depends on all documents: it is worked out when it is asked for."""
        self._norms: NDArray[np.float32] | None = None
        self._worth: dict[int, list[tuple[NDArray[np.int32], NDArray[np.float32]]]] = {}  # as many as all postings

    def __len__(self) -> int:
        return len(self._place)

    def add(self, rows: Sequence[int], documents: Sequence[Iterable[str]]) -> None:
        """Add n rows with the words of each, as `split_words` gives them.

        Raises:
            UsageError: A row is there already, comes twice or is negative, or there are more or fewer documents.
        """
        if len(rows) != len(documents):
            raise UsageError(f"{len(documents)} documents were given for {len(rows)} rows; expected one a row")
        with self._lock:
            twice = sorted(set(rows) & self._place.keys())
            if twice or len(set(rows)) < len(rows) or min(rows, default=0) < 0:
                raise UsageError(f"rows must be 0 or more, and new: {twice[:5] or list(rows[:5])}. Remove them first")
            self._append(rows, [Counter(words) for words in documents])

    def _append(self, rows: Sequence[int], documents: Sequence[Mapping[str, int]]) -> None:
        self._place.update(zip(rows, range(len(self._rows), len(self._rows) + len(rows)), strict=True))
        words = [self._ids.setdefault(word, len(self._ids)) for words in documents for word in words]
        self._having.extend(np.zeros(len(self._ids) - len(self._having)))
        np.add.at(self._having.view, words, 1)
        sizes = np.array([len(words) for words in documents], np.int64)
        self._starts.extend(self._starts.view[-1] + np.cumsum(sizes))
        self._words.extend(words)
        self._counts.extend([count for words in documents for count in words.values()])
        self._lengths.extend([sum(words.values()) for words in documents])
        self._rows.extend(rows)
        self._alive.extend(np.ones(len(rows)))
        self._outdate()

    def replace(self, rows: Sequence[int], documents: Sequence[Iterable[str]]) -> int:
        """Give n rows other words, and add those that are not there.

        What has these words already is left alone: a new price of a product costs nothing here.

        Returns:
            How many were added or got other words.
        """
        with self._lock:
            counted = zip(rows, map(Counter, documents), strict=True)
            changed = {row: words for row, words in counted if not self._has(row, words)}
            if changed:
                self.remove(changed)
                self._append(list(changed), list(changed.values()))
        return len(changed)

    def _has(self, row: int, words: Mapping[str, int]) -> bool:
        """Say whether a row has these words, each as often as said."""
        if row not in self._place:
            return False
        part = self._part(self._place[row])
        own = dict(zip(self._words.view[part].tolist(), self._counts.view[part].tolist(), strict=True))
        return own == {self._ids.get(word, -1): count for word, count in words.items()}

    def remove(self, rows: Iterable[int]) -> int:
        """Remove rows; return how many were there."""
        with self._lock:
            documents = [self._place.pop(row) for row in rows if row in self._place]
            for document in documents:
                self._alive.view[document] = False
                np.subtract.at(self._having.view, self._words.view[self._part(document)], 1)
            if documents:
                self._outdate()
            if len(self._rows) - len(self._place) > max(_DEAD_SHARE * len(self._rows), _TAIL):
                self._compact()
        return len(documents)

    def _part(self, document: int) -> slice:
        starts = self._starts.view
        return slice(int(starts[document]), int(starts[document + 1]))

    def _compact(self) -> None:
        """Forget the dead documents."""
        alive, sizes = self._alive.view.copy(), np.diff(self._starts.view)
        kept = np.repeat(alive, sizes)
        rows, lengths = self._rows.view[alive], self._lengths.view[alive]
        words, counts = self._words.view[kept], self._counts.view[kept]
        self._clear()
        self._fill(rows, lengths, np.cumsum(sizes[alive]), words, counts)

    def _fill(
        self,
        rows: NDArray[np.int64],
        lengths: NDArray[np.float32],
        ends: NDArray[np.int64],
        words: NDArray[np.int32],
        counts: NDArray[np.float32],
    ) -> None:
        self._rows.extend(rows)
        self._lengths.extend(lengths)
        self._alive.extend(np.ones(len(rows)))
        self._starts.extend(ends)
        self._words.extend(words)
        self._counts.extend(counts)
        self._place = {row: document for document, row in enumerate(rows.tolist())}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that is in it as plain arrays, to be kept in a file; `from_arrays` makes it anew from them.

        That takes a twentieth of the time of splitting titles again. The words are UTF-8, a line each.
        """
        with self._lock:
            self._compact()
            return {
                "words": np.frombuffer("\n".join(self._ids).encode(), np.uint8),
                "rows": self._rows.view.copy(),
                "lengths": self._lengths.view.copy(),
                "starts": self._starts.view.copy(),
                "terms": self._words.view.copy(),
                "counts": self._counts.view.copy(),
            }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> WordIndex:
        """Make the index that `to_arrays` was called of.

        Raises:
            UsageError: The arrays contradict each other; make the index from the items.
        """
        index = cls()
        try:
            index._restore(arrays)
        except (KeyError, ValueError, IndexError, UnicodeDecodeError) as error:
            raise UsageError(
                f"these are not the arrays of an index of words ({error}); make it from the items"
            ) from error
        return index

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        text = arrays["words"].astype(np.uint8).tobytes().decode()
        self._ids = {word: place for place, word in enumerate(text.split("\n") if text else [])}
        rows, lengths, starts, terms, counts = (
            np.asarray(arrays[name]) for name in ("rows", "lengths", "starts", "terms", "counts")
        )
        sizes = np.diff(starts)
        fits = len(rows) == len(lengths) == len(sizes) and len(terms) == len(counts) == int(starts[-1])
        if not fits or int(starts[0]) or (sizes < 0).any() or len(np.unique(rows)) < len(rows):
            raise ValueError("their lengths differ")
        if len(terms) and not 0 <= int(terms.min()) <= int(terms.max()) < len(self._ids):
            raise ValueError("a word is missing")
        self._having.extend(np.bincount(terms, minlength=len(self._ids)))
        self._fill(rows, lengths, starts[1:], terms, counts)

    def known_words(self) -> Mapping[str, int]:
        """Return a view of every word with the number of rows that have it; it follows later changes."""
        return KnownWords(self._ids, self._having)

    def search(self, words: Sequence[str], k: int, *, keep: NDArray[np.bool_] | None = None) -> WordMatches:
        """Find the rows that some words fit best.

        Args:
            words: As `split_words` gives them; doubled ones count once.
            k: How many rows at most; 1 or more.
            keep: Bool [any length]: rows that may be answered; a row beyond its end may not.

        Returns:
            At most k rows that have any of the words, best first; of equal ones the lower row first.

        Raises:
            UsageError: ``k`` is below 1.
        """
        if k < 1:
            raise UsageError(f"k is {k}; expected 1 or more")
        with self._lock:
            self._settle()
            scores = self._score(words)
            found = (scores > 0).nonzero()[0]  # of floats themselves, that takes ten times as long
            if len(self._place) < len(scores):
                found = found[self._alive.view[found]]
            rows = self._rows.view[found]
            if keep is not None:
                inside = rows < len(keep)
                inside[inside] = keep[rows[inside]]
                found, rows = found[inside], rows[inside]
            return _pick_best(rows, scores[found], k)

    def _score(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Return the score of every document, dead ones too: float32 [documents]."""
        scores = np.zeros(len(self._rows), np.float32)
        for word in dict.fromkeys(words):
            place = self._ids.get(word)
            if place is None or not self._having.view[place]:
                continue
            if place not in self._worth:
                self._worth[place] = self._weigh(place)
            for documents, worth in self._worth[place]:  # each document once
                scores[documents] += worth
        return scores

    def _weigh(self, place: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        """Return what a word adds to the scores of the documents that have it."""
        assert self._norms is not None  # noqa: S101  (settled before)
        having = int(self._having.view[place])
        idf = np.float32(np.log1p((len(self._place) - having + 0.5) / (having + 0.5)))
        parts = (self._main.of(place), self._tail.of(place))
        return [(some, idf * counts / (counts + self._norms[some])) for some, counts in parts if len(some)]

    def _settle(self) -> None:
        """Bring what searches read up to date with what was added and removed."""
        size = len(self._rows)
        if self._settled < size:
            if size - self._sorted > max(_TAIL, _TAIL_SHARE * size):
                self._main, self._sorted = self._sort(0, size), size
            self._tail, self._settled = self._sort(self._sorted, size), size
        if self._norms is None:
            lengths, alive = self._lengths.view, self._alive.view
            average = lengths[alive].mean(dtype=np.float64) if len(self._place) else 0.0
            self._norms = (K1 * (1 - B + B * lengths / (average or 1.0))).astype(np.float32)

    def _sort(self, first: int, last: int) -> Postings:
        starts = self._starts.view
        part = slice(int(starts[first]), int(starts[last]))
        documents = np.repeat(np.arange(first, last, dtype=np.int32), np.diff(starts[first : last + 1]))
        return Postings.sort(self._words.view[part], documents, self._counts.view[part], len(self._ids))


def _pick_best(rows: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> WordMatches:
    if len(scores) > k:
        # All that tie with the last one stay, so that the lower row wins, not the one that the partition met first.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        near = scores >= least
        rows, scores = rows[near], scores[near]
    order = np.lexsort((rows, -scores))[:k]
    return WordMatches(rows[order], scores[order])

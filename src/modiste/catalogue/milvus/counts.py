"""Counts that several writers keep at once: each has rows of its own, and what counts is the sum.

That is the counter known as PN-counter: no writer changes another one's rows, so nothing is lost without transactions.
What comes is counted before it is there, and what goes after it has gone: a count is too high after a writer was killed
between two calls. It is too low only after two writers have replaced the same item at the same time; so what was ever
counted is told of, and whoever must miss nothing takes that.

Reference:
    Shapiro, Preguiça, Baquero and Zawirski, "A comprehensive study of Convergent and Commutative Replicated Data
    Types", 2011.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from modiste.catalogue.filters.milvus import quote
from modiste.catalogue.milvus.schema import STRONG

__all__ = ["Counts", "Entry", "Scope"]

_ROWS: Final = 2_000  # of one call
_OUTPUT: Final = ["key", "writer", "scope", "name", "value", "count", "version"]
_COLUMNS: Final = ("field", "tuple", "detail", "slot")


class Scope:
    """What is counted: items and their words in total, items by word, and items by what filters need to know."""

    TOTAL: Final = "total"  # name: items or words
    WORD: Final = "word"  # value: the word
    FIELD: Final = "field"  # name: a field, value: a folded effective value
    TUPLE: Final = "tuple"  # name: a detail, value: a folded value in its list
    DETAIL: Final = "detail"  # name: a detail, value: number, word or words
    SLOT: Final = "slot"  # name: a slot of a size, value: the folded size


class Entry(NamedTuple):
    """One thing that is counted."""

    scope: str
    name: str
    value: str


class Counts:
    """The counts of a catalogue, as of now.

    Args:
        client: A ``pymilvus.MilvusClient``.
        collection: The collection of counts.
    """

    def __init__(self, client: Any, collection: str) -> None:
        self._client, self._collection = client, collection
        self._begin()
        self._columns = _Known(_COLUMNS)
        self._words = _Known((Scope.WORD,))

    def _begin(self) -> None:
        self._writer = uuid.uuid4().hex
        self._version = 0
        self._own: Counter[Entry] = Counter()

    def add(self, deltas: Mapping[Entry, int]) -> None:
        """Add to counts, below zero to take away."""
        changed = {entry: delta for entry, delta in deltas.items() if delta}
        if not changed:
            return
        if self._version and self._writer not in self._read_versions():
            self._begin()  # somebody counted anew, ours included
        self._version += 1
        self._own.update(changed)
        totals = [Entry(Scope.TOTAL, name, "") for name in ("items", "words")]
        rows = [self._build_row(entry) for entry in dict.fromkeys([*changed, *totals]) if entry not in totals]
        for start in range(0, len(rows), _ROWS):
            self._client.upsert(self._collection, rows[start : start + _ROWS])
        self._client.upsert(self._collection, [self._build_row(entry) for entry in totals])  # last: they tell of it

    def drop_others(self) -> None:
        """Forget what all other writers counted."""
        self._client.delete(self._collection, filter=f'writer != "{self._writer}" and scope != "head"')

    def read_totals(self) -> tuple[int, int]:
        """Return how many items there are, and how many words they have."""
        sums: Counter[str] = Counter()
        for row in self._read_total_rows():
            sums[row["name"]] += row["count"]
        return sums["items"], sums["words"]

    def read_columns(self) -> Mapping[Entry, int]:
        """Return the counts of what filters need to know, of what was ever counted."""
        return self._columns.refresh(self._read_versions(), self._iterate)

    def read_words(self) -> Mapping[Entry, int]:
        """Return the counts of all words that were ever counted."""
        return self._words.refresh(self._read_versions(), self._iterate)

    def count_words(self, words: Sequence[str]) -> dict[str, int]:
        """Return how many items have each of some words, of those that were ever counted."""
        sums: Counter[str] = Counter()
        if words:
            listed = ", ".join(map(quote, words))
            asked = f'scope == "{Scope.WORD}" and value in [{listed}]'
            for row in self._iterate(asked):
                sums[row["value"]] += row["count"]
        return {word: max(count, 0) for word, count in sums.items()}

    def _build_row(self, entry: Entry) -> dict[str, Any]:
        key = hashlib.sha256("\0".join((self._writer, *entry)).encode()).hexdigest()
        held = {"key": key, "writer": self._writer, **entry._asdict()}
        return held | {"count": self._own[entry], "version": self._version, "nothing": [1.0, 0.0]}

    def _read_total_rows(self) -> list[dict[str, Any]]:
        return list(self._iterate(f'scope == "{Scope.TOTAL}"'))

    def _read_versions(self) -> dict[str, int]:
        return {row["writer"]: row["version"] for row in self._read_total_rows()}

    def _iterate(self, asked: str) -> Iterator[dict[str, Any]]:
        found = self._client.query_iterator(
            self._collection, batch_size=_ROWS, filter=asked, output_fields=_OUTPUT, consistency_level=STRONG
        )
        try:
            while rows := found.next():
                yield from rows
        finally:
            found.close()


class _Known:
    """What was read of some scopes, by writer, so that only what was written since is read again."""

    def __init__(self, scopes: Sequence[str]) -> None:
        self._scopes = " or ".join(f'scope == "{scope}"' for scope in scopes)
        self._versions: dict[str, int] = {}
        self._by_writer: dict[str, dict[Entry, int]] = {}
        self._sums: dict[Entry, int] = {}

    def refresh(self, versions: Mapping[str, int], iterate: Any) -> Mapping[Entry, int]:
        if versions == self._versions:
            return self._sums
        if not self._versions.keys() <= versions.keys():  # writers were merged
            self._versions, self._by_writer = {}, {}
        for asked in self._ask(versions):
            for row in iterate(asked):
                entry = Entry(row["scope"], row["name"], row["value"])
                self._by_writer.setdefault(row["writer"], {})[entry] = row["count"]
        sums: Counter[Entry] = Counter()
        for counts in self._by_writer.values():
            sums.update(counts)  # zeros stay
        self._versions = dict(versions)
        self._sums = dict(sums)
        return self._sums

    def _ask(self, versions: Mapping[str, int]) -> Iterator[str]:
        if not self._versions:
            yield f"({self._scopes})"
            return
        for writer, version in versions.items():
            if version != (known := self._versions.get(writer, 0)):
                yield f'({self._scopes}) and writer == "{writer}" and version > {known}'

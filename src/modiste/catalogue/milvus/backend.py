"""A catalogue in Milvus, as `modiste.catalogue.backend.Backend` asks for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import CatalogueHead, CatalogueInfo, ItemChange, Matches
from modiste.catalogue.facets import FacetValue
from modiste.catalogue.filters import Filter
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local.writing import apply_change, check_vectors, normalise_item
from modiste.catalogue.milvus.address import MilvusAddress
from modiste.catalogue.milvus.columns import KnownColumns
from modiste.catalogue.milvus.connecting import connect, explain_errors
from modiste.catalogue.milvus.counts import Counts, Entry
from modiste.catalogue.milvus.documents import load_item
from modiste.catalogue.milvus.facets import count_streamed
from modiste.catalogue.milvus.keys import read_key
from modiste.catalogue.milvus.reading import ask_ids, read_rows, stream_rows, to_vector
from modiste.catalogue.milvus.rows import build_row, count_entries, keep_corrections
from modiste.catalogue.milvus.schema import STRONG, create_collections, name_counts, read_head, search_params
from modiste.catalogue.milvus.words import DEEPEST, WordSearch
from modiste.catalogue.ordering import Order, rank_item
from modiste.errors import UsageError

__all__ = ["MilvusBackend"]

_CALL_ITEMS: Final = 500  # written by one call
_CALL_BYTES: Final = 8 << 20
_EXACT: Final = frozenset({"FLAT", "HNSW", "IVF_FLAT"})  # kinds of index that score by whole vectors


class MilvusBackend:
    """A catalogue in Milvus. Threads share it; any number of processes may read and write it at once.

    Reads see all that was written before. A call that writes more than 500 items writes them in several steps, and one
    that is killed may have done some of them; two writers that change one item at the same time may lose one of the
    changes. Ties are broken by when items were added, among the candidates that Milvus gives.

    Args:
        address: As `MilvusAddress.parse` takes it, or one.
        create: What to make it for; None opens one that is there.

    Raises:
        CatalogueError: There is none, it is foreign or newer than this modiste, or Milvus does not answer.
        UsageError: It was to be made, and is there already; or the address is none.
        MissingExtraError: pymilvus is not installed.
    """

    def __init__(self, address: MilvusAddress | str, *, create: CatalogueHead | None = None) -> None:
        self.address = address if isinstance(address, MilvusAddress) else MilvusAddress.parse(address)
        self._client: Any = connect(self.address, create=create is not None)
        self._items = self.address.name
        self._lock = threading.RLock()
        self._last_added = 0
        with explain_errors(self.address):
            if create is not None:
                create_collections(self._client, self.address, create)
            self._head = read_head(self._client, self.address)
            self._index = self._read_index()
        self._counts = Counts(self._client, name_counts(self.address))
        self._known_words: tuple[Mapping[Entry, int] | None, dict[str, int]] = (None, {})
        self._columns: tuple[Mapping[Entry, int] | None, KnownColumns] = (None, KnownColumns({}, ()))

    def __enter__(self) -> MilvusBackend:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def head(self) -> CatalogueHead:
        """What the catalogue is made for."""
        return self._head

    def describe(self) -> CatalogueInfo:
        """Say what is in it."""
        with self._call():
            count = self._count()
            kinds = self._read_columns().kinds
        index = f"{self._index} of Milvus, chosen when the catalogue was made"
        return CatalogueInfo(self._head, count, dict(kinds), index, str(self.address))

    def put(self, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]) -> None:
        """Insert or replace n items with their vectors [n, embedding size], 500 at a time.

        A replaced item keeps its corrections, except of fields that it brings corrections of. Of items with the same
        id the last one counts.

        Raises:
            UsageError: An item can't be kept, a predicted tag is unknown to the bundle, or a vector is not of unit
                length.
        """
        normal = [normalise_item(item) for item in items]
        checked = check_vectors(vectors, len(normal), self._head.embedding_size)
        for field, value in {(t.field, t.value) for item in normal for t in item.tags if t.origin == "predicted"}:
            self._head.taxonomy[field].index(value)
        last = list({item.item_id: place for place, item in enumerate(normal)}.values())
        with self._call():
            for start in range(0, len(last), _CALL_ITEMS):
                places = last[start : start + _CALL_ITEMS]
                self._put([normal[place] for place in places], checked[places])

    def patch(self, changes: Sequence[ItemChange]) -> list[str]:
        """Change metadata, 500 items at a time; return the ids that are not there.

        Raises:
            UsageError: A change can't be kept, or corrects a field to what the bundle does not know.
        """
        ids = list(dict.fromkeys(change.item_id for change in changes))
        with self._call():
            rows = read_rows(self._client, self._items, ids, ["added", "document", "vector"])
            old = {item_id: load_item(row["document"]) for item_id, row in rows.items()}
            new = dict(old)
            for change in changes:
                if change.item_id in new:
                    changed = apply_change(new[change.item_id], change, self._head.taxonomy)
                    new[change.item_id] = normalise_item(changed)
            changed_ids = [item_id for item_id in new if new[item_id] != old[item_id]]
            for start in range(0, len(changed_ids), _CALL_ITEMS):
                part = changed_ids[start : start + _CALL_ITEMS]
                built = [build_row(new[i], to_vector(rows[i]["vector"]), rows[i]["added"]) for i in part]
                self._write(built, [new[i] for i in part], [old[i] for i in part])
        return [item_id for item_id in ids if item_id not in rows]

    def remove(self, item_ids: Sequence[str]) -> int:
        """Remove items; return how many were there."""
        with self._call():
            rows = read_rows(self._client, self._items, item_ids, ["document"])
            for asked in ask_ids(list(rows)):
                self._client.delete(self._items, filter=asked)
            gone = count_entries(load_item(row["document"]) for row in rows.values())
            self._counts.add({entry: -count for entry, count in gone.items()})
        return len(rows)

    def get(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        """Return those of some items that are there, in the order asked for."""
        with self._call():
            rows = read_rows(self._client, self._items, item_ids, ["document"])
        return {item_id: load_item(row["document"]) for item_id, row in rows.items()}

    def get_vectors(self, item_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those of some items that are there, in the order asked for."""
        with self._call():
            rows = read_rows(self._client, self._items, item_ids, ["vector"])
        return {item_id: to_vector(row["vector"]) for item_id, row in rows.items()}

    def list_ids(self, where: Filter | None = None, *, by: Order = "added") -> list[str]:
        """Return the ids of all items that a filter keeps, in some order; items without a price or title come last.

        Equals are in the order in which they were added.
        """
        output = ["added"] if by == "added" else ["added", "document"]
        with self._call():
            rows = list(stream_rows(self._client, self._items, self._translate(where), output))
        rows.sort(key=lambda row: (row["added"], row["item_id"]))
        if by != "added":
            rows.sort(key=lambda row: rank_item(load_item(row["document"]), by))
        return [read_key(row["item_id"]) for row in rows]

    def iterate(self, size: int = 1024) -> Iterator[tuple[list[CatalogueItem], NDArray[np.float32]]]:
        """Yield all items with their vectors, in the order in which they were added, ``size`` at a time.

        Those that are there at the start; each batch is read when it is asked for, and lacks what was removed since.
        """
        ids = self.list_ids()
        for start in range(0, len(ids), size):
            with self._call():
                rows = read_rows(self._client, self._items, ids[start : start + size], ["document", "vector"]).values()
            if rows:
                yield [load_item(row["document"]) for row in rows], np.stack([to_vector(row["vector"]) for row in rows])

    def nearest(self, vector: NDArray[np.float32], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items whose vectors have the highest cosine with a vector [embedding size] of unit length.

        Raises:
            UsageError: More than 16,384 are asked for, and there are more.
        """
        query = self._check_query(vector, k)
        with self._call():
            if k > DEEPEST and self._count() > DEEPEST:
                raise UsageError(f"{k:,} nearest items are asked for; Milvus gives at most {DEEPEST:,}. Ask for fewer")
            found = self._search("vector", query.tolist(), min(k, DEEPEST), self._translate(where, searching=True))
            scores = {hit["item_id"]: float(hit["distance"]) for hit in found}
            if self._index not in _EXACT:
                scores = dict(zip(scores, self.score(query, list(scores)).tolist(), strict=True))
        order = {hit["item_id"]: hit["entity"]["added"] for hit in found}
        best = sorted(scores, key=lambda item_id: (-scores[item_id], order[item_id]))
        return Matches(best, np.clip(np.asarray([scores[item_id] for item_id in best], np.float32), -1, 1))

    def score(self, vector: NDArray[np.float32], item_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of a vector with each of n items' vectors, float32 [n]; NaN where one is not there."""
        query = self._check_query(vector, 1).astype(np.float64)
        found = self.get_vectors(item_ids)
        return np.asarray([query @ found[one] if one in found else np.nan for one in item_ids], np.float32)

    def match_words(self, words: Sequence[str], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items that some words fit best, by BM25 over title, brand and labels; scores are above 0."""
        if k < 1:
            raise UsageError(f"k is {k}; expected 1 or more")
        with self._call():
            having = self._counts.count_words(list(dict.fromkeys(words)))
            search = WordSearch(words, having, *self._counts.read_totals())
            asked, depth = self._translate(where, searching=True), search.count_first(k)
            while search.query:
                hits = self._search("words", search.query, depth, asked, ["terms"])
                ranked = search.rank(hits, k, ended=len(hits) < depth or depth == DEEPEST)
                if ranked is not None:
                    return ranked
                depth = min(2 * depth, DEEPEST)
        return Matches([], np.empty(0, np.float32))

    def known_words(self) -> Mapping[str, int]:
        """Return every word that items are found by, with the number of items that have it."""
        with self._call():
            counts = self._counts.read_words()
            if self._known_words[0] is not counts:
                self._known_words = counts, {entry.value: count for entry, count in counts.items() if count > 0}
            return self._known_words[1]

    def count_facets(self, names: Sequence[str], *, where: Filter | None = None) -> dict[str, list[FacetValue]]:
        """Count the values of some columns among the items that a filter keeps; each of these is read."""
        if not names:
            return {}
        with self._call():
            columns = self._read_columns()
            rows = stream_rows(self._client, self._items, self._translate(where), ["document"])
            return count_streamed((load_item(row["document"]) for row in rows), names, columns.kinds, columns.fields)

    def recount(self) -> None:
        """Count all words and values anew, from every item: after a writer was killed, or after many have written.

        Nobody may write meanwhile. Until it is done, counts are too high.
        """
        with self._call():
            rows = stream_rows(self._client, self._items, self._translate(None), ["document"])
            fresh = Counts(self._client, name_counts(self.address))
            fresh.add(count_entries(load_item(row["document"]) for row in rows))
            fresh.drop_others()
            self._counts = fresh

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    @contextlib.contextmanager
    def _call(self) -> Iterator[None]:
        with self._lock, explain_errors(self.address):
            yield

    def _put(self, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]) -> None:
        rows = read_rows(self._client, self._items, [item.item_id for item in items], ["added", "document"])
        old = {item_id: load_item(row["document"]) for item_id, row in rows.items()}
        new = [keep_corrections(item, old.get(item.item_id)) for item in items]
        fresh = self._count_added(len(new))
        added = [rows[item.item_id]["added"] if item.item_id in rows else fresh + i for i, item in enumerate(new)]
        built = [build_row(item, vector, place) for item, vector, place in zip(new, vectors, added, strict=True)]
        self._write(built, new, list(old.values()))

    def _write(
        self, rows: Sequence[dict[str, Any]], new: Iterable[CatalogueItem], old: Iterable[CatalogueItem]
    ) -> None:
        """Write rows; what is new in them is counted before, what goes afterwards."""
        deltas: Counter[Entry] = count_entries(new)
        deltas.subtract(count_entries(old))
        self._counts.add({entry: delta for entry, delta in deltas.items() if delta > 0})
        for part in _split(rows):
            self._client.upsert(self._items, part)
        self._counts.add({entry: delta for entry, delta in deltas.items() if delta < 0})

    def _count_added(self, count: int) -> int:
        """Return the first of some rising numbers: by the clock, so that writers need not agree on them."""
        first = max(time.time_ns(), self._last_added + 1)
        self._last_added = first + count
        return first

    def _count(self) -> int:
        rows = self._client.query(self._items, filter="", output_fields=["count(*)"], consistency_level=STRONG)
        return int(rows[0]["count(*)"])

    def _read_index(self) -> str:
        return str(self._client.describe_index(self._items, "vector")["index_type"])

    def _read_columns(self) -> KnownColumns:
        counts = self._counts.read_columns()
        if self._columns[0] is not counts:
            self._columns = counts, KnownColumns(counts, self._head.taxonomy.names)
        return self._columns[1]

    def _translate(self, where: Filter | None, *, searching: bool = False) -> str:
        if where is None:
            return "" if searching else 'item_id != ""'
        return self._read_columns().translate(where)

    def _search(
        self, field: str, query: Any, limit: int, asked: str, output: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        params = search_params(self._index, limit) if field == "vector" else {"metric_type": "IP"}
        (hits,) = self._client.search(
            self._items,
            data=[query],
            anns_field=field,
            limit=limit,
            filter=asked,
            output_fields=["added", *output],
            search_params=params,
            consistency_level=STRONG,
        )
        return [{**hit, "item_id": read_key(hit["item_id"])} for hit in hits]

    def _check_query(self, vector: NDArray[np.float32], k: int) -> NDArray[np.float32]:
        size = self._head.embedding_size
        query = np.ascontiguousarray(vector, dtype=np.float32)
        if query.shape != (size,) or k < 1:
            raise UsageError(f"a query came with shape {query.shape} and k = {k}; expected ({size},) and 1 or more")
        checked: NDArray[np.float32] = check_vectors(query[None], 1, size)[0]
        return checked


def _split(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Split rows into calls of a size that Milvus takes."""
    part: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = 3 * len(row["document"]) + 9 * len(row["vector"])
        if part and size + length > _CALL_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part

"""A catalogue in a folder, as `modiste.catalogue.backend.Backend` asks for it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import CatalogueHead, CatalogueInfo, ItemChange, Matches
from modiste.catalogue.facets import FacetValue, count_facets
from modiste.catalogue.filters import Filter
from modiste.catalogue.index import find_index_kind
from modiste.catalogue.item import CatalogueItem, ItemTag
from modiste.catalogue.local.columns import list_kinds
from modiste.catalogue.local.database import (
    StoredHead,
    begin_reading,
    begin_writing,
    create_database,
    expect_damage,
    explain_errors,
    open_database,
    read_head,
)
from modiste.catalogue.local.following import Follower
from modiste.catalogue.local.item_cache import ItemCache
from modiste.catalogue.local.ordering import name_columns, order_rows
from modiste.catalogue.local.reading import find_keys, read_items, read_vectors
from modiste.catalogue.local.rebuilding import (
    PendingItem,
    abandon_rebuild,
    begin_rebuild,
    count_pending,
    finish_rebuild,
    list_pending,
    put_pending,
)
from modiste.catalogue.local.refreshing import refresh_cache
from modiste.catalogue.local.snapshot import Snapshot
from modiste.catalogue.local.writing import check_vectors, normalise_item, patch_items, put_items, remove_items
from modiste.catalogue.ordering import Order
from modiste.errors import CatalogueError, UsageError
from modiste.taxonomy import Taxonomy

__all__ = ["LocalBackend"]

_EXACT: Final = 1e-6


class LocalBackend:
    """A catalogue in a folder. Threads share it; any number of processes may read and write it at once.

    Each change is one transaction, which is on the disk when the call returns, and which the next call of any process
    sees. Ties are broken by when vectors were written, the older one first.

    Args:
        path: The folder.
        create: What to make it for; None opens one that is there.
        refresh: Make the cache and its index beside searches where they are missing or stale; without, only
            `refresh_cache` makes them.

    Raises:
        CatalogueError: There is none, or it is damaged, foreign, or newer than this modiste.
        UsageError: It was to be made, and is there already.
    """

    def __init__(self, path: Path | str, *, create: CatalogueHead | None = None, refresh: bool = True) -> None:
        self.path = Path(path)
        if create is not None:
            create_database(self.path, create)
        self._reader = open_database(self.path)
        self._writer: sqlite3.Connection | None = None
        self._writing = threading.RLock()
        self._follower = Follower(self.path, self._reader, refresh=refresh)
        self._items = ItemCache(self._reader)
        with explain_errors(self.path), begin_reading(self._reader):
            self._fingerprint = read_head(self._reader, self.path).head.fingerprint

    def __enter__(self) -> LocalBackend:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def head(self) -> CatalogueHead:
        """What the catalogue is made for now; a rebuild changes it."""
        return self._follower.look().stored.head

    def describe(self) -> CatalogueInfo:
        """Say what is in it."""
        snapshot = self._follower.look()
        with self._read():
            stored = read_head(self._reader, self.path)
            (count,) = self._reader.execute("SELECT count(*) FROM items").fetchone()
            kinds, _ = list_kinds(self._reader, stored.head.taxonomy.names)
            rebuild = None if stored.rebuild is None else (stored.rebuild.fingerprint, count_pending(self._reader))
        return CatalogueInfo(stored.head, count, dict(kinds), _describe_index(snapshot), str(self.path), rebuild)

    def put(self, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]) -> None:
        """Insert or replace n items with their vectors [n, embedding size], in one transaction.

        A replaced item keeps its corrections, except of fields that it brings corrections of. Of items with the same
        id the last one counts.

        Raises:
            UsageError: An item can't be kept, a predicted tag is unknown to the bundle, or a vector is not of unit
                length.
            CatalogueError: The catalogue was rebuilt under another bundle since it was opened.
        """
        normal = [normalise_item(item) for item in items]
        with self._write() as (connection, seq):
            stored = self._check_bundle(connection)
            checked = check_vectors(vectors, len(normal), stored.head.embedding_size)
            _check_tags((tag for item in normal for tag in item.tags), stored.head.taxonomy)
            last = {item.item_id: place for place, item in enumerate(normal)}
            places = list(last.values())
            put_items(connection, seq, [normal[place] for place in places], checked[places])

    def patch(self, changes: Sequence[ItemChange]) -> list[str]:
        """Change metadata in one transaction; return the ids that are not there.

        Raises:
            UsageError: A change can't be kept, or corrects a field to what the bundle does not know.
        """
        with self._write() as (connection, seq):
            taxonomy = read_head(connection, self.path).head.taxonomy
            return patch_items(connection, seq, changes, taxonomy)

    def remove(self, item_ids: Sequence[str]) -> int:
        """Remove items in one transaction; return how many were there."""
        with self._write() as (connection, seq):
            return remove_items(connection, seq, item_ids)

    def get(self, item_ids: Sequence[str]) -> dict[str, CatalogueItem]:
        """Return those of some items that are there, in the order asked for; they are shared, and can't be changed."""
        with self._read():
            return self._items.read(item_ids)

    def get_vectors(self, item_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those of some items that are there, in the order asked for."""
        with self._read():
            keys = find_keys(self._reader, item_ids)
            size = read_head(self._reader, self.path).head.embedding_size
            vectors = read_vectors(self._reader, sorted(keys.values()), size)
        return {item_id: vectors[keys[item_id]] for item_id in item_ids if item_id in keys}

    def list_ids(self, where: Filter | None = None, *, by: Order = "added") -> list[str]:
        """Return the ids of all items that a filter keeps, in some order; items without a price or title come last.

        Equals are in the order in which they were added.
        """
        if where is None and by == "added":
            with self._read():
                return [item_id for (item_id,) in self._reader.execute("SELECT item_id FROM items ORDER BY item_key")]
        names = () if where is None else where.names
        snapshot = self._follower.look([*names, *name_columns(by)])
        return snapshot.ids.take(order_rows(snapshot, where, by))

    def iterate(self, size: int = 1024) -> Iterator[tuple[list[CatalogueItem], NDArray[np.float32]]]:
        """Yield all items with their vectors, in the order in which they were added, ``size`` at a time.

        Each batch is read when it is asked for: what is changed meanwhile in a later batch is seen, in an earlier one
        not.
        """
        last = 0
        while True:
            with self._read():
                width = read_head(self._reader, self.path).head.embedding_size
                query = "SELECT item_key FROM items WHERE item_key > ? ORDER BY item_key LIMIT ?"
                keys = [key for (key,) in self._reader.execute(query, (last, size))]
                items = read_items(self._reader, keys)
                vectors = read_vectors(self._reader, keys, width)
            if not keys:
                return
            last = keys[-1]
            yield [items[key] for key in keys], np.stack([vectors[key] for key in keys])

    def nearest(self, vector: NDArray[np.float32], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items whose vectors have the highest cosine with a vector [embedding size] of unit length."""
        snapshot = self._follower.look() if where is None else self._follower.look(where.names)
        query = _check_query(vector, k, snapshot)
        if not snapshot.living:
            return Matches([], np.empty(0, np.float32))
        keep = None if where is None else snapshot.keep(where)
        rows, scores = snapshot.index.search(query, k, keep=keep)
        found = int(np.count_nonzero(rows[0] >= 0))
        return Matches(snapshot.ids.take(rows[0, :found]), scores[0, :found])

    def score(self, vector: NDArray[np.float32], item_ids: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of a vector with each of n items' vectors, float32 [n]; NaN where one is not there."""
        with self._follower.lock:
            snapshot = self._follower.look()
            query = _check_query(vector, 1, snapshot)[0].astype(np.float64)
            with self._read():
                keys = find_keys(self._reader, item_ids)
            rows = self._follower.find(np.array([keys.get(item_id, -1) for item_id in item_ids], np.int64))
        scores = np.full(len(item_ids), np.nan, np.float32)
        there = rows >= 0
        scores[there] = (snapshot.vectors[rows[there]] * query).sum(axis=1)
        return scores

    def match_words(self, words: Sequence[str], k: int, *, where: Filter | None = None) -> Matches:
        """Return the k items that some words fit best, by BM25 over title, brand and labels; scores are above 0."""
        with self._follower.lock:
            snapshot, index = self._follower.look_at_words(() if where is None else where.names)
            keep = None if where is None else _to_key_mask(snapshot, snapshot.keep(where))
            keys, scores = index.search(words, k, keep=keep)
            rows = self._follower.find(keys)
        there = rows >= 0
        return Matches(snapshot.ids.take(rows[there]), scores[there])

    def known_words(self) -> Mapping[str, int]:
        """Return every word that items are found by, with the number of items that have it."""
        return self._follower.look_at_words()[1].known_words()

    def count_facets(self, names: Sequence[str], *, where: Filter | None = None) -> dict[str, list[FacetValue]]:
        """Count the values of some columns among the items that a filter keeps."""
        if not names:
            return {}
        snapshot = self._follower.look([*names, *(() if where is None else where.names)])
        return count_facets(snapshot.columns, names, snapshot.keep(where))

    def refresh_cache(self, *, threads: int | None = None) -> None:
        """Write the cache and build its index now, where they are missing or stale: what ends a build.

        Args:
            threads: Of the building; None is all.
        """
        refresh_cache(self.path, threads=threads)

    def begin_rebuild(self, head: CatalogueHead) -> int:
        """Begin a rebuild under another bundle, or go on with an interrupted one; return how many items are to do.

        Raises:
            UsageError: The catalogue is made for this bundle already.
        """
        with self._write() as (connection, _):
            return begin_rebuild(connection, self._check_bundle(connection), head)

    def list_pending(self, limit: int = 1024, *, after: str | None = None) -> list[PendingItem]:
        """List items that a rebuild has yet to do, in the order in which they were added.

        Args:
            limit: How many at most.
            after: The last item of the previous list, so that those that failed are not listed again.
        """
        with self._read():
            return list_pending(self._reader, limit, after)

    def put_pending(
        self, pending: Sequence[PendingItem], vectors: NDArray[np.float32], tags: Sequence[Sequence[ItemTag]]
    ) -> int:
        """Keep what the new bundle says of n items, in one transaction; nobody sees it until the rebuild is finished.

        Args:
            pending: As `list_pending` gave them.
            vectors: float32 [n, d] of unit length; d is the new bundle's.
            tags: The predicted ones of each.

        Returns:
            How many were taken; those that were removed or got another picture meanwhile are not.

        Raises:
            UsageError: No rebuild is under way, or a vector or a tag does not fit its bundle.
        """
        with self._write() as (connection, _):
            head = read_head(connection, self.path).rebuild
            if head is None:
                raise UsageError(f"no rebuild of {self.path} is under way; begin one first")
            checked = check_vectors(vectors, len(pending), head.embedding_size)
            _check_tags((tag for said in tags for tag in said), head.taxonomy)
            return put_pending(connection, pending, checked, tags)

    def finish_rebuild(self, *, remove_rest: bool = False) -> int:
        """Put the new vectors and tags in the old ones' place, all at once; return how many items were removed.

        Args:
            remove_rest: Remove the items that could not be done; else they are an error.

        Raises:
            UsageError: No rebuild is under way, or items are still to do.
        """
        with self._write() as (connection, seq):
            stored = read_head(connection, self.path)
            removed = finish_rebuild(connection, seq, stored, remove_rest=remove_rest)
        self._fingerprint = self.head.fingerprint
        return removed

    def abandon_rebuild(self) -> None:
        """Forget a rebuild under way."""
        with self._write() as (connection, _):
            abandon_rebuild(connection)

    def close(self) -> None:
        """Let go of files and connections."""
        with self._follower.lock, self._writing:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    with contextlib.suppress(sqlite3.Error):
                        connection.close()

    @contextlib.contextmanager
    def _read(self) -> Iterator[None]:
        self._follower.check_process()
        with self._follower.lock, explain_errors(self.path), begin_reading(self._reader), expect_damage():
            yield

    @contextlib.contextmanager
    def _write(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        self._follower.check_process()
        with self._writing, explain_errors(self.path):
            if self._writer is None:
                self._writer = open_database(self.path)
            with begin_writing(self._writer) as seq:
                yield self._writer, seq

    def _check_bundle(self, connection: sqlite3.Connection) -> StoredHead:
        stored = read_head(connection, self.path)
        if stored.head.fingerprint != self._fingerprint:
            raise CatalogueError(
                f"the catalogue {self.path} was rebuilt under the bundle {stored.head.bundle_name!r} since it was "
                "opened; vectors of the old one don't fit. Open it again with the new bundle"
            )
        return stored


def _check_query(vector: NDArray[np.float32], k: int, snapshot: Snapshot) -> NDArray[np.float32]:
    size = snapshot.stored.head.embedding_size
    query = np.ascontiguousarray(vector, dtype=np.float32)
    if query.shape != (size,) or k < 1:
        raise UsageError(f"a query came with shape {query.shape} and k = {k}; expected ({size},) and 1 or more")
    query = query[None]
    if abs(float(query[0] @ query[0]) - 1) <= _EXACT:
        return query
    return check_vectors(query, 1, size)


def _check_tags(tags: Iterator[ItemTag], taxonomy: Taxonomy) -> None:
    for field, value in {(tag.field, tag.value) for tag in tags if tag.origin == "predicted"}:
        taxonomy[field].index(value)


def _to_key_mask(snapshot: Snapshot, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mask = np.zeros(int(snapshot.item_keys.max(initial=0)) + 1, np.bool_)
    mask[snapshot.item_keys[keep]] = True
    return mask


def _describe_index(snapshot: Snapshot) -> str:
    kind = find_index_kind(snapshot.base.kind)
    later = len(snapshot) - snapshot.base.size
    behind = f"; {later:,} later ones are compared one by one" if later else ""
    return f"{kind.name} over {snapshot.base.size:,} items: {kind.description}{behind}"

"""Making a catalogue anew under another bundle while the old one serves: what is done is kept, the end is one step.

Each function is called within one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import CatalogueHead
from modiste.catalogue.item import CatalogueItem, ItemTag
from modiste.catalogue.local.database import StoredHead, to_head_text
from modiste.catalogue.local.reading import find_keys, read_items, split
from modiste.catalogue.local.writing import remove_items, write_values, write_words
from modiste.errors import UsageError

__all__ = [
    "PendingItem",
    "abandon_rebuild",
    "begin_rebuild",
    "count_pending",
    "finish_rebuild",
    "list_pending",
    "put_pending",
]

_BEHIND: Final = 1_000_000  # predicted tags stand behind all others
_PREDICTED: Final = 2
_MOVE_VECTORS: Final = (
    "UPDATE vectors SET seq = ?, "
    "vector = (SELECT vector FROM pending_vectors AS made WHERE made.item_key = vectors.item_key)"
)
_UNDONE: Final = "NOT EXISTS (SELECT 1 FROM pending_vectors WHERE pending_vectors.item_key = items.item_key)"


@dataclass(frozen=True)
class PendingItem:
    """An item that a rebuild has yet to do.

    Args:
        item: As it is now.
        version: Of its vector; if its picture is replaced meanwhile, what is made of the old one is not taken.
    """

    item: CatalogueItem
    version: int


def begin_rebuild(connection: sqlite3.Connection, stored: StoredHead, head: CatalogueHead) -> int:
    """Begin, or go on where an interrupted rebuild for the same bundle was.

    Args:
        connection: Within a transaction.
        stored: What the catalogue says of itself.
        head: What it shall be made for.

    Returns:
        How many items are still to do.

    Raises:
        UsageError: It is made for this bundle already.
    """
    if head.fingerprint == stored.head.fingerprint:
        raise UsageError(
            f"the catalogue is made for the bundle {head.bundle_name!r} ({head.fingerprint[:12]}) already; "
            "expected another one. There is nothing to rebuild"
        )
    if stored.rebuild != head:
        _clear(connection)
        connection.execute("INSERT INTO head (name, value) VALUES ('rebuild', ?)", (to_head_text(head),))
    return count_pending(connection)


def abandon_rebuild(connection: sqlite3.Connection) -> None:
    """Forget a rebuild under way."""
    _clear(connection)


def count_pending(connection: sqlite3.Connection) -> int:
    """Return how many items are still to do."""
    query = "SELECT (SELECT count(*) FROM items) - (SELECT count(*) FROM pending_vectors)"
    return int(connection.execute(query).fetchone()[0])


def list_pending(connection: sqlite3.Connection, limit: int, after: str | None) -> list[PendingItem]:
    """List items that are still to do, in the order in which they were added, those behind ``after`` only."""
    start = 0 if after is None else find_keys(connection, [after]).get(after, 0)
    query = (
        f"SELECT item_key, vectors.seq FROM items JOIN vectors USING (item_key) "  # noqa: S608
        f"WHERE item_key > ? AND {_UNDONE} ORDER BY item_key LIMIT ?"
    )
    versions = dict(connection.execute(query, (start, limit)))
    return [PendingItem(item, versions[key]) for key, item in read_items(connection, versions).items()]


def put_pending(
    connection: sqlite3.Connection,
    pending: Sequence[PendingItem],
    vectors: NDArray[np.float32],
    tags: Sequence[Sequence[ItemTag]],
) -> int:
    """Keep what the new bundle says of n items; those that were removed or got another picture are passed over.

    Args:
        connection: Within a transaction.
        pending: As `list_pending` gave them.
        vectors: float32 [n, d] of unit length.
        tags: The predicted ones of each.

    Returns:
        How many were taken.
    """
    keys = find_keys(connection, [one.item.item_id for one in pending])
    taken = 0
    for one, vector, said in zip(pending, vectors, tags, strict=True):
        key = keys.get(one.item.item_id)
        query = "SELECT 1 FROM vectors WHERE item_key = ? AND seq = ?"
        if key is None or connection.execute(query, (key, one.version)).fetchone() is None:
            continue
        taken += 1
        connection.execute("DELETE FROM pending_vectors WHERE item_key = ?", (key,))
        connection.execute("INSERT INTO pending_vectors VALUES (?, ?)", (key, vector.astype("<f4").tobytes()))
        rows = [(key, place, tag.field, tag.value, float(tag.confidence)) for place, tag in enumerate(_once(said))]
        connection.executemany("INSERT INTO pending_tags VALUES (?, ?, ?, ?, ?)", rows)
    return taken


def finish_rebuild(connection: sqlite3.Connection, seq: int, stored: StoredHead, *, remove_rest: bool) -> int:
    """Put the new vectors and tags in the old ones' place, all at once.

    Args:
        connection: Within a transaction.
        seq: The transaction's number.
        stored: What the catalogue says of itself.
        remove_rest: Remove the items that were not done; else they are an error.

    Returns:
        How many were removed.

    Raises:
        UsageError: There is no rebuild under way, or items are still to do.
    """
    if stored.rebuild is None:
        raise UsageError("there is no rebuild under way. Type: modiste catalogue rebuild CATALOGUE --bundle NEW")
    rest = [item_id for (item_id,) in connection.execute(f"SELECT item_id FROM items WHERE {_UNDONE}")]  # noqa: S608
    if rest and not remove_rest:
        raise UsageError(f"{len(rest):,} items are still to do, such as {rest[0]!r}; nothing was changed")
    removed = remove_items(connection, seq, rest)
    _move_tags(connection)
    connection.execute(_MOVE_VECTORS, (seq,))
    connection.execute("UPDATE items SET seq = ?", (seq,))
    _rewrite_words(connection)
    connection.execute("UPDATE head SET value = ? WHERE name = 'made_for'", (to_head_text(stored.rebuild),))
    connection.execute("UPDATE head SET value = ? WHERE name = 'generation'", (stored.generation + 1,))
    _clear(connection)
    return removed


def _once(tags: Sequence[ItemTag]) -> list[ItemTag]:
    return list({(tag.field, tag.value): tag for tag in reversed(tags)}.values())[::-1]


def _clear(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM head WHERE name = 'rebuild'")
    connection.execute("DELETE FROM pending_tags")
    connection.execute("DELETE FROM pending_vectors")


def _move_tags(connection: sqlite3.Connection) -> None:
    write_values(connection, connection.execute("SELECT DISTINCT field, value FROM pending_tags").fetchall())
    connection.execute("DELETE FROM tags WHERE origin = ?", (_PREDICTED,))
    connection.execute(
        "INSERT INTO tags (item_key, position, value_key, confidence, origin) "
        "SELECT item_key, position + ?, value_key, confidence, ? "
        "FROM pending_tags JOIN field_values USING (field, value)",
        (_BEHIND, _PREDICTED),
    )


def _rewrite_words(connection: sqlite3.Connection) -> None:
    keys = [key for (key,) in connection.execute("SELECT item_key FROM items ORDER BY item_key")]
    connection.execute("DELETE FROM words")
    for chunk in split(keys):
        write_words(connection, read_items(connection, chunk))

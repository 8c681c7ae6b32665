"""Reading rows of the collection of items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.milvus import quote
from modiste.catalogue.milvus.keys import read_key, write_key
from modiste.catalogue.milvus.schema import STRONG

__all__ = ["ask_ids", "read_rows", "stream_rows", "to_vector"]

_IDS: Final = 256  # asked for in one expression
_BATCH: Final = 1_000
_VECTORS: Final = 256  # rows with a vector of one answer, which may have 64 MiB


def ask_ids(item_ids: Sequence[str]) -> Iterator[str]:
    """Yield expressions that together ask for some items."""
    for start in range(0, len(item_ids), _IDS):
        yield f"item_id in [{', '.join(quote(write_key(item_id)) for item_id in item_ids[start : start + _IDS])}]"


def read_rows(
    client: Any, collection: str, item_ids: Sequence[str], output: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Read some fields of those of some items that are there, by id, in the order asked for."""
    wanted = list(dict.fromkeys(item_ids))
    found: dict[str, dict[str, Any]] = {}
    for asked in ask_ids(wanted):
        fields = ["item_id", *output]
        rows = client.query(collection, filter=asked, output_fields=fields, limit=_IDS, consistency_level=STRONG)
        found.update((read_key(row["item_id"]), row) for row in rows)
    return {item_id: found[item_id] for item_id in wanted if item_id in found}


def stream_rows(client: Any, collection: str, asked: str, output: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield some fields and the key, ``item_id``, of all items that an expression keeps, by key."""
    size = _VECTORS if "vector" in output else _BATCH
    found = client.query_iterator(
        collection, batch_size=size, filter=asked, output_fields=["item_id", *output], consistency_level=STRONG
    )
    try:
        while rows := found.next():
            yield from rows
    finally:
        found.close()


def to_vector(numbers: Sequence[float]) -> NDArray[np.float32]:
    """Return a vector as it was written, to the bit."""
    return np.asarray(numbers, np.float32)

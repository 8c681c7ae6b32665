"""What the crowd asks of the catalogue: pictures to tag, searches by vector, by words and by item."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import numpy as np
from numpy.typing import NDArray

from modiste.bench.catalogue import draw_queries
from modiste.bench.serving.wire import build_request
from modiste.bench.text_queries import read_queries
from modiste.catalogue import Catalogue
from modiste.imaging import PictureSource, find_pictures

__all__ = ["K", "ask_items", "ask_tags", "ask_vectors", "ask_words", "read_files", "read_sample"]

K: Final = 10
_DECIMALS: Final = 5


def ask_tags(files: Sequence[bytes]) -> list[bytes]:
    """Ask for the tags of pictures, one a request."""
    return [build_request("POST", "/v1/tag", data, content_type="image/jpeg") for data in files]


def ask_vectors(vectors: NDArray[np.float32]) -> list[bytes]:
    """Search by vectors: float32 [n, width]."""
    bodies = [json.dumps({"vector": np.round(one.astype(float), _DECIMALS).tolist(), "k": K}) for one in vectors]
    return [build_request("POST", "/v1/search", one.encode(), content_type="application/json") for one in bodies]


def ask_words() -> list[bytes]:
    """Search by the queries that were written by hand as shoppers type."""
    return [build_request("GET", f"/v1/search?{urlencode({'text': one.text, 'k': K})}") for one in read_queries()]


def ask_items(item_ids: Sequence[str]) -> list[bytes]:
    """Search for what is like an item."""
    return [build_request("GET", f"/v1/search?item={quote(one, safe='')}&k={K}") for one in item_ids]


def read_sample(place: Path, count: int) -> tuple[list[str], NDArray[np.float32]]:
    """Return ids of a catalogue's items at equal distances, and vectors beside those of items.

    Args:
        place: The catalogue.
        count: How many of each.

    Returns:
        The ids, and float32 [count, width].
    """
    with Catalogue.open(place) as shop:
        ids = shop.backend.list_ids()
        vectors = np.concatenate([part for _, part in shop.backend.iterate()])
    some = [ids[at * len(ids) // count] for at in range(min(count, len(ids)))]
    return some, draw_queries(vectors, count)


def read_files(archive: Path) -> list[bytes]:
    """Return the files of the pictures in an archive."""
    with PictureSource() as source:
        return [source.read(reference) for reference in find_pictures(archive)]

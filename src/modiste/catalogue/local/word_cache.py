"""The index of words beside a cached state: reading it takes a small part of the time of splitting all titles again."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

import numpy as np

from modiste.catalogue.local.array_file import read_arrays, write_arrays
from modiste.catalogue.local.database import StoredHead
from modiste.catalogue.words import WordIndex
from modiste.errors import UsageError

__all__ = ["load_words", "save_words"]

_FILE: Final = "words"
_STATE: Final = "state"  # the transaction that it is as of, and that one's random number


def load_words(folder: Path, connection: sqlite3.Connection, stored: StoredHead) -> tuple[int, WordIndex] | None:
    """Read the index of words of a cached state; None if there is none that is whole and of this history.

    Args:
        folder: The cached state.
        connection: Within a transaction.
        stored: What the catalogue says in it.

    Returns:
        The transaction that it is as of, and the index.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError, UsageError, RecursionError):
        arrays = read_arrays(folder / _FILE, _describe(stored))
        seq, token = arrays.pop(_STATE).tolist()
        if connection.execute("SELECT token FROM history WHERE seq = ?", (seq,)).fetchone() == (token,):
            return seq, WordIndex.from_arrays(arrays)
    return None


def save_words(folder: Path, stored: StoredHead, index: WordIndex) -> None:
    """Write the index of words as of the present transaction, where the folder can be written."""
    arrays = index.to_arrays() | {_STATE: np.array([stored.seq, stored.token], np.int64)}
    with contextlib.suppress(OSError):
        write_arrays(folder / _FILE, _describe(stored), arrays)


def _describe(stored: StoredHead) -> dict[str, Any]:
    return {"catalogue": stored.catalogue, "generation": stored.generation}

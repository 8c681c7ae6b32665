"""The folder ``cache``: what readers would otherwise gather from the database each time they open the catalogue.

Each state is a folder of its own, ``cache/SEQ-NAME``, which appears by renaming and never changes; only an index file
may come later. Whatever is missing, stale or damaged is passed over, and the database is read instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from mmap import ACCESS_COPY, mmap
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.local.database import StoredHead, read_head
from modiste.catalogue.local.reading import join_vectors
from modiste.catalogue.local.texts import GrowingTexts

__all__ = [
    "CACHE",
    "INDEX",
    "Base",
    "CacheHead",
    "clear_cache",
    "find_cache",
    "list_caches",
    "read_rows",
    "write_cache",
]

CACHE: Final = "cache"
INDEX: Final = "index"
_VERSION: Final = 1
_HEAD: Final = "cache.json"
_KEYS, _OFFSETS, _IDS, _VECTORS = "keys.i64", "offsets.i64", "ids.utf8", "vectors.f32"
_FILES: Final = (_KEYS, _OFFSETS, _IDS, _VECTORS)
_BLOCK: Final = 1 << 20
_ROWS: Final = 2048
_SPARE: Final = 65_536
_TEMPORARY: Final = ".new-"
_NO_RESERVE: Final = 0x4000 if sys.platform == "linux" else 0


@dataclass(frozen=True)
class CacheHead:
    """What a cached state is of.

    Args:
        version: Of this format.
        catalogue: Whose.
        generation: Of which rebuild.
        seq: After which transaction.
        token: That transaction's random number.
        rows: How many items.
        size: The width of their vectors.
        room: For how many vectors the file has room, so that what comes later is put behind them in memory.
        sums: File -> its bytes and the checksum of them.
    """

    version: int
    catalogue: str
    generation: int
    seq: int
    token: int
    rows: int
    size: int
    room: int
    sums: dict[str, list[int]]


class Base(NamedTuple):
    """The rows that a reader starts from: n items in the order in which their vectors were written.

    Args:
        seq: After which transaction.
        keys: int64 [n].
        ids: Of the items.
        room: float32 [n or more, d]: their vectors, and room for more; private to this process.
        folder: Where they are cached; None if nowhere.
    """

    seq: int
    keys: NDArray[np.int64]
    ids: GrowingTexts
    room: NDArray[np.float32]
    folder: Path | None


def list_caches(folder: Path) -> list[Path]:
    """List the cached states of a catalogue, the newest first."""
    try:
        return sorted((path for path in (folder / CACHE).iterdir() if path.name[:1].isdigit()), reverse=True)
    except OSError:
        return []


def find_cache(folder: Path, connection: sqlite3.Connection, head: StoredHead) -> Base | None:
    """Find the newest cached state that is whole and lies in the history of the catalogue.

    Args:
        folder: The catalogue.
        connection: Within a transaction.
        head: What the catalogue says in it.
    """
    for path in list_caches(folder):
        # What another process removes or damages at this moment is as good as absent.
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            known = _read_head(path)
            if _fits(known, head, connection):
                return _open(path, known)
    return None


def write_cache(folder: Path, connection: sqlite3.Connection) -> Path | None:
    """Write the present state of a catalogue; None if the cache can't be written.

    Args:
        folder: The catalogue.
        connection: Within a transaction.
    """
    temporary = folder / CACHE / f"{_TEMPORARY}{secrets.token_hex(8)}"
    try:
        temporary.mkdir(parents=True)
        head = read_head(connection, folder)
        rows = _write_rows(temporary, connection, head.head.embedding_size)
        known = _finish(temporary, head, rows)
        target = folder / CACHE / f"{known.seq:015d}-{secrets.token_hex(4)}"
        temporary.rename(target)
    except OSError:
        return None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def clear_cache(folder: Path, *, keep: Path | None = None) -> None:
    """Remove cached states but one; those that another process has open serve it on, where the system allows that.

    Leftovers of processes that were killed go with them once they are a day old.
    """
    for path in list_caches(folder):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        for path in (folder / CACHE).glob(f"{_TEMPORARY}*"):
            if path.stat().st_mtime < time.time() - 86_400:
                shutil.rmtree(path, ignore_errors=True)


def read_rows(connection: sqlite3.Connection, size: int) -> Iterator[tuple[list[int], list[str], NDArray[np.float32]]]:
    """Yield keys, ids and vectors [some, size] of all items, in the order in which their vectors were written."""
    rows = connection.execute(
        "SELECT item_key, item_id, vector FROM vectors JOIN items USING (item_key) ORDER BY vectors.seq, item_key"
    )
    while chunk := rows.fetchmany(_ROWS):
        yield [row[0] for row in chunk], [row[1] for row in chunk], join_vectors([row[2] for row in chunk], size)


def _write_rows(folder: Path, connection: sqlite3.Connection, size: int) -> int:
    keys: list[int] = []
    lengths = [0]
    with (folder / _IDS).open("wb") as ids, (folder / _VECTORS).open("wb") as vectors:
        for more, names, block in read_rows(connection, size):
            encoded = [name.encode() for name in names]
            keys += more
            lengths += map(len, encoded)
            ids.write(b"".join(encoded))
            vectors.write(block.tobytes())
    np.array(keys, np.int64).tofile(folder / _KEYS)
    np.cumsum(lengths, dtype=np.int64).tofile(folder / _OFFSETS)
    return len(keys)


def _finish(folder: Path, head: StoredHead, rows: int) -> CacheHead:
    size = head.head.embedding_size
    sums = {}
    for name in _FILES:
        with (folder / name).open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            sums[name] = [length, _sum_blocks(file, length)]
    room = rows + rows // 4 + _SPARE
    with (folder / _VECTORS).open("r+b") as file:
        file.truncate(room * size * 4)  # a hole: it takes no space on the disk
    known = CacheHead(_VERSION, head.catalogue, head.generation, head.seq, head.token, rows, size, room, sums)
    (folder / _HEAD).write_text(json.dumps(asdict(known)), encoding="ascii")
    return known


def _read_head(folder: Path) -> CacheHead:
    text = (folder / _HEAD).read_bytes()
    if len(text) > _BLOCK:
        raise ValueError("too long")
    return CacheHead(**json.loads(text))


def _fits(known: CacheHead, head: StoredHead, connection: sqlite3.Connection) -> bool:
    theirs = (known.version, known.catalogue, known.generation, known.size)
    if theirs != (_VERSION, head.catalogue, head.generation, head.head.embedding_size):
        return False
    found = connection.execute("SELECT token FROM history WHERE seq = ?", (known.seq,)).fetchone()
    return bool(found == (known.token,))


def _open(folder: Path, known: CacheHead) -> Base:
    """Open a cached state; OSError or ValueError if it is not whole."""
    rows, size = known.rows, known.size
    keys = np.frombuffer(_read(folder, _KEYS, known), np.int64)
    offsets = np.frombuffer(_read(folder, _OFFSETS, known), np.int64)
    ids = _read(folder, _IDS, known)
    if len(keys) != rows or len(offsets) != rows + 1 or offsets[-1] != len(ids) or known.room < rows:
        raise ValueError("lengths contradict each other")
    with (folder / _VECTORS).open("rb") as file:
        length = known.room * size * 4
        if os.fstat(file.fileno()).st_size != length or known.sums[_VECTORS][0] != rows * size * 4:
            raise ValueError("vectors are cut short")
        _check(file, known.sums[_VECTORS])
        room = np.frombuffer(_map(file, length), np.float32).reshape(known.room, size)
    return Base(known.seq, keys, GrowingTexts(ids, offsets), room, folder)


def _map(file: BinaryIO, length: int) -> mmap:
    # Private: what is put behind the rows of the file stays in this process; the file is never changed.
    if sys.platform == "win32":
        return mmap(file.fileno(), length, access=ACCESS_COPY)
    from mmap import MAP_PRIVATE, PROT_READ, PROT_WRITE

    return mmap(file.fileno(), length, flags=MAP_PRIVATE | _NO_RESERVE, prot=PROT_READ | PROT_WRITE)


def _read(folder: Path, name: str, known: CacheHead) -> bytes:
    with (folder / name).open("rb") as file:
        length, checksum = known.sums[name]
        if os.fstat(file.fileno()).st_size != length:
            raise ValueError(f"{name} is cut short")
        data = file.read()
    if _sum_bytes([data[start : start + _BLOCK] for start in range(0, length, _BLOCK)]) != checksum:
        raise ValueError(f"{name} is damaged")
    return data


def _check(file: BinaryIO, expected: list[int]) -> None:
    length, checksum = expected
    if _sum_blocks(file, length) != checksum:
        raise ValueError("vectors are damaged")


def _sum_blocks(file: BinaryIO, length: int) -> int:
    file.seek(0)
    return _sum_bytes(_read_blocks(file, length))


def _read_blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    for start in range(0, length, _BLOCK):
        block = file.read(min(_BLOCK, length - start))
        if not block:
            return
        yield block


def _sum_bytes(blocks: Any) -> int:
    """Return a checksum at the speed of memory: the CRC-32 of the blocks' sums as 64-bit words.

    Any damage within one word of a block shows, and so does a block in another's place.
    """
    checksum = 0
    for block in blocks:
        rest = len(block) % 8
        words = np.frombuffer(block, "<u8", count=len(block) // 8)
        total = int(np.add.reduce(words, dtype=np.uint64)) if len(words) else 0
        checksum = zlib.crc32(total.to_bytes(8, "little") + bytes(block[len(block) - rest :]), checksum)
    return checksum

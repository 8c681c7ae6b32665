"""Index files: a line that says what it is, and what the index holds besides the vectors, checked before it is read.

A file is a cache. It does not hold the vectors, and is refused where it was made from others.
"""

from __future__ import annotations

import dataclasses
import json
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from modiste.errors import CatalogueError

__all__ = ["HEAD_BYTES", "IndexHead", "check_file", "read_head", "write_index"]

HEAD_BYTES = 4096  # the line is padded to it, so that it can be written last
_FORMAT = "modiste index 1"
_SAMPLED_ROWS = 1024
_CHUNK = 1 << 22
_AGAIN = "It is a cache: delete it, and it is built again"
_Write = Callable[[bytes], object]


@dataclass(frozen=True)
class IndexHead:
    """What an index file says of itself.

    Args:
        kind: The name of the index's kind.
        rows: How many vectors it was made from.
        dimension: Their width.
        sample: CRC-32 of up to 1,024 of them at equal distances.
        body: Bytes after the head.
        checksum: CRC-32 of these.
        settings: What the kind wants to know again.
    """

    kind: str
    rows: int
    dimension: int
    sample: int
    body: int
    checksum: int
    settings: Mapping[str, Any]


def write_index(
    path: Path,
    kind: str,
    vectors: NDArray[np.float32],
    *,
    settings: Mapping[str, Any] | None = None,
    write_body: Callable[[_Write], None] | None = None,
) -> None:
    """Write an index file, whole or not at all.

    Args:
        path: The file; its folder exists.
        kind: The name of the index's kind.
        vectors: float32 [n, d] that it was made from.
        settings: Plain JSON types for the kind's own use.
        write_body: Given a function that takes bytes, hands it all that the index holds.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(bytes(HEAD_BYTES))
            body = _Body(file)
            if write_body is not None:
                write_body(body.write)
            rows, dimension = vectors.shape
            head = IndexHead(kind, rows, dimension, _sample(vectors), body.length, body.checksum, settings or {})
            file.seek(0)
            file.write(_encode(head))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_head(path: Path, vectors: NDArray[np.float32]) -> IndexHead:
    """Read and check what an index file says of itself; the body is left to `check_file`.

    Args:
        path: The file.
        vectors: float32 [n, d], the first rows of which it should have been made from.

    Raises:
        CatalogueError: It is not there, no index file, or made from other vectors.
    """
    try:
        with path.open("rb") as file:
            line = file.read(HEAD_BYTES)
    except OSError as error:
        raise CatalogueError(f"the index {path} can't be read: {error}. {_AGAIN}") from error
    head = _decode(line)
    if head is None:
        raise CatalogueError(f"{path} is not an index file of this modiste, or damaged. {_AGAIN}")
    if head.dimension != vectors.shape[1] or head.rows > len(vectors):
        raise CatalogueError(
            f"the index {path} was made from {head.rows} vectors of width {head.dimension}; given are "
            f"{len(vectors)} of width {vectors.shape[1]}. {_AGAIN}"
        )
    if head.sample != _sample(vectors[: head.rows]):
        raise CatalogueError(f"the index {path} was made from other vectors than those given. {_AGAIN}")
    return head


def check_file(path: Path, head: IndexHead) -> None:
    """Check that the body of an index file is as it was written.

    Raises:
        CatalogueError: It is not.
    """
    body = _Body(None)
    with path.open("rb") as file:
        file.seek(HEAD_BYTES)
        while chunk := file.read(_CHUNK):
            body.write(chunk)
    if (body.length, body.checksum) != (head.body, head.checksum):
        raise CatalogueError(f"the index {path} is damaged or cut short. {_AGAIN}")


class _Body:
    """Counts and sums up bytes on their way into a file."""

    def __init__(self, file: BinaryIO | None) -> None:
        self.length = 0
        self.checksum = 0
        self._file = file

    def write(self, chunk: bytes) -> None:
        self.length += len(chunk)
        self.checksum = zlib.crc32(chunk, self.checksum)
        if self._file is not None:
            self._file.write(chunk)


def _sample(vectors: NDArray[np.float32]) -> int:
    rows = np.linspace(0, max(0, len(vectors) - 1), min(len(vectors), _SAMPLED_ROWS)).astype(np.int64)
    return zlib.crc32(np.ascontiguousarray(vectors[rows], dtype="<f4").tobytes())


def _encode(head: IndexHead) -> bytes:
    line = json.dumps({"format": _FORMAT, **dataclasses.asdict(head)}).encode("ascii")
    return line + b"\n" * (HEAD_BYTES - len(line))


def _decode(line: bytes) -> IndexHead | None:
    try:
        said = json.loads(line)
        if not isinstance(said, dict) or said.pop("format") != _FORMAT or len(line) != HEAD_BYTES:
            return None
        head = IndexHead(**said)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    numbers = (head.rows, head.dimension, head.sample, head.body, head.checksum)
    sound = all(type(number) is int and number >= 0 for number in numbers)
    return head if sound and isinstance(head.kind, str) and isinstance(head.settings, dict) else None
